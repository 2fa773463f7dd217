// @ts-check
/**
 * Segment's calls take their arguments by position and kind: what is left out, moves up.
 *
 * @param {any[]} given
 * @returns {{texts: string[], objects: Record<string, any>[], done?: (context?: any) => void}}
 *   texts and objects in the order given, and the callback
 */
export const sorted = (given) => {
  /** @type {any} */
  const found = { texts: [], objects: [] };
  for (const value of given) {
    if (typeof value == "function") found.done = value;
    // null stands for an object that is left out before another one; Segment's own stub adds what
    // it knows of the page, marked by __t.
    else if (typeof value == "object") value?.__t || found.objects.push(value || {});
    else if (value != undefined) found.texts.push(value + "");
  }
  return found;
};
