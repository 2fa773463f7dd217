"""Browsers and a real server: ours and Segment's scripts, the visitor's cookie, bots."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from headwater.collect.visitor import daily_id
from tests.browser.conftest import Shop, opened
from tests.loopback import Loopback, Reply, Request
from tests.server import WRITE_KEY, Server

SDK = Path(__file__).parents[1] / "sdk"
PACKAGE = SDK / "node_modules" / "@segment" / "analytics-next" / "dist" / "umd"
PERSON = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose addresses are the shop's own, and that has Segment's files."""
    environment = {
        "HEADWATER_SCRIPT_PATH": "/t/garden.js",
        "HEADWATER_EVENTS_PATH": "/t/leaf",
    }
    if PACKAGE.is_dir():
        environment["HEADWATER_ANALYTICS_JS"] = str(PACKAGE)
    folder: Path = tmp_path_factory.mktemp("browser") / "data"
    with Server(folder, environment=environment) as running:
        yield running


@pytest.fixture
def site() -> Iterator[Shop]:
    """The shop's pages; its events go to the server."""
    with opened() as found:
        yield found


@pytest.fixture
def person(chromium: Browser) -> Iterator[BrowserContext]:
    """A visitor whose browser does not say that nobody looks at it."""
    context = chromium.new_context(user_agent=PERSON)
    context.add_init_script("Object.defineProperty(navigator, 'webdriver', {get: () => false})")
    yield context
    context.close()


def tag(server: Server, **attributes: str) -> str:
    """Answer the tag that a site adds, with names of its own."""
    told = "".join(f' data-{name}="{value}"' for name, value in attributes.items())
    host = f"http://data.shop.test:{server.port}"
    return (
        f'<!doctype html><script src="{host}/t/garden.js" data-key="{WRITE_KEY}"'
        f' data-to="/t/leaf"{told}></script>'
    )


def events_of(server: Server, identifier: str, count: int) -> list[dict[str, Any]]:
    """Answer a person's events, oldest first, once there are so many."""
    deadline = time.monotonic() + 15
    while True:
        response = server.read(f"/v1/people/{identifier}/events", limit="1000")
        events: list[dict[str, Any]] = response.json().get("events", [])
        if len(events) >= count or time.monotonic() > deadline:
            return events[::-1]
        time.sleep(0.05)


def cookie_of(context: BrowserContext, name: str) -> Any:
    """Answer a cookie of the visitor's; None where there is none."""
    found = [each for each in context.cookies() if each["name"] == name]
    return found[0] if found else None


def test_visit_becomes_a_person(server: Server, site: Shop, person: BrowserContext) -> None:
    """One tag: a page view, a click, a sign-up; one person with a timeline and a campaign."""
    site.pages["/"] = tag(server)
    page = person.new_page()
    with page.expect_response("**/t/leaf") as answered:
        page.goto(site.url("/?utm_source=news"), referer="https://www.google.com/")
    cookie = answered.value.all_headers()["set-cookie"]
    page.evaluate("headwater.identify('snippet-1', {email: 'tulip@example.com'})")
    events = events_of(server, "user_id:snippet-1", 2)
    assert [event["type"] for event in events] == ["page", "identify"]
    context = events[0]["context"]
    assert context["campaign"] == {"source": "news"}
    assert context["referrer"]["name"] == "Google"
    assert context["userAgent"] == PERSON
    assert context["ip"] == "127.0.0.1"
    assert "bot" not in context
    # The cookie is the server's, on the site's own domain, for as long as browsers keep one.
    visitor = events[0]["anonymousId"]
    assert cookie == (
        f"hw_anonymous_id={visitor}; Max-Age=34560000; Path=/; SameSite=Lax; Domain=shop.test"
    )
    kept = cookie_of(person, "hw_anonymous_id")
    assert (kept["value"], kept["domain"], kept["httpOnly"]) == (visitor, ".shop.test", False)
    assert kept["expires"] - time.time() > 399 * 24 * 3600


