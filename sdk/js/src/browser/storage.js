// @ts-check
/**
 * What is kept in the browser: localStorage, and a cookie beside it for what subdomains share and
 * the server refreshes. Both may be forbidden; then a page remembers for as long as it lives.
 */

const LONGEST = 34560000; // seconds: 400 days, the most that browsers keep a cookie

/** @type {Record<string, string>} */
const memory = {};
let isAllowed = true;

/** @param {boolean} allowed whether anything may be kept */
export const allow = (allowed) => {
  isAllowed = allowed;
};

/** @param {string} name @returns {string} */
export const readCookie = (name) => clean(`; ${document.cookie}`.split(`; ${name}=`)[1]);

/**
 * Set a cookie for the site and its subdomains: browsers refuse public suffixes, so the widest
 * domain that they take is the right one; for hosts without a dot, none.
 *
 * @param {string} name
 * @param {string} value empty to remove it
 */
export const writeCookie = (name, value) => {
  const labels = location.hostname.split(".");
  for (let from = labels.length; from-- >= 0; ) {
    const domain = labels.slice(from).join(".");
    document.cookie =
      `${name}=${value};path=/;samesite=lax;max-age=${value ? LONGEST : 0}` +
      (from < 0 ? "" : `;domain=${domain}`) +
      (location.protocol == "https:" ? ";secure" : "");
    if (value && readCookie(name) == value) break;
  }
};

/** @param {string} name @returns {string} what is kept, "" for nothing */
export const read = (name) => {
  try {
    return memory[name] ?? ((isAllowed && localStorage.getItem(name)) || "");
  } catch {
    return "";
  }
};

/** @param {string} name @param {string} value empty to remove it */
export const write = (name, value) => {
  memory[name] = value;
  try {
    if (value) isAllowed && localStorage.setItem(name, value);
    else localStorage.removeItem(name);
  } catch {}
};

/** @param {string} name what Segment's script kept: it quotes its values */
export const adopted = (name) => readCookie(name) || clean(read(name));

/** @param {string | undefined} value */
const clean = (value) => {
  try {
    return decodeURIComponent((value || "").split(";")[0]).replace(/"/g, "");
  } catch {
    return "";
  }
};
