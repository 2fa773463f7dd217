"""The snippet in a real browser: every event that a page made arrives, once, with its context."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.browser.conftest import Shop, settled
from tests.loopback import Reply


def test_page_view_has_its_context(visitor: BrowserContext, shop: Shop) -> None:
    """A visit is one page event with address, title, locale, zone, screen and click id."""
    page = visitor.new_page()
    page.goto(shop.url("/?utm_source=news&gclid=g-1"), referer="https://news.example.com/")
    assert settled(page, shop.collector, 1) == ["page"]
    (event,) = shop.collector.events
    assert event["properties"] == {
        "path": "/",
        "referrer": "https://news.example.com/",
        "search": "?utm_source=news&gclid=g-1",
        "title": "/",
        "url": shop.url("/?utm_source=news&gclid=g-1"),
    }
    told = event["context"]
    assert told["page"] == event["properties"]
    assert told["clickIds"] == {"gclid": "g-1"}
    assert (told["locale"], told["timezone"]) == ("de-AT", "Europe/Vienna")
    assert told["screen"]["width"] > 0
    assert told["channel"] == "browser"
    assert event["anonymousId"]
    (request,) = shop.collector.requests
    body = json.loads(request.body)
    assert body["writeKey"] == "k"
    assert request.method == "POST"  # and no OPTIONS before it


def test_three_pages_of_a_site_are_one_visitor(visitor: BrowserContext, shop: Shop) -> None:
    """Going from page to page: each counts once, with the page before as its referrer."""
    for path, next_path in (("/", "/tulips"), ("/tulips", "/cart"), ("/cart", "/")):
        shop.page(path, f'<a href="{next_path}">on</a>')
    page = visitor.new_page()
    page.goto(shop.url())
    page.click("a")
    page.click("a")
    assert settled(page, shop.collector, 3) == ["page", "page", "page"]
    once = {event["messageId"]: event for event in shop.collector.events}.values()
    assert [event["properties"]["path"] for event in once] == ["/", "/tulips", "/cart"]
    assert [event["properties"]["referrer"] for event in once] == [
        "",
        shop.url("/"),
        shop.url("/tulips"),
    ]
    assert len({event["anonymousId"] for event in once}) == 1


def test_single_page_app(visitor: BrowserContext, shop: Shop) -> None:
    """A change of address is a page view, with the title that follows it; of a hash it is none."""
    page = visitor.new_page()
    page.goto(shop.url())
    page.evaluate("history.pushState({}, '', '/cart'); document.title = 'Cart'")
    page.evaluate("history.replaceState({}, '', '/cart?step=2')")
    page.evaluate("history.replaceState({}, '', '/cart?step=2#top')")
    page.evaluate("history.back()")
    assert settled(page, shop.collector, 4) == ["page"] * 4
    seen = [event["properties"] for event in shop.collector.events]
    assert [each["path"] + each["search"] for each in seen] == ["/", "/cart", "/cart?step=2", "/"]
    assert seen[1]["title"] == "Cart"
    assert seen[1]["referrer"] == shop.url("/")


def test_page_that_comes_back_is_seen_again(visitor: BrowserContext, shop: Shop) -> None:
    """Back from another page, out of the back/forward cache or not, is one more view."""
    shop.page("/other", "")
    page = visitor.new_page()
    page.goto(shop.url())
    page.goto(shop.url("/other"))
    page.go_back()
    assert settled(page, shop.collector, 3) == ["page"] * 3


def test_calls_of_segment(visitor: BrowserContext, shop: Shop) -> None:
    """The calls that sites have, with arguments left out, and callbacks; made before it loads."""
    stub = (
        "<script>window.headwater=[];'track identify page group alias reset'.split(' ').forEach("
        "function(name){headwater[name]=function(){headwater.push([name].concat([].slice.call("
        "arguments)))}});headwater.track('Early',{n:1})</script>"
    )
    shop.page("/", "", page="off")
    shop.pages["/"] = stub + shop.pages["/"]
    page = visitor.new_page()
    page.goto(shop.url())
    page.evaluate(
        """() => new Promise(done => {
          headwater.identify('u-1', {plan: 'pro'});
          headwater.identify({name: 'Ada'});
          headwater.track('Bought', {revenue: 9.5}, {integrations: {All: false}});
          headwater.page('Docs', 'Python', {n: 2});
          headwater.group('initech', {seats: 12});
          headwater.alias('u-2');
          headwater.reset();
          headwater.track('Later', null, {context: {ip: '203.0.113.7'}}, done);
        })"""
    )
    names = settled(page, shop.collector, 8)
    assert names == ["Early", "identify", "identify", "Bought", "page", "group", "alias", "Later"]
    early, first, second, bought, viewed, group, alias, later = shop.collector.events
    assert early["properties"] == {"n": 1}
    assert (first["userId"], first["traits"]) == ("u-1", {"plan": "pro"})
    assert (second["userId"], second["traits"]) == ("u-1", {"plan": "pro", "name": "Ada"})
    assert bought["properties"] == {"revenue": 9.5}
    assert bought["integrations"] == {"All": False}
    assert bought["userId"] == "u-1"
    assert (viewed["category"], viewed["name"], viewed["properties"]["n"]) == ("Docs", "Python", 2)
    assert (group["groupId"], group["traits"]) == ("initech", {"seats": 12})
    assert (alias["userId"], alias["previousId"]) == ("u-2", "u-1")
    assert "userId" not in later
    assert later["anonymousId"] != early["anonymousId"]
    assert later["context"]["ip"] == "203.0.113.7"
    assert later["properties"] == {}


@pytest.mark.parametrize("where", ["cookie", "localStorage"])
def test_visitor_of_segments_script_is_adopted(
    visitor: BrowserContext, shop: Shop, where: str
) -> None:
    """Where a site had Segment, its visitors and users stay who they are."""
    page = visitor.new_page()
    shop.pages["/before"] = "<!doctype html>"
    page.goto(shop.url("/before"))
    page.evaluate(
        "document.cookie = 'ajs_anonymous_id=%22seg-1%22'; document.cookie = 'ajs_user_id=u-1'"
        if where == "cookie"
        else "localStorage.ajs_anonymous_id = '\"seg-1\"'; localStorage.ajs_user_id = '\"u-1\"'"
    )
    page.goto(shop.url())
    settled(page, shop.collector, 1)
    (event,) = shop.collector.events
    assert (event["anonymousId"], event["userId"]) == ("seg-1", "u-1")
    page.evaluate("headwater.reset(); headwater.track('After')")
    settled(page, shop.collector, 2)
    after = shop.collector.events[-1]
    assert after["anonymousId"] != "seg-1"
    assert "userId" not in after


def test_what_happens_on_the_page(visitor: BrowserContext, shop: Shop) -> None:
    """Links that lead away, downloads, forms, marked elements and scrolling, where asked for."""
    shop.page(
        "/",
        '<a id="out" href="http://other.test/x" onclick="event.preventDefault()">away</a>'
        '<a id="in" href="#here">here</a>'
        '<a id="file" href="/a/prices.pdf" onclick="event.preventDefault()">prices</a>'
        '<button data-hw-event="Plan Chosen" data-plan="pro"><b>Pro</b></button>'
        '<form id="f" name="signup" action="/signup" onsubmit="event.preventDefault()">'
        "<input name=secret value=s><input type=submit></form>"
        '<div style="height: 4000px"></div>',
        auto="links,downloads,forms,events,scroll",
        page="off",
    )
    page = visitor.new_page()
    page.goto(shop.url())
    for element in ("#out", "#in", "#file", "b", "input[type=submit]"):
        page.click(element)
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    names = settled(page, shop.collector, 5)
    assert names == [
        "Outbound Link Clicked",
        "File Downloaded",
        "Plan Chosen",
        "Form Submitted",
        "Page Scrolled",
    ]
    out, file, plan, form, scroll = (event["properties"] for event in shop.collector.events)
    assert out == {"url": "http://other.test/x"}
    assert file["url"].endswith("/a/prices.pdf")
    assert plan == {"plan": "pro"}
    assert form == {"id": "f", "name": "signup", "action": shop.url("/signup")}
    assert scroll == {"depth": 100}


def test_nothing_happens_by_itself_unless_asked_for(visitor: BrowserContext, shop: Shop) -> None:
    """Without `data-auto` a click is nobody's business."""
    shop.page("/", '<a href="http://other.test/" onclick="event.preventDefault()">away</a>')
    page = visitor.new_page()
    page.goto(shop.url())
    page.click("a")
    assert settled(page, shop.collector, 1) == ["page"]


