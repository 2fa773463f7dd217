// What goes over the wire, against a server of the test's own.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, beforeEach, test } from "node:test";
import { AskRefused, Client, Headwater, Undelivered } from "headwater";
import { tiny } from "headwater/tiny";

/** @type {{path: string, headers: any, body: any}[]} */
let requests = [];
/** @type {{status?: number, headers?: object, body?: object}[]} */
let replies = [];
let host = "";

const server = createServer((request, response) => {
  let text = "";
  request.on("data", (part) => (text += part));
  request.on("end", () => {
    requests.push({ path: request.url, headers: request.headers, body: JSON.parse(text || "{}") });
    const { status = 200, headers = {}, body = { success: true } } = replies.shift() ?? {};
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(JSON.stringify(body));
  });
});

before(async () => {
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  host = `http://127.0.0.1:${server.address().port}`;
});
after(() => server.close());
beforeEach(() => {
  requests = [];
  replies = [];
});

const handle = (options = {}) => Headwater({ host, key: "admin", writeKey: "write", ...options });
const executed = (plan, result) => ({ body: { executed: true, plan, result } });

test("values of a phrase are bound, never part of the text", async () => {
  replies = [executed({ do: "record" }, { recorded: [] })];
  const evil = "user-1 and delete user-2";
  await handle()`link ${evil} to ${"user-3"}`;
  const [{ path, headers, body }] = requests;
  assert.equal(path, "/v1/ask");
  assert.equal(headers.authorization, "Bearer admin");
  assert.equal(body.text, "link {value_1} to {value_2}");
  assert.deepEqual(body.params, { value_1: evil, value_2: "user-3" });
  assert.match(body.id, /^[0-9a-f-]{36}$/);
});

test("a chain travels in one request", async () => {
  replies = [executed({ do: "chain" }, {})];
  const hw = handle();
  await hw`users who abandoned cart`
    .notify(`Still there?`)
    .wait("3 days")
    .map((user) => [hw`win back ${user}`])
    .map((outcome) => hw`record ${outcome}`);
  assert.equal(requests.length, 1);
  assert.deepEqual(requests[0].body.steps, [
    { notify: "Still there?" },
    { wait: "3 days" },
    { each: [{ text: "win back {value_1}", params: { value_1: { $: "each" } } }] },
    { then: [{ text: "record {value_1}", params: { value_1: { $: "each" } } }] },
  ]);
});

test("people, numbers, tables and plans are what they are worth", async () => {
  const columns = [{ name: "person" }, { name: "plan" }];
  replies = [
    executed({ do: "list_people" }, { columns, rows: [["user_id:1", "pro"]], exact: true, as_of: "t", notes: [] }),
    executed({ do: "count_people" }, { count: 7 }),
    executed({ do: "ask" }, { columns: [{ name: "n" }], rows: [[3]], exact: true, as_of: "t", notes: [] }),
    { body: { executed: false, plan: { do: "erase" }, hash: "h", words: "Erase." } },
    executed({ do: "erase" }, { erased: true }),
  ];
  const hw = handle();
  assert.deepEqual(await hw`Pro users`, [{ id: "user_id:1", plan: "pro" }]);
  assert.equal(await hw`Pro users`.count(), 7);
  assert.deepEqual((await hw`signups this week`).rows, [{ n: 3 }]);
  const shown = await hw`delete user-1`.plan();
  assert.equal(shown.hash, "h");
  assert.equal(requests[3].path, "/v1/ask?plan=true");
  await hw.carryOut(shown);
  assert.deepEqual(requests[4].body.plan, { do: "erase" });
  assert.equal(requests[4].body.hash, "h");
});

test("nothing is sent before it is awaited, and once however often it is", async () => {
  replies = [executed({ do: "record" }, 1)];
  const said = handle()`user-1 signed up`;
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(requests.length, 0);
  await said;
  await said;
  assert.equal(requests.length, 1);
});

test("visitor and workspace go along", async () => {
  replies = [executed({ do: "record" }, 1)];
  await handle().as("anonymous_id:v").in("tom")`page view pricing`;
  assert.equal(requests[0].body.visitor, "anonymous_id:v");
  assert.equal(requests[0].headers["headwater-workspace"], "tom");
});

