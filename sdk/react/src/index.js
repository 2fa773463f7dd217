// @ts-check
export { TrackedButton, TrackedLink, TrackedPage, TrackVisibility } from "./components.js";
export { usePageTracking, useTrackClick, useTrackForm } from "./hooks.js";
export { HeadwaterProvider, useHeadwater } from "./provider.js";
