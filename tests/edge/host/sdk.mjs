// The two modules that workerd's Python runtime offers to Cloudflare's SDK (workers-runtime-sdk).
import * as cloudflareWorkersModule from "cloudflare:workers";
import * as cloudflareSocketsModule from "cloudflare:sockets";

const entrypointHelper = {
  cloudflareWorkersModule,
  cloudflareSocketsModule,
  doAnImport: (name) => import(name),
  // waitUntil takes a promise of JavaScript's; a Python awaitable only looks like one.
  patchWaitUntil(context) {
    if (!context || Object.prototype.hasOwnProperty.call(context, "waitUntil")) return;
    const native = context.waitUntil.bind(context);
    const value = (awaited) =>
      native(
        typeof awaited?.then === "function"
          ? new Promise((resolve, reject) => awaited.then(resolve, reject))
          : awaited,
      );
    Object.defineProperty(context, "waitUntil", { configurable: true, value });
  },
  *patch_env_helper() {
    throw new Error("patch_env is not offered by the test host");
  },
};

const compatibilityFlags = {
  python_workflows_implicit_dependencies: true,
  python_request_headers_preserve_commas: true,
};

export const sdkModules = {
  _pyodide_entrypoint_helper: entrypointHelper,
  _cloudflare_compat_flags: compatibilityFlags,
};
