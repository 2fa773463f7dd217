// @ts-check
import { createElement, useEffect, useRef } from "react";
import { usePageTracking, useTrackClick } from "./hooks.js";
import { useHeadwater } from "./provider.js";

/**
 * A link that tells of its clicks.
 *
 * @param {{event: string, properties?: object} & import("react").ComponentProps<"a">} given
 */
export const TrackedLink = ({ event, properties, onClick, ...rest }) => {
  const tracked = useTrackClick(event, { url: rest.href, ...properties });
  return createElement("a", { ...rest, onClick: tracked(onClick) });
};

/**
 * A button that tells of its clicks.
 *
 * @param {{event: string, properties?: object} & import("react").ComponentProps<"button">} given
 */
export const TrackedButton = ({ event, properties, onClick, ...rest }) => {
  const tracked = useTrackClick(event, properties);
  return createElement("button", { type: "button", ...rest, onClick: tracked(onClick) });
};

/**
 * A page that tells of its view, once for each path.
 *
 * @param {{path?: string, name?: string, properties?: object, children?: import("react").ReactNode}} given
 */
export const TrackedPage = ({ path, name, properties, children }) => {
  usePageTracking(path ?? name ?? "", { name, properties });
  return children;
};

/**
 * Tells, once, that its content has come into view.
 *
 * @param {object} given
 * @param {string} given.event
 * @param {object} [given.properties]
 * @param {number} [given.threshold] how much of it must be seen, from 0 to 1
 * @param {import("react").ReactNode} [given.children]
 */
export const TrackVisibility = ({ event, properties, threshold = 0.5, children }) => {
  const headwater = useHeadwater();
  const element = useRef(/** @type {HTMLDivElement | null} */ (null));
  const wasSeen = useRef(false);
  useEffect(() => {
    if (wasSeen.current || !element.current || typeof IntersectionObserver == "undefined") return;
    const observer = new IntersectionObserver(
      (entries) => {
        if (wasSeen.current || !entries.some(({ isIntersecting }) => isIntersecting)) return;
        wasSeen.current = true;
        observer.disconnect();
        headwater.track(event, properties ?? {});
      },
      { threshold },
    );
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [event, threshold]);
  return createElement("div", { ref: element }, children);
};
