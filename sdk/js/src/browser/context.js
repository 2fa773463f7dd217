// @ts-check
/**
 * What surrounds an event. The server knows the user agent, and reads campaign and referring site
 * off the addresses.
 */

/** @type {Record<string, string>} the click that began the visit counts for all of its pages */
const clickIds = {};

/** @param {string} referrer */
export const page = (referrer) => {
  const canonical = /** @type {HTMLLinkElement | null} */ (
    document.querySelector("link[rel=canonical]")
  );
  const { origin, pathname: path } = canonical ? new URL(canonical.href) : location;
  const { search } = location;
  return { path, referrer, search, title: document.title, url: origin + path + search };
};

/**
 * @param {string} referrer
 * @returns {Record<string, unknown>}
 */
export const context = (referrer) => {
  const { language: locale, webdriver, userAgentData } = /** @type {any} */ (navigator);
  const { width, height } = screen;
  location.search.replace(
    /[?&](gclid|fbclid|msclkid|ttclid|li_fat_id)=([^&]+)/g,
    (_, name, value) => (clickIds[name] = value),
  );
  return {
    library: { name: "headwater.js", version: "0.1.0" },
    channel: "browser",
    page: page(referrer),
    userAgentData, // its JSON is what needs no permission: brands, mobile, platform
    locale,
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    screen: { width, height, density: devicePixelRatio },
    clickIds,
    webdriver: webdriver || undefined,
  };
};
