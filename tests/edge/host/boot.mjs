// Boots CPython in the isolate's global scope, as workerd itself does for a Python Worker.
import { INDEX_URL, restoreProcess } from "./globals.mjs";
import { loadPyodide } from "./pyodide.mjs";
import createPyodideModule from "./pyodide.asm.mjs";
import pyodideWasm from "./pyodide.asm.wasm";
import standardLibrary from "./python_stdlib.zip";
import lockFile from "./pyodide-lock.json";
import bundle from "./bundle.bin";
import bundleIndex from "./bundle.json";
import { sdkModules } from "./sdk.mjs";

// Where a Python Worker's files lie on Cloudflare.
const APPLICATION = "/session/metadata";

/** The line by which the host process hears that CPython itself has died. */
const FATAL = "headwater-edge: fatal error in Pyodide";

// Global scope allows no timer, no fetch and no entropy. Pyodide wants a little of each.
function replaceGlobals() {
  const native = { fetch, MessageChannel, setTimeout };
  globalThis.fetch = async (url) => {
    const name = String(url);
    if (name.endsWith("pyodide.asm.wasm")) return { ok: true, module: pyodideWasm };
    if (name.endsWith("python_stdlib.zip"))
      return { ok: true, arrayBuffer: async () => standardLibrary };
    throw new Error(`a fetch of ${name} during boot`);
  };
  // Pyodide's scheduler would use one port for all requests, which workerd forbids.
  globalThis.MessageChannel = undefined;
  globalThis.setTimeout = (callback, milliseconds = 0, ...rest) => {
    if (milliseconds > 5) throw new Error(`a timer of ${milliseconds} ms during boot`);
    queueMicrotask(() => callback(...rest));
    return 0;
  };
  let seed = 0x9e3779b9;
  const drawn = (array) => {
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    for (let place = 0; place < bytes.length; place++) {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      bytes[place] = seed >>> 24;
    }
    return array;
  };
  const own = { configurable: true, writable: true, value: drawn };
  Object.defineProperty(crypto, "getRandomValues", own);
  return {
    restoreInputs() {
      restoreProcess();
      Object.assign(globalThis, native);
    },
    restoreEntropy() {
      delete crypto.getRandomValues; // ours only stood before the prototype's
    },
  };
}

function writeFiles(fileSystem) {
  const made = new Set();
  for (const [path, offset, length] of JSON.parse(bundleIndex)) {
    const full = `${APPLICATION}/${path}`;
    const folder = full.slice(0, full.lastIndexOf("/"));
    if (!made.has(folder)) {
      fileSystem.mkdirTree(folder);
      made.add(folder);
    }
    fileSystem.writeFile(full, new Uint8Array(bundle, offset, length), { canOwn: true });
  }
}

async function startPython() {
  const pyodide = await loadPyodide({
    indexURL: INDEX_URL,
    createPyodideModule,
    lockFileContents: lockFile.default ?? lockFile,
    stdout: (line) => console.log(line),
    stderr: (line) => console.error(line),
    env: { PYTHONDONTWRITEBYTECODE: "1" },
  });
  pyodide._api.on_fatal = (error) => console.error(`${FATAL}: ${error?.stack ?? error}`);
  writeFiles(pyodide.FS);
  for (const [name, module] of Object.entries(sdkModules)) pyodide.registerJsModule(name, module);
  return pyodide;
}

/** Answers the Python side of the bridge, with the application imported, and its classes. */
export async function boot() {
  const globals = replaceGlobals();
  try {
    const pyodide = await startPython();
    pyodide.runPython(
      `import sys; sys.path[0:0] = ["${APPLICATION}", "${APPLICATION}/python_modules"]`,
    );
    const bridge = pyodide.pyimport("_edge_bridge");
    globals.restoreInputs();
    const classes = bridge.load("entry").toJs({ dict_converter: Object.fromEntries });
    return { bridge, classes };
  } finally {
    globals.restoreInputs();
    globals.restoreEntropy();
  }
}
