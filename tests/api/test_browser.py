"""What browsers fetch, and what they are told where there is nothing to fetch."""

from __future__ import annotations

from typing import Any

import pytest

from headwater import __version__
from headwater.api.browser import BrowserApp
from tests.api.memory_intake import Answered, Site, exchange, somewhere_else

PAGE = (b"origin", b"https://shop.example")


async def fetch(path: str, *, method: str = "GET") -> Answered:
    """Answer what a page of another origin gets."""
    site = Site()
    app = BrowserApp(directory=site.directory, clock=site.clock, next_app=somewhere_else)
    scope: dict[str, Any] = {"type": "http", "method": method, "path": path, "headers": [PAGE]}
    return await exchange(app, scope, [])


async def test_the_servers_own_address_says_what_is_there() -> None:
    """Whoever opens it wants to see whether it runs, and has no key at hand."""
    answer = await fetch("/")

    assert (answer.status, answer.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    assert answer.body.startswith(f"Headwater {__version__} is running.".encode())
    assert answer.headers["vary"] == "accept"


async def test_posting_there_is_not_for_browsers() -> None:
    """It goes on to the rest of the server."""
    assert (await fetch("/", method="POST")).status == 418


@pytest.mark.parametrize("key", ["nobody", "old"])
@pytest.mark.parametrize(
    "path", ["/v1/projects/{}/settings", "/analytics.js/v1/{}/analytics.min.js"]
)
async def test_a_write_key_that_opens_nothing(path: str, key: str) -> None:
    """The page can read why, and no browser asks its visitor for a password."""
    answer = await fetch(path.format(key))

    assert answer.status == 401
    assert "write key is not known" in answer.json()["message"]
    assert answer.headers["access-control-allow-origin"] == "https://shop.example"
    assert "www-authenticate" not in answer.headers


async def test_a_write_key_that_opens_something() -> None:
    """The settings name it, and the host that they were asked of."""
    answer = await fetch("/v1/projects/wk/settings")

    assert answer.json()["integrations"]["Segment.io"]["apiKey"] == "wk"
