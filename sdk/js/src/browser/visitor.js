// @ts-check
/** Who visits: an anonymous id, a user id with traits, a group. */
import { adopted, read, readCookie, write, writeCookie } from "./storage.js";

const ANONYMOUS = "hw_anonymous_id";
export const USER = "hw_user_id";
export const TRAITS = "hw_traits";
export const GROUP = "hw_group_id";

/** @returns {string} 128 random bits; pages without https have no crypto.randomUUID */
export const unique = () => crypto.getRandomValues(new Uint32Array(4)).join("-");

/** The id of whoever is not logged in; a site that had Segment's script keeps its visitors. */
export const anonymousId = () => {
  const id = readCookie(ANONYMOUS) || read(ANONYMOUS) || adopted("ajs_anonymous_id") || unique();
  if (id != read(ANONYMOUS) || id != readCookie(ANONYMOUS)) keep(id);
  return id;
};

export const userId = () => read(USER) || adopted("ajs_user_id") || undefined;

/** @param {string | undefined} id @param {object} traits @returns {object} all traits known now */
export const identify = (id, traits) => {
  const isOther = id && userId() && id != userId();
  if (id) write(USER, id);
  const known = { ...(isOther ? {} : JSON.parse(read(TRAITS) || "{}")), ...traits };
  write(TRAITS, JSON.stringify(known));
  return known;
};

/** Forget who it was. What Segment's script kept is forgotten too, or it would be adopted again. */
export const forget = () => {
  for (const name of [USER, TRAITS, GROUP, "ajs_user_id", "ajs_anonymous_id"]) {
    write(name, "");
    writeCookie(name, "");
  }
  keep("");
};

/** @param {string} id */
const keep = (id) => {
  write(ANONYMOUS, id);
  writeCookie(ANONYMOUS, id);
};
