// @ts-check
/** Template literals as a text with named parameters: values are bound, never read as words. */

/** Stands for each person of a list while what is done for each is written down. */
export class Each {
  toString() {
    throw new TypeError("each person of a list is bound: write headwater`win back ${user}`");
  }
  toJSON() {
    return { $: "each" };
  }
}

/**
 * @typedef {object} Phrase
 * @property {string} text with `{name}` where a value stands
 * @property {Record<string, unknown>} params
 */

/**
 * Answer the phrase that a tag was given: a template literal, or a text with named parameters.
 *
 * @param {TemplateStringsArray | string} said
 * @param {unknown[]} values
 * @returns {Phrase}
 */
export const phrase = (said, values) => {
  if (typeof said == "string") return { text: said, params: /** @type {any} */ (values[0]) ?? {} };
  /** @type {Record<string, unknown>} */
  const params = {};
  let text = said[0];
  values.forEach((value, place) => {
    if (value === undefined) throw new TypeError(`value ${place + 1} of the phrase is undefined`);
    const name = `value_${place + 1}`;
    params[name] = value;
    text += `{${name}}${said[place + 1]}`;
  });
  return { text, params };
};
