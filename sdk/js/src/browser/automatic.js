// @ts-check
/**
 * What happens on a page by itself: views, and where the site asks for it, links, forms, marked
 * elements, scrolling and downloads.
 */

const FILE = /\.(pdf|zip|gz|dmg|exe|apk|csv|mp\d|\w{3}x)$/i;

/** The page that led here: the one before, also within an app of one page. */
export let { referrer } = document;

/**
 * Call back for each view of a page: now, when the address changes, when a page comes back.
 *
 * @param {() => void} view
 */
export const watchPages = (view) => {
  const path = () => location.pathname + location.search;
  let address = path();
  const changed = () => {
    if (path() == address) return;
    referrer = location.origin + address;
    address = path();
    // A page's own code sets the title after it has changed the address.
    setTimeout(view);
  };
  for (const name of /** @type {const} */ (["pushState", "replaceState"])) {
    const original = history[name];
    history[name] = (...given) => {
      original.apply(history, given);
      changed();
    };
  }
  addEventListener("popstate", changed);
  addEventListener("pageshow", ({ persisted }) => persisted && view());
  // A page that is drawn in advance has not been seen.
  if (/** @type {any} */ (document).prerendering)
    document.addEventListener("prerenderingchange", view);
  else view();
};

/**
 * @param {string} wanted what to watch
 * @param {(event: string, properties: object) => void} track
 */
export const watchElements = (wanted, track) => {
  /** @param {string} kind @param {(event: any) => void} heard */
  const on = (kind, heard) => document.addEventListener(kind, heard, true);
  const wants = (/** @type {string} */ what) => wanted.includes(what);

  on("click", ({ target }) => {
    const marked = wants("events") && target.closest("[data-hw-event]");
    if (marked) {
      const { hwEvent, ...rest } = marked.dataset;
      track(hwEvent, rest);
    }
    const link = target.closest("a[href]");
    if (!link) return;
    const { href: url, hostname, pathname } = link;
    if (wants("downloads") && FILE.test(pathname)) track("File Downloaded", { url });
    else if (wants("links") && hostname && hostname != location.hostname)
      track("Outbound Link Clicked", { url });
  });
  if (wants("forms"))
    on("submit", ({ target: { id, name, action } }) => track("Form Submitted", { id, name, action }));
  let reached = 0;
  if (wants("scroll"))
    on("scroll", () => {
      const { scrollHeight, clientHeight, scrollTop } = document.documentElement;
      const depth = 25 * Math.floor((4 * (scrollTop + clientHeight + 1)) / scrollHeight);
      if (depth > reached) track("Page Scrolled", { depth: (reached = depth) });
    });
};