def test_cookie_outlives_what_scripts_store(
    server: Server, site: Shop, person: BrowserContext
) -> None:
    """Where a browser forgets what scripts stored, as Safari does, the visitor stays the same."""
    site.pages["/"] = tag(server)
    page = person.new_page()
    with page.expect_response("**/t/leaf"):
        page.goto(site.url())
    visitor = cookie_of(person, "hw_anonymous_id")["value"]
    page.evaluate("localStorage.clear()")
    with page.expect_response("**/t/leaf"):
        page.reload()
    assert [event["anonymousId"] for event in events_of(server, f"anonymous_id:{visitor}", 2)] == [
        visitor,
        visitor,
    ]


def test_browser_without_a_person_is_marked(server: Server, site: Shop, chromium: Browser) -> None:
    """A headless browser says what it is, and the server marks its events with the reason."""
    context = chromium.new_context()
    site.pages["/"] = tag(server)
    page = context.new_page()
    with page.expect_response("**/t/leaf"):
        page.goto(site.url())
    visitor = cookie_of(context, "hw_anonymous_id")["value"]
    (event,) = events_of(server, f"anonymous_id:{visitor}", 1)
    assert event["context"]["bot"] == {"reason": "webdriver"}
    context.close()


def test_cookieless_visitor_is_known_for_a_day(
    server: Server, site: Shop, person: BrowserContext
) -> None:
    """The server names who stores nothing, the same all day; no cookie, no address."""
    site.pages["/"] = tag(server, cookieless="")
    page = person.new_page()
    bodies: list[dict[str, Any]] = []
    page.on("request", lambda request: bodies.append(json.loads(request.post_data or "{}")))
    for _ in range(2):
        with page.expect_response("**/t/leaf") as answered:
            page.goto(site.url())
        assert "set-cookie" not in answered.value.all_headers()
    assert person.cookies() == []
    ids = {event["messageId"] for body in bodies for event in body.get("batch", [])}
    salt = bytes.fromhex(json.loads((server.directory / "daily-salt.json").read_text())["salt"])
    source = server.read("/v1/sources").json()["sources"][0]["id"]
    name = daily_id(salt, ip="127.0.0.1", user_agent=PERSON, site=source)
    events = events_of(server, f"anonymous_id:{name}", 2)
    assert {event["messageId"] for event in events} == ids
    assert all("ip" not in event["context"] for event in events)


def segment_snippet(server: Server, key: str = WRITE_KEY) -> str:
    """Answer Segment's own snippet for a host of ours, over http as there is no https here."""
    node = shutil.which("node")
    if node is None or not PACKAGE.is_dir():
        pytest.skip("npm install --prefix tests/sdk: Segment's packages are not here")
    order = {
        "apiKey": key,
        "host": f"data.shop.test:{server.port}",
        "useHostForBundles": True,
        "page": True,
    }
    done = subprocess.run(
        [node, "-e", f"console.log(require('@segment/snippet').min({json.dumps(order)}))"],
        cwd=SDK,
        capture_output=True,
        text=True,
        check=True,
    )
    return "<!doctype html><script>{}</script>".format(
        done.stdout.replace("https://data.shop", "http://data.shop")
    )


def visitor_of(page: Page) -> str:
    """Answer the anonymous id that Segment's script gave."""
    page.wait_for_function("window.analytics && analytics.user && analytics.user().anonymousId()")
    return str(page.evaluate("analytics.user().anonymousId()"))


def test_segments_browser_sdk(server: Server, site: Shop, person: BrowserContext) -> None:
    """analytics-next, unmodified, by Segment's snippet: each call arrives once."""
    site.pages["/"] = segment_snippet(server)
    page = person.new_page()
    page.goto(site.url())
    visitor = visitor_of(page)
    page.evaluate(
        "async () => { await analytics.track('Bought', {revenue: 9.5});"
        " await analytics.identify('next-1', {plan: 'pro'});"
        " await analytics.group('initech', {seats: 12});"
        " await analytics.page('Docs', 'Python'); await analytics.alias('next-2') }"
    )
    events = events_of(server, f"anonymous_id:{visitor}", 6)
    assert sorted(event["type"] for event in events) == [
        "alias",
        "group",
        "identify",
        "page",
        "page",
        "track",
    ]
    library = events[0]["context"]["library"]
    assert (library["name"], library["version"]) == ("analytics.js", "next-1.84.3")
    bought = next(event for event in events if event["type"] == "track")
    assert bought["properties"] == {"revenue": 9.5}
    assert server.person("user_id:next-1")["traits"]["plan"]


