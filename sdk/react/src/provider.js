// @ts-check
import { createContext, createElement, useContext, useEffect } from "react";

/**
 * What the hooks call: the browser snippet's global, or anything with the same calls.
 *
 * @typedef {object} Tracker
 * @property {(event: string, properties?: object) => unknown} track
 * @property {(userId: string, traits?: object) => unknown} identify
 * @property {(name?: string, properties?: object) => unknown} page
 * @property {(groupId: string, traits?: object) => unknown} group
 * @property {(userId: string, previousId?: string) => unknown} alias
 * @property {() => unknown} reset
 */

const CALLS = /** @type {const} */ (["track", "identify", "page", "group", "alias", "reset", "consent"]);

/** Calls the snippet's global if it is there, else has it remembered until it is. */
const onWindow = /** @type {Tracker} */ (
  Object.fromEntries(
    CALLS.map((call) => [
      call,
      (/** @type {any[]} */ ...given) => {
        // On a server there is nobody to track.
        if (typeof window == "undefined") return;
        const global = /** @type {any} */ (window);
        global.headwater ??= [];
        if (global.headwater.loaded) global.headwater[call](...given);
        else global.headwater.push([call, ...given]);
      },
    ]),
  )
);

const TrackerContext = createContext(onWindow);

/**
 * Give the tree a tracker, and load the snippet where its address is given.
 *
 * @param {object} properties
 * @param {string} [properties.src] the snippet's address; left out where a tag is in the page
 * @param {string} [properties.writeKey]
 * @param {Record<string, string>} [properties.options] what the tag may say: `{ to: "/t/leaf" }`
 * @param {Tracker} [properties.tracker] in place of the snippet, as in tests
 * @param {import("react").ReactNode} [properties.children]
 */
export const HeadwaterProvider = ({ src, writeKey, options, tracker = onWindow, children }) => {
  useEffect(() => {
    if (!src || document.querySelector("script[data-headwater-react]")) return;
    const tag = document.createElement("script");
    Object.assign(tag, { src, async: true });
    // Pages are told of by usePageTracking and TrackedPage.
    Object.assign(tag.dataset, { key: writeKey, page: "off", headwaterReact: "", ...options });
    document.head.append(tag);
  }, [src]);
  return createElement(TrackerContext.Provider, { value: tracker }, children);
};

/**
 * The tracker: `track`, `identify`, `page`, `group`, `alias`, `reset`. It is the same at each
 * render, so it may stand among an effect's dependencies.
 *
 * @returns {Tracker}
 */
export const useHeadwater = () => useContext(TrackerContext);
