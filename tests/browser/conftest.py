"""A real headless Chromium, a site on loopback, and what collects its events."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from headwater.api.browser_files import snippet
from tests.loopback import Loopback, Reply, Request

# Chromium finds every host of the shop on this machine.
_ARGUMENTS = ["--no-sandbox", "--host-resolver-rules=MAP *.shop.test 127.0.0.1"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let one worker run all tests of browsers, side by side with the others' tests."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.xdist_group("chromium"))


# Of a module and no longer: while it is there, its event loop runs, and no other test's can.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("there is no chromium here: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def visitor(chromium: Browser) -> Iterator[BrowserContext]:
    """A visitor whom no site has seen yet."""
    context = chromium.new_context(locale="de-AT", timezone_id="Europe/Vienna")
    yield context
    context.close()


@dataclass
class Collector:
    """Takes events as a server would, or answers as told.

    Attributes:
        replies: answers to the next requests, before those that take the events.
    """

    replies: list[Reply] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)

    async def answer(self, request: Request) -> Reply:
        """Answer one request."""
        if request.method == "GET":
            script = {"content-type": "text/javascript"}
            return Reply(headers=script, body=snippet())
        self.requests.append(request)
        origin = request.headers.get("origin", "*")
        allowed = {
            "access-control-allow-origin": origin,
            "access-control-allow-credentials": "true",
            "access-control-expose-headers": "retry-after",
        }
        if self.replies:
            reply = self.replies.pop(0)
            return Reply(reply.status, {**allowed, **reply.headers}, reply.body)
        self.events += json.loads(request.body)["batch"]
        return Reply(headers=allowed)

    def named(self) -> list[str]:
        """Answer what happened, in order: a track's event, else the call; each event once."""
        once = {event["messageId"]: event for event in self.events}
        return [event.get("event") or event["type"] for event in once.values()]


@dataclass(frozen=True)
class Shop:
    """A site and where its events go: `www.shop.test` and `data.shop.test`.

    Attributes:
        pages: path to HTML; the tag is put in place of `{tag}`.
        headers: of every page.
    """

    collector: Collector
    data_port: int
    port: int
    pages: dict[str, str]
    headers: dict[str, str]

    def url(self, path: str = "/") -> str:
        """Answer a page's address."""
        return f"http://www.shop.test:{self.port}{path}"

    def page(self, path: str, body: str, **attributes: str) -> None:
        """Put a page at a path, with the tag and these `data-` attributes."""
        told = "".join(
            f' data-{name.replace("_", "-")}="{value}"' for name, value in attributes.items()
        )
        tag = (
            f'<script src="http://data.shop.test:{self.data_port}/hw.js" data-key="k"{told}>'
            "</script>"
        )
        self.pages[path] = f"<!doctype html><title>{path}</title>{tag}{body}"


def _port(service: Loopback) -> int:
    return int(service.url.rpartition(":")[2])


@contextmanager
def opened() -> Iterator[Shop]:
    """Give a shop that is open."""
    collector = Collector()
    pages: dict[str, str] = {}
    headers: dict[str, str] = {}

    async def page(request: Request) -> Reply:
        found = pages.get(request.path.partition("?")[0])
        if found is None:
            return Reply(404, {"content-type": "text/html"}, b"")
        return Reply(200, {"content-type": "text/html", **headers}, found.encode())

    with Loopback(collector.answer) as data, Loopback(page) as site:
        yield Shop(collector, _port(data), _port(site), pages, headers)


@pytest.fixture
def shop() -> Iterator[Shop]:
    """A shop of one page."""
    with opened() as found:
        found.page("/", "<h1>Tulips</h1>")
        yield found


def settled(page: Page, collector: Collector, count: int, *, seconds: float = 10.0) -> list[str]:
    """Wait until so many events have come, and a moment for more; answer their names."""
    waited = 0.0
    while len(collector.named()) < count and waited < seconds:
        page.wait_for_timeout(50)
        waited += 0.05
    page.wait_for_timeout(400)
    return collector.named()