def test_segments_browser_sdk_in_batches(
    server: Server, site: Shop, person: BrowserContext
) -> None:
    """Its batching delivery, with the batch that leaves when the page does."""
    site.pages["/"] = segment_snippet(server).replace(
        f'analytics.load("{WRITE_KEY}")',
        f'analytics.load("{WRITE_KEY}", {{integrations: {{"Segment.io": '
        '{deliveryStrategy: {strategy: "batching", config: {size: 10, timeout: 60000}}}}})',
    )
    site.pages["/away"] = "<!doctype html>"
    page = person.new_page()
    page.goto(site.url())
    visitor = visitor_of(page)
    page.evaluate("for (let n = 0; n < 12; n++) analytics.track('Tick', {n})")
    page.wait_for_timeout(300)
    page.goto(site.url("/away"))
    events = events_of(server, f"anonymous_id:{visitor}", 13)
    ticks = sorted(event["properties"]["n"] for event in events if event["type"] == "track")
    assert ticks == list(range(12))


def test_segments_sdk_waits_as_it_is_told(
    server: Server, site: Shop, person: BrowserContext
) -> None:
    """After a 429 it can read Retry-After through CORS, waits, and the event arrives once."""
    source = server.admin.post(
        "/v1/sources", json={"name": "slow", "rate_limit": 1, "write_key": "slow-write-key"}
    )
    assert source.status_code in {200, 201}, source.text
    site.pages["/"] = segment_snippet(server, "slow-write-key")
    page = person.new_page()
    refused: list[str] = []
    page.on(
        "response",
        lambda answer: (
            refused.append(answer.headers.get("access-control-expose-headers", ""))
            if answer.status == 429
            else None
        ),
    )
    page.goto(site.url())
    visitor = visitor_of(page)
    page.evaluate("for (let n = 0; n < 4; n++) analytics.track('Tick', {n})")
    events = events_of(server, f"anonymous_id:{visitor}", 5)
    assert len(events) == 5
    assert refused
    assert all("Retry-After" in exposed for exposed in refused)


KEEPALIVE = '{integrations: {"Segment.io": {deliveryStrategy: {config: {keepalive: true}}}}}'


def segment_clicks(server: Server, site: Shop, context: BrowserContext, times: int) -> list[int]:
    """Answer which clicks arrived whose tab was closed 5 ms later, by Segment's SDK."""
    site.pages["/"] = "<!doctype html>"
    site.pages["/shop"] = segment_snippet(server).replace(
        f'analytics.load("{WRITE_KEY}")', f'analytics.load("{WRITE_KEY}", {KEEPALIVE})'
    )
    opener = context.new_page()
    opener.goto(site.url())
    for number in range(times):
        opener.evaluate(
            """number => new Promise(done => {
              const tab = open('/shop');
              tab.addEventListener('load', () => {
                tab.analytics.ready(() => {
                  tab.analytics.track('Clicked', {number});
                  tab.setTimeout(() => { tab.close(); done(); }, 5);
                });
              });
            })""",
            number,
        )
    opener.goto(site.url("/shop"))
    visitor = visitor_of(opener)
    events = events_of(server, f"anonymous_id:{visitor}", 2 * times + 1)
    return sorted(
        event["properties"]["number"] for event in events if event.get("event") == "Clicked"
    )


def test_segments_sdk_and_the_end_of_its_tab(
    server: Server, site: Shop, person: BrowserContext
) -> None:
    """With their `keepalive` on, a click arrives once though its tab closes 5 ms later."""
    assert segment_clicks(server, site, person, 5) == list(range(5))


@pytest.mark.slow
def test_segments_sdk_and_the_end_of_a_hundred_tabs(
    server: Server, site: Shop, person: BrowserContext
) -> None:
    """The same, a hundred times."""
    assert segment_clicks(server, site, person, 100) == list(range(100))