CLICK_AND_CLOSE = """() => new Promise(done => {
  const tab = open('/shop');
  tab.addEventListener('load', () => {
    tab.document.querySelector('button').click();
    setTimeout(() => { tab.close(); done(); }, 5);
  });
})"""


def closed_after_click(chromium: Browser, shop: Shop, times: int) -> int:
    """Answer how many clicks arrived whose tab was closed 5 ms later."""
    shop.page("/shop", "<button onclick=\"headwater.track('Clicked')\">Buy</button>")
    shop.pages["/"] = "<!doctype html>"
    context = chromium.new_context()
    opener = context.new_page()
    opener.goto(shop.url())
    for _ in range(times):
        opener.evaluate(CLICK_AND_CLOSE)
    # What found no room in a beacon leaves with the next page that is looked at.
    opener.goto(shop.url("/shop"))
    settled(opener, shop.collector, 2 * times + 1)
    context.close()
    return shop.collector.named().count("Clicked")


def test_click_survives_the_end_of_its_tab(chromium: Browser, shop: Shop) -> None:
    """A tab that is closed 5 ms after a click loses no event."""
    assert closed_after_click(chromium, shop, 10) == 10


@pytest.mark.slow
def test_a_hundred_clicks_survive_the_end_of_their_tabs(chromium: Browser, shop: Shop) -> None:
    """The same, a hundred times."""
    assert closed_after_click(chromium, shop, 100) == 100


