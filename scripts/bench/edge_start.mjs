// Boots the Worker's CPython in Node and runs a program in it: node edge_start.mjs ORDER
// The order, as JSON: {pyodide, standardLibrary, content, index, program}. Node's clock runs while
// code does; workerd's stands still.
import fs from "node:fs";
import path from "node:path";

const order = JSON.parse(process.argv[2]);
const { loadPyodide } = await import(path.join(order.pyodide, "pyodide.mjs"));

const python = await loadPyodide({
  stdLibURL: order.standardLibrary,
  env: { PYTHONDONTWRITEBYTECODE: "1" },
});
const booted = process.threadCpuUsage();
const content = fs.readFileSync(order.content);
for (const [name, offset, length] of JSON.parse(fs.readFileSync(order.index, "utf8"))) {
  const full = `/session/metadata/${name}`;
  python.FS.mkdirTree(path.dirname(full));
  python.FS.writeFile(full, content.subarray(offset, offset + length));
}
// What workerd offers to Cloudflare's SDK, as far as importing asks for it.
class Base {}
const workers = { DurableObject: Base, WorkerEntrypoint: Base, WorkflowEntrypoint: Base, env: {} };
python.registerJsModule("_pyodide_entrypoint_helper", {
  cloudflareWorkersModule: workers,
  cloudflareSocketsModule: {},
  doAnImport: async () => workers,
  patchWaitUntil() {},
});
python.registerJsModule("_cloudflare_compat_flags", {
  python_workflows_implicit_dependencies: true,
  python_request_headers_preserve_commas: true,
});
python.registerJsModule("edge_start", {
  seconds() {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1e6;
  },
  booted: (booted.user + booted.system) / 1e6,
  heap: () => python._module.HEAPU8.length,
});
python.runPython(fs.readFileSync(order.program, "utf8"));
