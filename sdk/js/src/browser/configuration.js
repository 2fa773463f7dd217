// @ts-check
/**
 * What the site's tag says, read once.
 *
 * @typedef {object} Configuration
 * @property {string} key the write key
 * @property {string} url where events are posted
 * @property {string} as the global that the calls are on
 * @property {string | undefined} page "off" where page views are not sent by themselves
 * @property {boolean} cookieless whether nothing is stored in the browser
 * @property {string | undefined} consent the category without which nothing happens; "" for any
 * @property {string | undefined} gpc "ignore" where Global Privacy Control means nothing
 * @property {string} auto links, forms, events, scroll, downloads
 */

/** @returns {Configuration} */
export const readConfiguration = () => {
  const { src, dataset } = /** @type {HTMLScriptElement} */ (
    document.currentScript || document.querySelector("script[data-key]")
  );
  return /** @type {any} */ ({
    as: "headwater",
    auto: "",
    ...dataset,
    cookieless: dataset.cookieless != undefined,
    // Beside the script, unless it says otherwise: first-party wherever that is.
    url: new URL(dataset.to || "/v1/b", src).href,
  });
};
