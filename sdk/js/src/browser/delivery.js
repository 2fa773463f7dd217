// @ts-check
/**
 * Events on their way: kept in localStorage, each under its own name so that tabs cannot undo each
 * other's, until the server has answered for them. What a page had no time to hear an answer for,
 * the next page sends again; the same messageId is one event.
 *
 * @typedef {{name: string, body: string, done?: () => void}} Item
 */
import { read, write } from "./storage.js";

const PREFIX = "hw.";

/** @type {Item[]} */
let waiting = [];
/** @type {Item[]} */
let sending = [];
let failures = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
/** @type {string} */
let url;
/** @type {string} */
let key;

/** @param {import("./configuration.js").Configuration} configuration */
export const start = (configuration) => {
  ({ url, key } = configuration);
  soon();
  addEventListener("online", () => soon(0));
  addEventListener("pagehide", () => beacon(true));
  document.addEventListener("visibilitychange", () => beacon());
};

/**
 * @param {{messageId: string}} event
 * @param {() => void} [done]
 */
export const add = (event, done) => {
  const item = { name: PREFIX + event.messageId, body: JSON.stringify(event), done };
  write(item.name, item.body);
  waiting.push(item);
  soon();
  beacon();
};

/** Forget everything that waits. */
export const drop = () => {
  for (const name of kept()) write(name, "");
  waiting = [];
};

/** @returns {string[]} the names of events that are kept */
const kept = () => {
  try {
    return Object.keys(localStorage).filter((name) => name.startsWith(PREFIX));
  } catch {
    return [];
  }
};

/** @param {number} [delay] milliseconds to wait for company; 0 is now, whatever was planned */
const soon = (delay = 300) => {
  if (timer && delay) return;
  clearTimeout(timer);
  timer = setTimeout(flush, delay);
};

/** Send what waits, a batch at a time, in order. */
const flush = async () => {
  timer = undefined;
  if (sending[0]) return;
  // This page's own go first; then what earlier pages did not live to hear an answer for.
  if (!waiting[0]) waiting = kept().map((name) => ({ name, body: read(name) }));
  if (!waiting[0]) return;
  sending = take();
  let wait = 1;
  try {
    const { status, headers } = await fetch(url, {
      method: "POST",
      body: batch(sending),
      keepalive: true,
      credentials: "include",
      // No headers of ours: plain text is sent across origins without asking first.
    });
    if (status < 500 && status != 408 && status != 429) {
      for (const item of sending) {
        write(item.name, "");
        finish(item);
      }
      sending = [];
      failures = 0;
    } else wait = 1000 * Number(headers.get("retry-after"));
  } catch {
    wait = 0;
  }
  if (sending[0]) {
    waiting.unshift(...sending);
    sending = [];
    wait ||= Math.min(500 * 2 ** failures++, 60000) * (1 - Math.random() / 2);
  }
  soon(wait);
};

/**
 * When the page may end, everything leaves at once; the next page sees to what got lost.
 *
 * @param {boolean} [ends] whether it does end
 */
const beacon = (ends) => {
  while ((ends || document.visibilityState == "hidden") && waiting[0]) {
    const items = take();
    if (!navigator.sendBeacon(url, batch(items))) {
      waiting.unshift(...items);
      return;
    }
    items.forEach(finish);
  }
};

/** @param {Item} item */
const finish = ({ done }) => done && done();

/** @returns {Item[]} the next batch */
const take = () => {
  // Browsers let 64 KB be under way when a page ends.
  let room = 60000;
  let count = 0;
  for (const { body } of waiting) {
    room -= new Blob([body]).size;
    if (count && room < 0) break;
    count++;
  }
  return waiting.splice(0, count);
};

/** @param {Item[]} items */
const batch = (items) =>
  `{"batch":[${items.map(({ body }) => body)}],"writeKey":"${key}","sentAt":"${new Date().toISOString()}"}`;
