// @ts-check
export { Ask, AskRefused } from "./ask.js";
export { Client, Undelivered } from "./client.js";
export { Headwater, headwater } from "./handle.js";
