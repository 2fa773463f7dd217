// Gives Pyodide the few globals that it wants and workerd forbids or lacks. Must be imported first.
import { env } from "cloudflare:workers";

// workerd compiles WebAssembly only from its own modules. The binding that Miniflare offers for
// tests may compile bytes, which side modules such as pydantic_core are.
const NativeModule = WebAssembly.Module;
const NativeInstance = WebAssembly.Instance;

function compile(bytes) {
  const view = ArrayBuffer.isView(bytes)
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    : new Uint8Array(bytes);
  return env.UNSAFE_EVAL.newWasmModule(view);
}

function instantiate(module, imports) {
  return { module, instance: new NativeInstance(module, imports) };
}

WebAssembly.Module = new Proxy(NativeModule, { construct: (_target, [bytes]) => compile(bytes) });
WebAssembly.compile = async (bytes) => compile(bytes);
WebAssembly.instantiate = async (given, imports) =>
  given instanceof NativeModule
    ? new NativeInstance(given, imports)
    : instantiate(compile(given), imports);
WebAssembly.instantiateStreaming = async (response, imports) => {
  const answered = await response;
  return instantiate(answered.module ?? compile(await answered.arrayBuffer()), imports);
};

export const INDEX_URL = "http://pyodide.invalid/";
globalThis.location ??= { href: INDEX_URL, toString: () => INDEX_URL };

// With Node's globals in sight Pyodide would take itself to be in Node.
const processGlobal = Object.getOwnPropertyDescriptor(globalThis, "process");
if (processGlobal) {
  const hidden = { configurable: true, writable: true, value: undefined };
  Object.defineProperty(globalThis, "process", hidden);
}

/** Brings `process` back, as the application finds it in a Python Worker. */
export function restoreProcess() {
  if (processGlobal) Object.defineProperty(globalThis, "process", processGlobal);
}
