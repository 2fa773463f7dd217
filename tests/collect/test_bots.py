"""Machines are marked with the reason, and people are not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from headwater.collect.bots import mark

PEOPLE = [
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
        " Chrome/142.0.0.0 Safari/537.36"
    ),
    (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
        " Version/18.6 Safari/605.1.15"
    ),
    "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like"
        " Gecko) Version/18.6 Mobile/15E148 Safari/604.1"
    ),
    (
        "Mozilla/5.0 (Linux; Android 13; CUBOT P80) AppleWebKit/537.36 (KHTML, like Gecko)"
        " Chrome/142.0.0.0 Mobile Safari/537.36"
    ),
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like"
        " Gecko) Mobile/15E148 [FBAN/FBIOS;FBAV/500.0]"
    ),
]
MACHINES = {
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)": "Googlebot",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0;": "bingbot",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)": "AhrefsBot",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2;": "GPTBot",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " HeadlessChrome/142.0.0.0 Safari/537.36": "HeadlessChrome",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)": (
        "facebookexternalhit"
    ),
    "Baiduspider+(+http://www.baidu.com/search/spider.htm)": "Baiduspider",
    "Mozilla/5.0 (compatible; Yahoo! Slurp; http://help.yahoo.com/help/us/ysearch/slurp)": "Slurp",
    "WhatsApp/2.23.20.0": "WhatsApp",
    "curl/8.5.0": "curl",
    "python-requests/2.32.0": "python-requests",
}


@pytest.mark.parametrize("agent", PEOPLE)
def test_browsers_of_people_are_not_marked(agent: str) -> None:
    """Whatever the make of the telephone or the app around the browser."""
    assert mark({"userAgent": agent}) is None


@pytest.mark.parametrize("agent", MACHINES)
def test_machines_are_marked_by_what_they_call_themselves(agent: str) -> None:
    """The mark names the machine, so that it can be checked."""
    assert mark({"userAgent": agent}) == {"reason": "user_agent", "name": MACHINES[agent]}


def test_driven_browsers_and_unseen_pages_are_marked() -> None:
    """A browser under a program's control, and a page that is drawn in advance."""
    assert mark({"userAgent": PEOPLE[0], "webdriver": True}) == {"reason": "webdriver"}
    assert mark({}, purpose="prefetch;prerender") == {"reason": "prerender"}
    assert mark({}, purpose="prefetch") is None


@given(some.text())
def test_any_user_agent_can_be_read(agent: str) -> None:
    """Whatever is sent as one gives a mark or none, and no error."""
    found = mark({"userAgent": agent})
    assert found is None or found["reason"] == "user_agent"