def test_server_that_fails_is_asked_again(visitor: BrowserContext, shop: Shop) -> None:
    """After a 500, and after a 429 as long as it says; with the same messageIds."""
    shop.collector.replies = [Reply(500), Reply(429, {"retry-after": "1"})]
    page = visitor.new_page()
    page.goto(shop.url())
    assert settled(page, shop.collector, 1) == ["page"]
    first, second, third = shop.collector.requests
    assert 0.2 < second.at - first.at < 2
    assert 1.0 <= third.at - second.at < 2.5
    ids = {json.loads(each.body)["batch"][0]["messageId"] for each in (first, second, third)}
    assert len(ids) == 1


def test_refused_events_are_not_sent_again(visitor: BrowserContext, shop: Shop) -> None:
    """A 400 is final: the same would be refused again."""
    shop.collector.replies = [Reply(400)]
    page = visitor.new_page()
    page.goto(shop.url())
    page.wait_for_timeout(1500)
    assert len(shop.collector.requests) == 1
    page.evaluate("headwater.track('Next')")
    assert settled(page, shop.collector, 1) == ["Next"]


def offline(visitor: BrowserContext, shop: Shop, milliseconds: int) -> list[str]:
    """Answer what arrives of a page that had no network for so long."""
    page = visitor.new_page()
    page.goto(shop.url())
    settled(page, shop.collector, 1)
    visitor.set_offline(offline=True)
    page.evaluate("headwater.track('One')")
    page.wait_for_timeout(milliseconds)
    page.evaluate("headwater.track('Two')")
    visitor.set_offline(offline=False)
    return settled(page, shop.collector, 3)


def test_events_wait_for_the_network(visitor: BrowserContext, shop: Shop) -> None:
    """What happens offline is sent, once, as soon as there is a network."""
    assert offline(visitor, shop, 1000) == ["page", "One", "Two"]
    assert len(shop.collector.events) == 3


@pytest.mark.slow
def test_events_wait_long_for_the_network(visitor: BrowserContext, shop: Shop) -> None:
    """Ten seconds offline lose nothing."""
    assert offline(visitor, shop, 10_000) == ["page", "One", "Two"]


def test_events_survive_a_reload_while_offline(visitor: BrowserContext, shop: Shop) -> None:
    """What could not be sent is sent by the next page, with the same messageId."""
    shop.collector.replies = [Reply(None)] * 50
    page = visitor.new_page()
    page.goto(shop.url())
    page.evaluate("headwater.track('Kept')")
    page.wait_for_timeout(800)
    page.close()
    shop.collector.replies = []
    page = visitor.new_page()
    page.goto(shop.url())
    assert sorted(settled(page, shop.collector, 3)) == ["Kept", "page", "page"]


def test_strict_content_security_policy(visitor: BrowserContext, shop: Shop) -> None:
    """Nothing inline, no eval: the policy names the script's host and nothing else."""
    data = f"http://data.shop.test:{shop.data_port}"
    shop.headers["content-security-policy"] = (
        f"default-src 'none'; script-src {data}; connect-src {data}"
    )
    page = visitor.new_page()
    complaints: list[Any] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(shop.url())
    assert settled(page, shop.collector, 1) == ["page"]
    assert [text for text in complaints if "favicon" not in text] == []


def test_page_without_storage_still_counts(visitor: BrowserContext, shop: Shop) -> None:
    """Where a browser forbids storage, the page remembers for as long as it lives."""
    visitor.add_init_script(
        "for (const name of ['localStorage', 'sessionStorage'])"
        " Object.defineProperty(window, name, {get() { throw new Error('forbidden') }});"
        "Object.defineProperty(document, 'cookie', {get: () => '', set() {}})"
    )
    page = visitor.new_page()
    failures: list[Any] = []
    page.on("pageerror", lambda error: failures.append(error))  # noqa: PLW0108 - playwright wants a function of its own
    page.goto(shop.url())
    page.evaluate("headwater.track('One')")
    assert settled(page, shop.collector, 2) == ["page", "One"]
    assert len({event["anonymousId"] for event in shop.collector.events}) == 1
    assert failures == []


def test_it_never_throws_into_the_page(visitor: BrowserContext, shop: Shop) -> None:
    """Whatever it is given, the page's own code goes on."""
    page = visitor.new_page()
    failures: list[Any] = []
    page.on("pageerror", lambda error: failures.append(error))  # noqa: PLW0108 - playwright wants a function of its own
    page.goto(shop.url())
    page.evaluate(
        "const round = {}; round.self = round; headwater.track('Round', round);"
        "headwater.track(); headwater.identify(Symbol('x')); headwater.push(['nonsense']);"
        "headwater.page(null, undefined, 7); headwater.track('Fine')"
    )
    settled(page, shop.collector, 2)
    assert "Fine" in shop.collector.named()
    assert failures == []