def test_segments_sdk_after_a_failure_and_without_a_network(
    server: Server, site: Shop, person: BrowserContext
) -> None:
    """After a 500 it tries again, and what happens offline arrives later; each once."""
    failing = [500, 500]

    async def fail_first(request: Request) -> Reply:
        """Stand between the SDK and the server, as a bad road would."""
        allowed = {
            "access-control-allow-origin": request.headers.get("origin", "*"),
            "access-control-allow-headers": "authorization, content-type, x-retry-count",
        }
        if request.method == "OPTIONS":
            return Reply(headers=allowed)
        if failing:
            return Reply(failing.pop(0), allowed)
        kept = ("authorization", "content-type", "origin")
        async with httpx.AsyncClient() as onward:
            answer = await onward.request(
                request.method,
                f"{server.url}{request.path}",
                content=request.body,
                headers={name: request.headers[name] for name in kept if name in request.headers},
            )
        return Reply(answer.status_code, allowed, answer.content)

    with Loopback(fail_first) as road:
        port = road.url.rpartition(":")[2]
        host = f'{{apiHost: "data.shop.test:{port}/v1", protocol: "http"}}'
        site.pages["/"] = segment_snippet(server).replace(
            f'analytics.load("{WRITE_KEY}")',
            f'analytics.load("{WRITE_KEY}", {{integrations: {{"Segment.io": {host}}}}})',
        )
        page = person.new_page()
        page.goto(site.url())
        visitor = visitor_of(page)
        assert len(events_of(server, f"anonymous_id:{visitor}", 1)) == 1
        person.set_offline(offline=True)
        page.evaluate("analytics.track('Offline')")
        page.wait_for_timeout(1500)
        person.set_offline(offline=False)
        events = events_of(server, f"anonymous_id:{visitor}", 2)
    assert failing == []
    assert sorted(event.get("event") or event["type"] for event in events) == ["Offline", "page"]


def test_our_snippet_in_place_of_segments(
    tmp_path: Path, site: Shop, person: BrowserContext
) -> None:
    """Without Segment's files the same tag loads our snippet, as `analytics`, with their calls."""
    with Server(tmp_path / "data") as server:
        site.pages["/"] = segment_snippet(server)
        page = person.new_page()
        page.goto(site.url())
        page.wait_for_function("window.analytics && analytics.loaded")
        page.evaluate("analytics.track('Bought', {revenue: 9.5})")
        page.evaluate("analytics.identify('ours-1', {plan: 'pro'})")
        events = events_of(server, "user_id:ours-1", 3)
    assert [event["type"] for event in events] == ["page", "track", "identify"]
    assert events[0]["properties"]["path"] == "/"
    assert events[0]["context"]["library"]["name"] == "headwater.js"


def test_scripts_are_served_as_browsers_want_them(server: Server) -> None:
    """Cached for minutes, unchanged ones not sent again, to any site, and only by a known key."""
    first = httpx.get(f"{server.url}/t/garden.js")
    assert first.headers["content-type"] == "text/javascript; charset=utf-8"
    assert first.headers["cache-control"] == "public, max-age=300"
    again = httpx.get(f"{server.url}/t/garden.js", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert httpx.head(f"{server.url}/t/garden.js").headers["content-length"] == str(
        len(first.content)
    )
    settings = httpx.get(f"{server.url}/v1/projects/{WRITE_KEY}/settings").json()
    assert settings["integrations"]["Segment.io"] == {
        "apiKey": WRITE_KEY,
        "apiHost": f"127.0.0.1:{server.port}/v1",
        "protocol": "http",
    }
    for path in (
        "/v1/projects/nobody/settings",
        "/analytics.js/v1/nobody/analytics.min.js",
        "/analytics-next/bundles/..%2fpackage.json",
        "/analytics-next/bundles/nothing.js",
        "/hw.js",
    ):
        assert httpx.get(f"{server.url}{path}").status_code in {401, 404}, path


def test_the_servers_own_address_in_a_browser(server: Server, person: BrowserContext) -> None:
    """It shows a page that is complaint-free, wide enough for a telephone, and fetches no more."""
    page = person.new_page()
    page.set_viewport_size({"width": 390, "height": 800})
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))

    page.goto(server.url)

    assert page.get_by_role("heading", level=1).inner_text() == "Headwater is running here"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert {url.removesuffix("favicon.ico").rstrip("/") for url in asked} == {server.url}
    assert [text for text in complaints if "favicon" not in text] == []
