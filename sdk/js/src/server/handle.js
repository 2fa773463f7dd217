// @ts-check
import { Ask, AskRefused, worth } from "./ask.js";
import { Client } from "./client.js";
import { phrase } from "./template.js";

/**
 * @typedef {object} HandleOptions
 * @property {string} [host] the server's address
 * @property {string} [key] an admin key, for what is said in plain language
 * @property {string} [writeKey] for plain calls: `track`, `identify`, …
 * @property {string} [workspace] for a key that opens several
 * @property {typeof globalThis.fetch} [fetch]
 *
 * @typedef {((said: TemplateStringsArray | string, ...values: unknown[]) => Ask) & Calls} Handle
 *
 * @typedef {object} Calls
 * @property {Client["track"]} track
 * @property {Client["identify"]} identify
 * @property {Client["page"]} page
 * @property {Client["screen"]} screen
 * @property {Client["group"]} group
 * @property {Client["alias"]} alias
 * @property {() => Promise<void>} flush
 * @property {(visitor: string) => Handle} as say it of this visitor, where a phrase names nobody
 * @property {(workspace: string) => Handle} in speak in another workspace
 * @property {(shown: {plan: object, hash: string}) => Promise<any>} carryOut exactly the plan that was shown
 */

const CALLS = /** @type {const} */ (["track", "identify", "page", "screen", "group", "alias", "flush"]);

/**
 * Make a handle: a tag for template literals, with Segment's calls on it.
 *
 * What is not given is taken from `HEADWATER_URL`, `HEADWATER_ADMIN_KEY`, `HEADWATER_WRITE_KEY`
 * and `HEADWATER_WORKSPACE`, at the first use.
 *
 * @param {HandleOptions} [options]
 * @param {string} [visitor]
 * @returns {Handle}
 */
export const Headwater = (options = {}, visitor) => {
  const env = (/** @type {any} */ (globalThis)).process?.env ?? {};
  const host = () => (options.host ?? env.HEADWATER_URL ?? env.HEADWATER_HOST ?? "http://localhost:8080").replace(/\/+$/, "");

  /** @param {object} body @param {boolean} isDryRun */
  const send = async (body, isDryRun) => {
    const key = options.key ?? env.HEADWATER_ADMIN_KEY;
    if (!key) throw new TypeError("the admin key is missing: give key, or set HEADWATER_ADMIN_KEY");
    const workspace = options.workspace ?? env.HEADWATER_WORKSPACE;
    const response = await (options.fetch ?? fetch)(`${host()}/v1/ask${isDryRun ? "?plan=true" : ""}`, {
      method: "POST",
      body: JSON.stringify(body),
      headers: {
        authorization: `Bearer ${key}`,
        "content-type": "application/json",
        ...(workspace ? { "headwater-workspace": workspace } : {}),
      },
    });
    const answer = await response.json().catch(() => undefined);
    if (!response.ok || typeof answer?.executed != "boolean") throw new AskRefused(response.status, answer);
    return worth(answer);
  };

  /** @type {Client | undefined} */
  let client;
  const handle = /** @type {any} */ (
    (/** @type {any} */ said, /** @type {unknown[]} */ ...values) => new Ask(send, phrase(said, values), { visitor })
  );
  for (const call of CALLS)
    handle[call] = (/** @type {any} */ ...given) => {
      client ??= new Client({ ...options, host: host() });
      return /** @type {any} */ (client)[call](...given);
    };
  handle.as = (/** @type {string} */ other) => Headwater(options, other);
  handle.in = (/** @type {string} */ workspace) => Headwater({ ...options, workspace }, visitor);
  handle.carryOut = (/** @type {any} */ { plan, hash }) => send({ plan, hash, id: crypto.randomUUID() }, false);
  return handle;
};

/** The handle that the environment describes. */
export const headwater = Headwater();
