// With React's own test tools, in strict mode, where effects run twice.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { JSDOM } from "jsdom";

const dom = new JSDOM("<!doctype html><body></body>", { url: "http://localhost/" });
Object.assign(globalThis, {
  window: dom.window,
  document: dom.window.document,
  HTMLElement: dom.window.HTMLElement,
  MutationObserver: dom.window.MutationObserver,
  IS_REACT_ACT_ENVIRONMENT: true,
});
// Newer versions of Node have a navigator of their own, which cannot be assigned.
Object.defineProperty(globalThis, "navigator", { value: dom.window.navigator, configurable: true });

const { createElement: h, StrictMode } = await import("react");
const { cleanup, fireEvent, render, screen } = await import("@testing-library/react");
const { renderToString } = await import("react-dom/server");
const {
  HeadwaterProvider, TrackedButton, TrackedLink, TrackedPage, TrackVisibility,
  useHeadwater, usePageTracking, useTrackClick, useTrackForm,
} = await import("../src/index.js");

const recorder = () => {
  const calls = [];
  const tracker = Object.fromEntries(
    ["track", "identify", "page", "group", "alias", "reset"].map((call) => [call, (...given) => calls.push([call, ...given])]),
  );
  return { calls, tracker };
};
const shown = (tracker, ...children) => h(StrictMode, null, h(HeadwaterProvider, { tracker }, ...children));

afterEach(cleanup);

test("a page is told of once for each path, in strict mode too", () => {
  const { calls, tracker } = recorder();
  const Page = ({ path }) => {
    usePageTracking(path, { name: "Shop", properties: { path } });
    return null;
  };
  const { rerender } = render(shown(tracker, h(Page, { path: "/a" })));
  rerender(shown(tracker, h(Page, { path: "/a" })));
  rerender(shown(tracker, h(Page, { path: "/b" })));
  assert.deepEqual(calls, [["page", "Shop", { path: "/a" }], ["page", "Shop", { path: "/b" }]]);
});

test("a tracked page renders what is in it", () => {
  const { calls, tracker } = recorder();
  render(shown(tracker, h(TrackedPage, { name: "Pricing" }, "Prices")));
  assert.ok(screen.getByText("Prices"));
  assert.deepEqual(calls, [["page", "Pricing", {}]]);
});

test("a button tells of its click with what was rendered last, and then does what it is for", () => {
  const { calls, tracker } = recorder();
  const button = (plan) =>
    shown(tracker, h(TrackedButton, { event: "Plan Chosen", properties: { plan }, onClick: () => calls.push(["chosen"]) }, "Choose"));
  const { rerender } = render(button("free"));
  rerender(button("pro"));
  fireEvent.click(screen.getByText("Choose"));
  assert.deepEqual(calls, [["track", "Plan Chosen", { plan: "pro" }], ["chosen"]]);
});

test("a link tells where it leads", () => {
  const { calls, tracker } = recorder();
  render(shown(tracker, h(TrackedLink, { event: "Docs Opened", href: "#docs", properties: { from: "nav" } }, "Docs")));
  fireEvent.click(screen.getByText("Docs"));
  assert.deepEqual(calls, [["track", "Docs Opened", { url: "#docs", from: "nav" }]]);
});

test("a hook wraps any handler", () => {
  const { calls, tracker } = recorder();
  const Item = () => {
    const tracked = useTrackClick("Item Opened");
    return h("p", { onClick: tracked((event) => calls.push([event.type])) }, "Item");
  };
  render(shown(tracker, h(Item)));
  fireEvent.click(screen.getByText("Item"));
  assert.deepEqual(calls, [["track", "Item Opened", {}], ["click"]]);
});

test("a form tells of its beginning once, and of its end, and never of its values", () => {
  const { calls, tracker } = recorder();
  const Form = () => h("form", { ...useTrackForm("signup", { step: 1 }), "aria-label": "form" }, h("input", { name: "email", "aria-label": "email" }));
  const { unmount } = render(shown(tracker, h(Form)));
  fireEvent.change(screen.getByLabelText("email"), { target: { value: "a" } });
  fireEvent.change(screen.getByLabelText("email"), { target: { value: "secret" } });
  fireEvent.submit(screen.getByLabelText("form"));
  unmount();
  assert.deepEqual(calls, [["track", "Form Started", { form: "signup", step: 1 }], ["track", "Form Submitted", { form: "signup", step: 1 }]]);
});

test("a form that was begun and left is abandoned", () => {
  const { calls, tracker } = recorder();
  const Form = () => h("form", useTrackForm("signup"), h("input", { name: "email", "aria-label": "email" }));
  const { unmount } = render(shown(tracker, h(Form)));
  fireEvent.change(screen.getByLabelText("email"), { target: { value: "a" } });
  unmount();
  assert.deepEqual(calls.at(-1), ["track", "Form Abandoned", { form: "signup", field: "email" }]);
});

test("what comes into view is told of once", () => {
  const { calls, tracker } = recorder();
  const observers = [];
  globalThis.IntersectionObserver = class {
    constructor(seen) {
      this.seen = seen;
      observers.push(this);
    }
    observe() {}
    disconnect() {}
  };
  render(shown(tracker, h(TrackVisibility, { event: "Offer Seen", properties: { n: 1 } }, "Offer")));
  for (const { seen } of observers) {
    seen([{ isIntersecting: false }]);
    seen([{ isIntersecting: true }]);
    seen([{ isIntersecting: true }]);
  }
  assert.deepEqual(calls, [["track", "Offer Seen", { n: 1 }]]);
  delete globalThis.IntersectionObserver;
});

test("it renders on a server, and tracks nothing there", () => {
  const { window } = globalThis;
  const Page = () => {
    useHeadwater();
    usePageTracking("/");
    return h(TrackVisibility, { event: "Seen" }, h(TrackedLink, { event: "E", href: "/" }, "x"));
  };
  delete globalThis.window;
  try {
    assert.equal(renderToString(h(HeadwaterProvider, { src: "/hw.js" }, h(Page))), '<div><a href="/">x</a></div>');
  } finally {
    globalThis.window = window;
  }
});

test("calls made before the snippet is there are remembered for it, and it is loaded once", () => {
  const App = () => {
    const headwater = useHeadwater();
    return h("button", { onClick: () => headwater.track("Early", { n: 1 }) }, "Go");
  };
  render(h(StrictMode, null, h(HeadwaterProvider, { src: "http://localhost/hw.js", writeKey: "k", options: { to: "/e" } }, h(App))));
  fireEvent.click(screen.getByText("Go"));
  assert.deepEqual(window.headwater, [["track", "Early", { n: 1 }]]);
  const tags = document.querySelectorAll("script[data-headwater-react]");
  assert.equal(tags.length, 1);
  assert.deepEqual({ ...tags[0].dataset }, { key: "k", page: "off", headwaterReact: "", to: "/e" });
  const called = [];
  window.headwater = { loaded: true, track: (...given) => called.push(given) };
  fireEvent.click(screen.getByText("Go"));
  assert.deepEqual(called, [["Early", { n: 1 }]]);
});
