// @ts-check
import { useCallback, useEffect, useRef } from "react";
import { useHeadwater } from "./provider.js";

/**
 * Tell of a page view whenever the path changes, once each, also where React runs effects twice.
 *
 * @param {string} path what the router says the path is
 * @param {{name?: string, properties?: object}} [view]
 */
export const usePageTracking = (path, { name, properties } = {}) => {
  const headwater = useHeadwater();
  const seen = useRef(/** @type {string | undefined} */ (undefined));
  useEffect(() => {
    if (seen.current === path) return;
    seen.current = path;
    if (name) headwater.page(name, { ...properties });
    else headwater.page(undefined, { ...properties });
  }, [path]);
};

/**
 * A click handler that tells of the click and then calls another.
 *
 * @param {string} event
 * @param {object} [properties]
 * @returns {<T>(then?: (given: T) => unknown) => (given: T) => unknown}
 */
export const useTrackClick = (event, properties) => {
  const headwater = useHeadwater();
  const latest = useLatest(properties);
  return useCallback(
    (then) => (given) => {
      headwater.track(event, latest.current ?? {});
      return then?.(given);
    },
    [headwater, event],
  );
};

/**
 * What a form needs to tell of its first change, its submission and its abandonment: spread it
 * on the form. Values never leave the form, names of fields do.
 *
 * @param {string} name of the form
 * @param {object} [properties]
 */
export const useTrackForm = (name, properties) => {
  const headwater = useHeadwater();
  const latest = useLatest(properties);
  const state = useRef({ isStarted: false, isSubmitted: false, field: "" });
  useEffect(
    () => () => {
      const { isStarted, isSubmitted, field } = state.current;
      if (isStarted && !isSubmitted) headwater.track("Form Abandoned", { form: name, field, ...latest.current });
      state.current = { isStarted: false, isSubmitted: false, field: "" };
    },
    [headwater, name],
  );
  return {
    onChange: useCallback(
      (/** @type {import("react").ChangeEvent<any>} */ { target }) => {
        state.current.field = target?.name ?? "";
        if (state.current.isStarted) return;
        state.current.isStarted = true;
        headwater.track("Form Started", { form: name, ...latest.current });
      },
      [headwater, name],
    ),
    onSubmit: useCallback(() => {
      state.current.isSubmitted = true;
      headwater.track("Form Submitted", { form: name, ...latest.current });
    }, [headwater, name]),
  };
};

/**
 * A ref whose value is what was rendered last, for handlers that outlive a render.
 *
 * @template T
 * @param {T} value
 */
const useLatest = (value) => {
  const latest = useRef(value);
  useEffect(() => {
    latest.current = value;
  });
  return latest;
};
