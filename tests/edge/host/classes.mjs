// The JavaScript classes that workerd sees; each delegates to the Python class of its name.
import { DurableObject, WorkerEntrypoint } from "cloudflare:workers";
import { boot } from "./boot.mjs";

const { bridge, classes } = await boot();

const PYTHON = Symbol("the Python object");
const DONE = Symbol("lets go of the Python object");

let seeded = false;

/** Replaces what randomness was drawn during boot; global scope had none to give. */
function seed() {
  if (!seeded) bridge.seed();
  seeded = true;
}

async function untilDone(self, answer) {
  try {
    return await answer;
  } finally {
    self[DONE]();
  }
}

const HANDLERS = {
  fetch: (self, request) => bridge.fetch.callPromising(self[PYTHON](), request),
  queue: (self, batch) => bridge.handle.callPromising(self[PYTHON](), "queue", batch),
  scheduled: (self, event) => bridge.handle.callPromising(self[PYTHON](), "scheduled", event),
  alarm: (self, info) => bridge.handle.callPromising(self[PYTHON](), "alarm", info),
};

function call(name) {
  return HANDLERS[name] ?? ((self, ...args) => bridge.call.callPromising(self[PYTHON](), name, args));
}

// RPC finds methods on the prototype only.
function withMethods(Class, { name, methods }) {
  for (const method of methods) {
    const delegate = call(method);
    Class.prototype[method] = function (...args) {
      seed();
      return untilDone(this, delegate(this, ...args));
    };
  }
  Object.defineProperty(Class, "name", { value: name });
  return Class;
}

function found(name) {
  const one = classes.find((each) => each.name === name);
  if (!one) throw new Error(`src/entry.py has no class ${name}`);
  return one;
}

/** Answers the class of a Durable Object, whose Python object lives as long as the object does. */
export function durableObject(name) {
  class Delegate extends DurableObject {
    #python;
    constructor(context, env) {
      super(context, env);
      seed();
      this.#python = bridge.construct(name, context, env);
    }
    [PYTHON]() {
      return this.#python;
    }
    [DONE]() {}
  }
  return withMethods(Delegate, found(name));
}

/** Answers the class of an entrypoint, whose Python object lives for one event. */
export function entrypoint(name) {
  class Delegate extends WorkerEntrypoint {
    #python;
    [PYTHON]() {
      return (this.#python ??= bridge.construct(name, this.ctx, this.env));
    }
    [DONE]() {
      this.#python?.destroy(); // else Python's heap grows with each request
      this.#python = undefined;
    }
  }
  return withMethods(Delegate, found(name));
}
