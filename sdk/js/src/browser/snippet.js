// @ts-check
/** The tag: `window.headwater`, Segment's calls on it, and what happens by itself. */
import { sorted } from "./arguments.js";
import { referrer, watchElements, watchPages } from "./automatic.js";
import { readConfiguration } from "./configuration.js";
import { context, page } from "./context.js";
import { add, drop, start } from "./delivery.js";
import { allow, read, write } from "./storage.js";
import { anonymousId, forget, GROUP, identify, userId, unique } from "./visitor.js";

const CONSENT = "hw_consent";

const configuration = readConfiguration();
const { as, cookieless, consent } = configuration;
const global = /** @type {any} */ (window);

/** @type {Record<string, boolean> | undefined} consent: category to whether it may be */
let choices;
let isOn = false;
let hasStarted = false;
/** @type {any[][]} calls made before consent */
let held = [];

/**
 * What each of Segment's calls says, of the texts and the object that it was given.
 *
 * @type {Record<string, (object: Record<string, any>, texts: string[]) => Record<string, any>>}
 */
const events = {
  track: (properties, [event]) => ({ event, properties }),
  identify: (traits, [id]) => ({ traits: identify(id, traits), userId: userId() }),
  page: (properties, texts) => ({
    name: texts.pop(),
    category: texts[0],
    properties: { ...page(referrer), ...properties },
  }),
  group(traits, [groupId]) {
    write(GROUP, groupId);
    return { groupId, traits };
  },
  alias: (_, [id, previousId = userId() || anonymousId()]) => ({ userId: id, previousId }),
};

/**
 * @param {string} type
 * @param {any[]} given
 */
const send = (type, ...given) => {
  const { texts, objects, done } = sorted(given);
  if (type == "alias") objects.unshift({}); // it has options alone
  const [object = {}, options = {}] = objects;
  const event = {
    type,
    messageId: unique(),
    timestamp: new Date(),
    anonymousId: cookieless ? undefined : anonymousId(),
    userId: userId(),
    ...events[type](object, texts),
    ...options,
    context: {
      ...context(referrer),
      groupId: read(GROUP) || undefined,
      consent: choices && { categoryPreferences: choices },
      cookieless: cookieless || undefined,
      ...options.context,
    },
  };
  add(event, done && (() => done({ event })));
};

/** @type {Record<string, (...given: any[]) => any>} */
const calls = {
  reset: forget,
  /** @param {Record<string, boolean>} chosen */
  consent(chosen) {
    choices = chosen;
    decide();
    if (isOn) write(CONSENT, JSON.stringify(chosen));
    else {
      drop();
      forget();
      write(CONSENT, "");
    }
  },
  ready: (then) => then(),
};

/** Begin, or stop, as consent and Global Privacy Control have it. */
const decide = () => {
  isOn = choices
    ? consent ? choices[consent] : Object.values(choices).includes(true)
    : consent == undefined &&
      (configuration.gpc == "ignore" || !(/** @type {any} */ (navigator).globalPrivacyControl));
  allow(isOn && !cookieless);
  if (isOn && !hasStarted) start(configuration);
  hasStarted ||= isOn;
  const calls = held;
  held = [];
  if (isOn) for (const call of calls) act(...call);
};

/** @param {any[]} call its name and what it was given */
const act = (...[call, ...given]) => {
  // A site's own code must not fail because of what watches it.
  try {
    if (isOn || call == "consent") return calls[call](...given);
    // Whoever may yet consent is waited for; whoever objected is not.
    if (!choices && consent != undefined) held.push([call, ...given]);
  } catch (error) {
    console.warn(as, error);
  }
};

for (const type in events) calls[type] = send.bind(null, type);

const stub = global[as] || [];
if (!stub.loaded) {
  const api = (global[as] = { loaded: true, push: (/** @type {any[]} */ call) => act(...call) });
  for (const call in calls) /** @type {any} */ (api)[call] = act.bind(null, call);
  const stored = read(CONSENT);
  if (stored) choices = JSON.parse(stored);
  decide();
  for (const call of [...stub]) act(...call);
  if (configuration.page != "off")
    watchPages(() => act("page"));
  watchElements(configuration.auto, (event, properties) => act("track", event, properties));
}
