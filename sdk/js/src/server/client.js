// @ts-check
/**
 * Segment's calls from a server or an edge function: batched, and tried again with the same
 * messageIds. Each call's promise tells when the server has stored its event.
 */

const MOST_EVENTS = 100;
const MOST_BYTES = 450_000;
const DELAY = 100; // milliseconds that events wait for company

/**
 * @typedef {object} Fields
 * @property {string} [userId]
 * @property {string} [anonymousId]
 * @property {string} [event]
 * @property {string} [name]
 * @property {string} [category]
 * @property {string} [groupId]
 * @property {string} [previousId]
 * @property {object} [properties]
 * @property {object} [traits]
 * @property {object} [context]
 * @property {object} [integrations]
 * @property {Date | string} [timestamp]
 * @property {string} [messageId]
 *
 * @typedef {object} ClientOptions
 * @property {string} [host] the server's address
 * @property {string} [writeKey] of the source that the events belong to
 * @property {number} [maxRetries]
 * @property {typeof globalThis.fetch} [fetch]
 */

/** An event that will never be stored as it is, or that was given up. */
export class Undelivered extends Error {
  /** @param {string} message @param {number} [status] */
  constructor(message, status) {
    super(message);
    this.name = "Undelivered";
    this.status = status;
  }
}

export class Client {
  /** @param {ClientOptions} [options] else `HEADWATER_WRITE_KEY` and `HEADWATER_HOST` */
  constructor(options = {}) {
    const env = (/** @type {any} */ (globalThis)).process?.env ?? {};
    this.host = (options.host ?? env.HEADWATER_HOST ?? "http://localhost:8080").replace(/\/+$/, "");
    this.writeKey = options.writeKey ?? env.HEADWATER_WRITE_KEY;
    this.maxRetries = options.maxRetries ?? 10;
    this.fetch = options.fetch ?? globalThis.fetch.bind(globalThis);
    /** @type {{body: string, messageId: string, resolve: (id: string) => void, reject: (reason: Error) => void}[]} */
    this.waiting = [];
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    /** @type {Promise<void>} */
    this.sending = Promise.resolve();
  }

  /** Somebody did something. @param {Fields} fields */
  track(fields) {
    if (!fields.event) throw new TypeError("track: event is missing: give a name such as 'Order Completed'");
    return this.add("track", fields);
  }

  /** Who somebody is. @param {Fields} fields */
  identify(fields) {
    return this.add("identify", fields);
  }

  /** Somebody saw a page. @param {Fields} fields */
  page(fields) {
    return this.add("page", fields);
  }

  /** Somebody saw a screen of an app. @param {Fields} fields */
  screen(fields) {
    return this.add("screen", fields);
  }

  /** Somebody belongs to an account. @param {Fields} fields */
  group(fields) {
    if (!fields.groupId) throw new TypeError("group: groupId is missing: give the id of the account");
    return this.add("group", fields);
  }

  /** Two ids are one person. @param {Fields} fields */
  alias(fields) {
    if (!fields.previousId || !fields.userId) throw new TypeError("alias: give previousId and userId");
    return this.add("alias", fields);
  }

  /**
   * @param {string} type
   * @param {Fields} fields
   * @returns {Promise<string>} the messageId, once the event is stored
   */
  add(type, fields) {
    if (!this.writeKey) throw new TypeError("the write key is missing: give writeKey, or set HEADWATER_WRITE_KEY");
    if (!fields.userId && !fields.anonymousId) throw new TypeError(`${type}: userId and anonymousId are both missing`);
    const messageId = fields.messageId ?? crypto.randomUUID();
    const body = JSON.stringify({
      ...fields,
      type,
      messageId,
      timestamp: fields.timestamp ?? new Date(),
      context: { library: { name: "headwater-js", version: "0.1.0" }, ...fields.context },
    });
    const stored = new Promise((resolve, reject) => this.waiting.push({ body, messageId, resolve, reject }));
    // Whoever does not wait for it need not know that it failed twice.
    stored.catch(() => {});
    if (this.waiting.length >= MOST_EVENTS) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), DELAY);
    return /** @type {Promise<string>} */ (stored);
  }

  /** Send everything now; done when the server has answered for all of it. */
  flush() {
    clearTimeout(this.timer);
    this.timer = undefined;
    // One batch after the other: a person's events keep their order.
    this.sending = this.sending.then(async () => {
      while (this.waiting.length) await this.send(this.take());
    });
    return this.sending;
  }

  take() {
    let bytes = 0;
    let count = 0;
    for (const { body } of this.waiting) {
      bytes += body.length * 3;
      if (count && (bytes > MOST_BYTES || count == MOST_EVENTS)) break;
      count++;
    }
    return this.waiting.splice(0, count);
  }

  /** @param {Client["waiting"]} items */
  async send(items) {
    for (let tries = 0; ; tries++) {
      const { status, wait, body, reason } = await this.attempt(items, tries);
      if (status && status < 300) {
        const refused = new Map(body?.rejected?.map((/** @type {any} */ one) => [one.index, one.message]));
        items.forEach(({ messageId, resolve, reject }, index) =>
          refused.has(index) ? reject(new Undelivered(refused.get(index), 400)) : resolve(messageId),
        );
        return;
      }
      const isFinal = status && status < 500 && status != 408 && status != 429;
      if (isFinal || tries >= this.maxRetries) {
        for (const { reject } of items) reject(new Undelivered(body?.message ?? reason, status));
        return;
      }
      const backoff = Math.min(500 * 2 ** tries, 60_000) * (1 - Math.random() / 2);
      await new Promise((resolve) => setTimeout(resolve, wait || backoff));
    }
  }

  /** @param {Client["waiting"]} items @param {number} tries */
  async attempt(items, tries) {
    const events = items.map(({ body }) => body).join();
    try {
      const response = await this.fetch(`${this.host}/v1/batch`, {
        method: "POST",
        body: `{"batch":[${events}],"sentAt":"${new Date().toISOString()}"}`,
        headers: {
          "content-type": "application/json",
          authorization: `Basic ${btoa(`${this.writeKey}:`)}`,
          ...(tries ? { "x-retry-count": String(tries) } : {}),
        },
      });
      const wait = 1000 * (Number(response.headers.get("retry-after")) || 0);
      const body = await response.json().catch(() => undefined);
      return { status: response.status, wait, body, reason: `the server answered ${response.status}` };
    } catch (error) {
      return { status: 0, wait: 0, body: undefined, reason: `the server was not reached: ${error}` };
    }
  }
}
