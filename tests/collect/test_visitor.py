"""The visitor's cookie, and the name of those who want none."""

from __future__ import annotations

from http.cookies import SimpleCookie
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as some

from headwater.collect.visitor import daily_id, day_of, set_cookie

SALT = b"0123456789abcdef"


@pytest.mark.parametrize(
    ("origin", "host", "expected"),
    [
        ("https://shop.example.com", "shop.example.com", ""),
        ("https://www.example.com", "data.example.com", "; Domain=example.com"),
        ("https://example.com", "data.example.com", "; Domain=example.com"),
        ("https://www.example.com", "data.example.com:8443", "; Domain=example.com"),
        ("https://a.shop.example.co.uk", "d.example.co.uk", "; Domain=example.co.uk"),
        ("http://localhost:3000", "localhost:8080", ""),
    ],
)
def test_cookie_is_of_the_sites_own_domain(origin: str, host: str, expected: str) -> None:
    """All hosts of the site share it; a single host keeps it to itself."""
    found = set_cookie("hw_anonymous_id", "v-1", origin=origin, host=host, is_secure=True)
    assert found == (
        f"hw_anonymous_id=v-1; Max-Age=34560000; Path=/; SameSite=Lax{expected}; Secure"
    )


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("https://shop.example.com", "data.tracker.com"),
        ("https://example.com", "example.org"),
        ("http://10.0.0.1", "192.0.0.1"),
        ("null", "data.example.com"),
        ("", "data.example.com"),
    ],
)
def test_no_cookie_for_another_site(origin: str, host: str) -> None:
    """It would be a third party's: browsers drop it, and nobody wants it."""
    assert set_cookie("c", "v", origin=origin, host=host, is_secure=True) is None


def test_cookie_without_https_is_not_secure() -> None:
    """Or the browser would drop it, as on a developer's machine."""
    found = set_cookie("c", "v", origin="http://a.test", host="a.test", is_secure=False)
    assert found is not None
    assert "Secure" not in found


@given(some.text(min_size=1, max_size=200))
def test_any_id_survives_the_cookie(value: str) -> None:
    """No id can end the header or begin another attribute; it reads back as it was."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return
    found = set_cookie("c", value, origin="http://a.test", host="a.test", is_secure=False)
    assert found is not None
    assert found.isascii()
    assert found.isprintable()
    assert found.count(";") == 3
    assert unquote(SimpleCookie(found)["c"].value.strip('"')) == value


def test_long_id_is_not_kept() -> None:
    """A cookie is sent with every request, so it stays small."""
    assert set_cookie("c", "v" * 201, origin="http://a.t", host="a.t", is_secure=False) is None


def test_daily_id_is_the_same_for_a_day() -> None:
    """Same visitor, same day: same id. Another salt, site, address or browser: another id."""
    mine = daily_id(SALT, ip="203.0.113.7", user_agent="Firefox", site="s1")
    assert mine == daily_id(SALT, ip="203.0.113.7", user_agent="Firefox", site="s1")
    others = {
        daily_id(b"another salt----", ip="203.0.113.7", user_agent="Firefox", site="s1"),
        daily_id(SALT, ip="203.0.113.8", user_agent="Firefox", site="s1"),
        daily_id(SALT, ip="203.0.113.7", user_agent="Chrome", site="s1"),
        daily_id(SALT, ip="203.0.113.7", user_agent="Firefox", site="s2"),
        daily_id(SALT, ip=None, user_agent=None, site="s1"),
    }
    assert len(others | {mine}) == 6


def test_days_are_of_utc() -> None:
    """A day ends at midnight UTC, wherever the server is."""
    assert day_of(1_795_391_999_999) + 1 == day_of(1_795_392_000_000)
