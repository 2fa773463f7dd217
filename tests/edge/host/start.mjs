// One workerd with one Worker: node start.mjs OPTIONS
// Commands come as lines of JSON on standard input, {id, command, …}; events and replies go as
// lines of JSON to standard output. It ends when its input does, so no orphan outlives a test run.
import fs from "node:fs";
import path from "node:path";
import readline from "node:readline";
import { Log, LogLevel, Miniflare, convertV4MiniflareOptions } from "miniflare";

const HOST = import.meta.dirname;
const PYODIDE = path.join(HOST, "../node_modules/pyodide");
const NAME = "worker";

const tell = (event) => process.stdout.write(JSON.stringify(event) + "\n");

class Told extends Log {
  log(message) {
    tell({ event: "log", level: "miniflare", message });
  }
}

const read = () => JSON.parse(fs.readFileSync(process.argv[2], "utf8"));

function mainModule({ classes, entrypoint }) {
  const exported = classes.map((name) => `export const ${name} = durableObject("${name}");`);
  return [
    'import "./globals.mjs";',
    'import { durableObject, entrypoint } from "./classes.mjs";',
    ...exported,
    `export default entrypoint("${entrypoint}");`,
  ].join("\n");
}

function modules(options) {
  const module = (type, name, contents) => ({ type, path: path.join(HOST, name), contents });
  const file = (type, name, from) =>
    module(type, name, fs.readFileSync(from, type === "Data" || type === "CompiledWasm" ? null : "utf8"));
  return [
    module("ESModule", "main.mjs", mainModule(options)),
    ...["globals.mjs", "classes.mjs", "boot.mjs", "sdk.mjs"].map((name) =>
      file("ESModule", name, path.join(HOST, name)),
    ),
    ...["pyodide.mjs", "pyodide.asm.mjs"].map((name) =>
      file("ESModule", name, path.join(PYODIDE, name)),
    ),
    file("CompiledWasm", "pyodide.asm.wasm", path.join(PYODIDE, "pyodide.asm.wasm")),
    file("Text", "pyodide-lock.json", path.join(PYODIDE, "pyodide-lock.json")),
    file("Data", "python_stdlib.zip", options.standardLibrary),
    file("Data", "bundle.bin", options.bundle),
    file("Text", "bundle.json", options.bundleIndex),
  ];
}

function miniflareOptions(options) {
  return convertV4MiniflareOptions({
    host: "127.0.0.1",
    port: options.port,
    cf: options.cf ?? false,
    log: new Told(LogLevel.WARN),
    verbose: true,
    telemetry: { enabled: false },
    resourcePersistencePath: options.state,
    unsafeTriggerHandlers: true,
    unsafeInspectDurableObjects: true,
    handleStructuredLogs: ({ level, message }) => tell({ event: "log", level, message }),
    workers: [
      {
        name: NAME,
        rootPath: HOST,
        modulesRoot: HOST,
        modules: modules(options),
        unsafeEvalBinding: "UNSAFE_EVAL",
        ...options.worker,
      },
    ],
  });
}

const started = performance.now();
const miniflare = new Miniflare(miniflareOptions(read()));

async function ready() {
  const url = await miniflare.ready;
  // A request that any Worker answers; with it Python is known to be up.
  await (await miniflare.dispatchFetch(new URL("/", url))).arrayBuffer();
  return String(url);
}

const COMMANDS = {
  async reload() {
    await miniflare.setOptions(miniflareOptions(read()));
    return await ready();
  },
  async scheduled({ cron, time }) {
    const worker = await miniflare.getWorker(NAME);
    return await worker.scheduled({ cron, scheduledTime: new Date(time) });
  },
  async download({ binding, folder }) {
    const bucket = await miniflare.getR2Bucket(binding, NAME);
    const keys = [];
    let page = { truncated: true, cursor: undefined };
    while (page.truncated) {
      page = await bucket.list({ cursor: page.cursor });
      for (const { key } of page.objects) {
        const target = path.join(folder, key);
        fs.mkdirSync(path.dirname(target), { recursive: true });
        fs.writeFileSync(target, Buffer.from(await (await bucket.get(key)).arrayBuffer()));
        keys.push(key);
      }
    }
    return keys;
  },
  async evict({ className, name }) {
    await miniflare.unsafeEvictDurableObject(NAME, className, { name });
  },
};

async function obey({ id, command, ...given }) {
  try {
    tell({ event: "reply", id, answer: (await COMMANDS[command](given)) ?? null });
  } catch (error) {
    tell({ event: "reply", id, error: String(error?.stack ?? error) });
  }
}

try {
  const url = await ready();
  tell({ event: "ready", url, milliseconds: Math.round(performance.now() - started) });
} catch (error) {
  tell({ event: "failed", message: String(error?.stack ?? error) });
  process.exit(1);
}
for await (const line of readline.createInterface({ input: process.stdin })) {
  obey(JSON.parse(line));
}
await miniflare.dispose();
process.exit(0);
