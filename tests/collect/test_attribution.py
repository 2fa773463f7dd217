"""Campaigns and referrers, read off addresses."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.collect.attribution import address_parts, campaign, domain, referrer


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {}),
        ("https://x.com/?a=1", {}),
        (
            "https://x.com/p?utm_source=g&utm_medium=cpc&utm_campaign=s&utm_term=t&utm_content=c",
            {"source": "g", "medium": "cpc", "name": "s", "term": "t", "content": "c"},
        ),
        ("?utm_id=7&utm_source=a+b%20c%26", {"id": "7", "source": "a b c&"}),
        ("utm_source=g#utm_medium=x", {"source": "g"}),
        ("?utm_source=first&utm_source=second", {"source": "first"}),
        ("?utm_source=&utm_=x&utm_source=g", {"source": "g"}),
        ("?utm_source=g%00h", {"source": "gh"}),
        ("?not_utm_source=g", {}),
    ],
)
def test_campaigns(query: Any, expected: Any) -> None:
    """`utm_campaign` is the name, every other suffix itself; the first value counts."""
    assert campaign(query) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://x.com", {"path": "/", "search": ""}),
        ("https://x.com/a/b?c=d#e", {"path": "/a/b", "search": "?c=d"}),
        ("https://x.com?c=d/e", {"path": "/", "search": "?c=d/e"}),
        ("/a/b", {}),
        ("", {}),
    ],
)
def test_parts_of_an_address(url: Any, expected: Any) -> None:
    """Only an absolute address has parts that can be told."""
    assert address_parts(url) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://www.Example.com:8080/a", "example.com"),
        ("https://user:pw@example.com", "example.com"),
        ("http://[::1]:80/", "[::1]"),
        ("android-app://com.example", "com.example"),
        ("example.com", None),
        ("https:///x", None),
    ],
)
def test_domains(url: Any, expected: Any) -> None:
    """The host, without what does not tell one site from another."""
    assert domain(url) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://www.google.com/", ("search", "Google")),
        ("https://www.google.co.uk/search", ("search", "Google")),
        ("https://google.de", ("search", "Google")),
        ("https://search.yahoo.com/", ("search", "Yahoo")),
        ("https://mail.google.com/", ("email", "Gmail")),
        ("https://l.facebook.com/l.php", ("social", "Facebook")),
        ("https://t.co/abc", ("social", "X")),
        ("https://chatgpt.com/", ("assistant", "ChatGPT")),
        ("https://google.evil.example/", None),
        ("https://notfacebook.com/", None),
        ("http://localhost/", None),
    ],
)
def test_well_known_referrers(url: Any, expected: Any) -> None:
    """Search engines, social networks, mail readers and assistants by name; lookalikes not."""
    found = referrer(url)

    assert found["url"] == url
    assert (found.get("type"), found.get("name")) == (expected or (None, None))


def test_a_page_of_the_same_site_is_no_referrer() -> None:
    """Going from page to page is not coming from somewhere."""
    assert referrer("https://www.shop.example/a", "https://shop.example/b") == {}


def test_what_was_read_is_the_readers_own() -> None:
    """Whoever changes an answer changes no later one."""
    for _ in range(2):
        found, came_from = campaign("?utm_source=mine"), referrer("https://mine.example/")

        assert found == {"source": "mine"}
        assert came_from == {"url": "https://mine.example/", "domain": "mine.example"}
        found.clear()
        came_from.clear()


@pytest.mark.parametrize("length", [1, 600])
def test_long_addresses_are_read_as_short_ones_are(length: Any) -> None:
    """How long the rest of an address is says nothing about where it leads."""
    rest = "x" * length

    assert campaign(f"?utm_source=g&utm_term={rest}") == {"source": "g", "term": rest}
    assert referrer(f"https://t.co/{rest}")["name"] == "X"
    assert referrer(f"https://www.shop.example/{rest}", "https://shop.example/") == {}


@given(st.text(), st.text())
def test_no_text_makes_them_fail(url: Any, page: Any) -> None:
    """Addresses are what clients write: anything."""
    for each in (url, f"https://{url}", f"?utm_x={url}"):
        campaign(each)
        address_parts(each)
        referrer(each, page)
