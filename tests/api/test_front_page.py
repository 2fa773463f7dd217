"""What is at `/`: three forms of the same, by what the client asks for."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any

import pytest

from headwater import __version__
from headwater.api.front_page import front_page

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
ALLOWED_LINKS = {"/openapi.json", "/health", "/ready"}


def shown(accept: str | None, *, host: str = "data.example.com", **more: str) -> tuple[str, str]:
    """Answer content and type."""
    given = {"host": host, **{name.replace("_", "-"): value for name, value in more.items()}}
    if accept is not None:
        given["accept"] = accept
    headers = [(name.encode(), value.encode("latin-1")) for name, value in given.items()]
    scope: dict[str, Any] = {"type": "http", "scheme": "http", "headers": headers}
    content, kind = front_page(scope, script_path="/t/garden.js")
    return content.decode(), kind.decode().partition(";")[0]


class Reader(HTMLParser):
    """Reads a page: its text, and all that it would fetch or lead to."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text = ""
        self.tags: set[str] = set()
        self.addresses: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take a tag."""
        self.tags.add(tag)
        self.addresses |= {value or "" for name, value in attrs if name in {"href", "src"}}

    def handle_data(self, data: str) -> None:
        """Take text."""
        self.text += data


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (BROWSER, "text/html"),
        ("text/html", "text/html"),
        ("application/json", "application/json"),
        ("application/vnd.api+json", "application/json"),
        ("*/*", "text/plain"),
        (None, "text/plain"),
    ],
)
def test_everybody_gets_what_they_can_read(accept: str | None, kind: str) -> None:
    """Browsers a page, programs JSON, curl a text."""
    assert shown(accept)[1] == kind


def test_a_browser_is_told_how_to_begin() -> None:
    """With the address that it used, and places for keys instead of keys."""
    page = Reader(shown(BROWSER, x_forwarded_proto="https")[0])

    assert f"Version {__version__}" in page.text
    assert "curl -u WRITE_KEY: https://data.example.com/v1/track" in page.text
    assert "Bearer ADMIN_KEY' https://data.example.com/v1/ask" in page.text
    assert '<script async src="https://data.example.com/t/garden.js"' in page.text


def test_a_page_fetches_nothing_and_runs_nothing() -> None:
    """No script, no image, no style sheet; its links lead to this server."""
    page = Reader(shown(BROWSER)[0])

    assert page.tags.isdisjoint({"script", "img", "link", "iframe", "form", "object"})
    assert page.addresses == ALLOWED_LINKS


@pytest.mark.parametrize("host", ["<script>", "a'b", "x y", "", "h$(id)", "[::1"])
@pytest.mark.parametrize("accept", [BROWSER, "application/json", "*/*"])
def test_a_host_that_is_none_is_not_repeated(host: str, accept: str) -> None:
    """Somebody may paste what stands there into a shell."""
    content, _ = shown(accept, host=host)

    assert "http://localhost" in content
    assert "<script>alert" not in content
    assert "$(id)" not in content


@pytest.mark.parametrize("host", ["localhost:8080", "[::1]:8080", "127.0.0.1", "a-b.example"])
def test_json_names_the_address_that_was_asked(host: str) -> None:
    """For programs that are given the address alone."""
    told = json.loads(shown("application/json", host=host)[0])

    assert told["name"] == "Headwater"
    assert told["version"] == __version__
    assert told["events"] == f"http://{host}/v1/batch"