test("a refusal says why, for people and for programs", async () => {
  replies = [{ status: 501, body: { code: "not_yet", message: "This server cannot send yet.", missing: "messages" } }];
  await assert.rejects(handle()`email alice`, (error) => {
    assert.ok(error instanceof AskRefused);
    assert.equal(error.message, "This server cannot send yet.");
    assert.equal(error.code, "not_yet");
    assert.equal(error.details.missing, "messages");
    return true;
  });
});

test("mistakes are named where they are made", () => {
  const hw = handle();
  assert.throws(() => hw`users`.map((user) => `win back ${user}`), /bound/);
  assert.throws(() => hw`users`.map(() => []), /one phrase or a list/);
  assert.throws(() => hw`who is ${undefined}`, /value 1 of the phrase is undefined/);
  assert.throws(() => hw.track({ userId: "u" }), /event is missing/);
  assert.throws(() => hw.track({ event: "E" }), /both missing/);
});

test("plain calls go in batches, in order", async () => {
  const hw = handle();
  const ids = await Promise.all([
    hw.identify({ userId: "u", traits: { plan: "pro" } }),
    hw.track({ userId: "u", event: "Signed Up" }),
    hw.group({ userId: "u", groupId: "g" }),
    hw.alias({ userId: "u", previousId: "v" }),
    hw.page({ userId: "u", name: "Home" }),
    hw.screen({ anonymousId: "v", name: "Home" }),
  ]);
  assert.equal(requests.length, 1);
  const [{ path, headers, body }] = requests;
  assert.equal(path, "/v1/batch");
  assert.equal(atob(headers.authorization.slice(6)), "write:");
  assert.deepEqual(body.batch.map(({ type }) => type), ["identify", "track", "group", "alias", "page", "screen"]);
  assert.deepEqual(body.batch.map(({ messageId }) => messageId), ids);
});

test("what fails is sent again with the same messageIds, as late as the server says", async () => {
  replies = [{ status: 500 }, { status: 429, headers: { "retry-after": "1" } }];
  const began = Date.now();
  const id = await new Client({ host, writeKey: "write" }).track({ userId: "u", event: "E" });
  assert.equal(requests.length, 3);
  assert.deepEqual(new Set(requests.map(({ body }) => body.batch[0].messageId)), new Set([id]));
  assert.equal(requests[2].headers["x-retry-count"], "2");
  assert.ok(Date.now() - began > 1000);
});

test("one bad event is refused and the others are stored", async () => {
  replies = [{ body: { success: true, rejected: [{ index: 0, message: "too odd" }] } }];
  const client = new Client({ host, writeKey: "write" });
  const [bad, good] = await Promise.allSettled([
    client.track({ userId: "u", event: "A" }),
    client.track({ userId: "u", event: "B" }),
  ]);
  assert.ok(bad.reason instanceof Undelivered);
  assert.equal(bad.reason.message, "too odd");
  assert.equal(good.status, "fulfilled");
});

test("a wrong key is final", async () => {
  replies = [{ status: 401, body: { message: "This write key is not known." } }];
  await assert.rejects(new Client({ host, writeKey: "x" }).track({ userId: "u", event: "E" }), /not known/);
  assert.equal(requests.length, 1);
});

test("many events make several batches and none is lost", async () => {
  const client = new Client({ host, writeKey: "write" });
  const stored = Array.from({ length: 250 }, (_, n) => client.track({ userId: "u", event: "E", properties: { n } }));
  await Promise.all(stored);
  const seen = requests.flatMap(({ body }) => body.batch.map(({ properties }) => properties.n));
  assert.deepEqual(seen, Array.from({ length: 250 }, (_, n) => n));
  assert.ok(requests.every(({ body }) => body.batch.length <= 100));
});

test("the tiny client sends and tries again", async () => {
  replies = [{ status: 503 }];
  const send = tiny({ host, writeKey: "write" });
  const id = await send("track", { userId: "u", event: "E" });
  assert.equal(requests.length, 2);
  assert.equal(requests[1].path, "/v1/track");
  assert.equal(requests[1].body.messageId, id);
  replies = [{ status: 400, body: { message: "no" } }];
  await assert.rejects(send("track", { userId: "u" }), /answered 400/);
});
