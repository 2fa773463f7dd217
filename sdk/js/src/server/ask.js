// @ts-check
import { Each } from "./template.js";

/** The server did not do what was asked, and says why. */
export class AskRefused extends Error {
  /** @param {number} status @param {any} body */
  constructor(status, body) {
    super(body?.message ?? `The server answered ${status}, and not as Headwater does: is the address right?`);
    this.name = "AskRefused";
    this.status = status;
    /** `not_understood`, `ambiguous`, `not_yet`, `confirm`, … */
    this.code = body?.code ?? "no_headwater";
    /** The whole answer: what was not understood, the nearest things, readings. */
    this.details = body ?? {};
  }
}

/**
 * Something said, not yet sent: awaiting it sends it, with all its steps, as one plan.
 *
 * @implements {PromiseLike<any>}
 */
export class Ask {
  /**
   * @param {(body: object, isDryRun: boolean) => Promise<any>} send
   * @param {import("./template.js").Phrase} phrase
   * @param {{steps?: object[], visitor?: string, isDryRun?: boolean}} [options]
   */
  constructor(send, phrase, { steps = [], visitor, isDryRun = false } = {}) {
    this.send = send;
    this.phrase = phrase;
    this.steps = steps;
    this.visitor = visitor;
    this.isDryRun = isDryRun;
    /** @type {Promise<any> | undefined} */
    this.sent = undefined;
  }

  /** Then send each of them this text. @param {TemplateStringsArray | string} text @param {unknown[]} values */
  notify(text, ...values) {
    const whole = typeof text == "string" ? text : String.raw({ raw: text }, ...values);
    if (!whole.trim()) throw new TypeError("notify: give the text to send");
    return this.with_({ notify: whole });
  }

  /** Then wait: `"3 days"`, or seconds. @param {string | number} duration */
  wait(duration) {
    return this.with_({ wait: typeof duration == "number" ? Math.trunc(duration) : duration });
  }

  /**
   * Then do for each of them what the function says of one; a second map is for the outcomes.
   *
   * @param {(each: Each) => Ask | Ask[]} said
   */
  map(said) {
    const several = [said(new Each())].flat();
    if (!several.length || several.some((one) => !(one instanceof Ask) || one.steps.length))
      throw new TypeError("what is done for each is one phrase or a list of them, without steps");
    const kind = this.steps.some((step) => "each" in step || "then" in step) ? "then" : "each";
    return this.with_({ [kind]: several.map((one) => one.phrase) });
  }

  /** The same as `map`. @param {(each: Each) => Ask | Ask[]} said */
  each(said) {
    return this.map(said);
  }

  /** Answer how many they are instead. */
  count() {
    return this.with_({ count: true });
  }

  /** Answer the plan, and do nothing. */
  plan() {
    return new Ask(this.send, this.phrase, { ...this.options, isDryRun: true });
  }

  /** @param {object} step @returns {Ask} */
  with_(step) {
    return new Ask(this.send, this.phrase, { ...this.options, steps: [...this.steps, step] });
  }

  get options() {
    const { steps, visitor, isDryRun } = this;
    return { steps, visitor, isDryRun };
  }

  /** What is posted; `id` names the order, so that repeating it does nothing more. */
  get body() {
    const { text, params } = this.phrase;
    return {
      text,
      id: crypto.randomUUID(),
      ...(Object.keys(params).length ? { params } : {}),
      ...(this.steps.length ? { steps: this.steps } : {}),
      ...(this.visitor ? { visitor: this.visitor } : {}),
    };
  }

  /**
   * @param {((value: any) => any) | null} [done]
   * @param {((reason: any) => any) | null} [failed]
   */
  then(done, failed) {
    // Awaited twice it is still one order.
    this.sent ??= this.send(this.body, this.isDryRun);
    return this.sent.then(done, failed);
  }

  /** @param {(reason: any) => any} failed */
  catch(failed) {
    return this.then(null, failed);
  }

  /** @param {() => void} done */
  finally(done) {
    return this.then((value) => value).finally(done);
  }
}

/**
 * Answer what a phrase is worth: the plan that was shown, a number, people, a table, or what was
 * done.
 *
 * @param {any} answer
 */
export const worth = (answer) => {
  if (!answer.executed) return answer;
  const { plan, result } = answer;
  if (plan.do == "count_people") return result.count;
  if (plan.do != "list_people" && plan.do != "ask") return result;
  const names = result.columns.map((/** @type {any} */ { name }) => name);
  const rows = result.rows.map((/** @type {any[]} */ row) =>
    Object.fromEntries(row.map((cell, place) => [names[place], cell])),
  );
  if (plan.do == "ask") return { columns: names, rows, exact: result.exact, asOf: result.as_of, notes: result.notes };
  return rows.map((/** @type {any} */ { person, ...rest }) => ({ id: person, ...rest }));
};
