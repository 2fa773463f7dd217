// @ts-check
/**
 * The client that only sends: one file, no queue, a promise for each event.
 *
 *     import { tiny } from "headwater/tiny";
 *     const headwater = tiny({ host, writeKey });
 *     await headwater("track", { userId: "user-1", event: "Signed Up" });
 *
 * @param {{host: string, writeKey: string, tries?: number, fetch?: typeof globalThis.fetch}} options
 * @returns {(type: string, fields: object) => Promise<string>} the messageId, once it is stored
 */
export const tiny =
  ({ host, writeKey, tries = 4, fetch: send = fetch }) =>
  async (type, fields) => {
    const event = { messageId: crypto.randomUUID(), timestamp: new Date(), ...fields, type };
    for (let attempt = 1; ; attempt++) {
      let failure;
      let isFinal = false;
      try {
        const response = await send(`${host.replace(/\/+$/, "")}/v1/${type}`, {
          method: "POST",
          body: JSON.stringify({ ...event, sentAt: new Date() }),
          headers: { "content-type": "application/json", authorization: `Basic ${btoa(`${writeKey}:`)}` },
        });
        if (response.ok) return event.messageId;
        failure = new Error(`Headwater answered ${response.status}: ${await response.text()}`);
        isFinal = response.status < 500 && response.status != 408 && response.status != 429;
      } catch (error) {
        failure = error;
      }
      if (isFinal || attempt >= tries) throw failure;
      await new Promise((resolve) => setTimeout(resolve, 250 * 2 ** attempt));
    }
  };
