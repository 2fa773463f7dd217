"""Who visits a site: the cookie that names them, and the name of those who want none."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from urllib.parse import quote, urlsplit

from headwater.collect.arrival import Arrival

MAX_AGE = 400 * 24 * 3600
"""Seconds: the longest that browsers keep a cookie (RFC 6265bis section 5.5)."""

COOKIE = "hw_anonymous_id"
_LONGEST = 200  # characters of an id that is kept in a cookie
_OF_A_DAY = "day-"
_DAY = 24 * 3600 * 1000


def set_cookie(
    name: str, anonymous_id: str, *, origin: str, host: str, is_secure: bool
) -> str | None:
    """Answer a Set-Cookie header that keeps a visitor's id for 400 days from now.

    Browsers that limit cookies set by scripts (Safari: seven days) do not limit those of a
    server on the site's own domain. Scripts may read it, as they go on with the same visitor.

    Args:
        name: the cookie's.
        anonymous_id: its value.
        origin: the page's origin, as in `https://www.example.com`.
        host: the host that was asked, as in `data.example.com:8443`.
        is_secure: whether the request came over https.

    Returns:
        None where the page is of another site: such a cookie would be a third party's.
    """
    if not anonymous_id or len(anonymous_id) > _LONGEST:
        return None
    here, page = _hostname(host), urlsplit(origin).hostname or ""
    if here == page:
        domain = ""
    else:
        shared = _shared(here, page)
        if shared is None:
            return None
        domain = f"; Domain={shared}"
    secure = "; Secure" if is_secure else ""
    value = quote(anonymous_id, safe="-._~:@!$&'()*+/")
    return f"{name}={value}; Max-Age={MAX_AGE}; Path=/; SameSite=Lax{domain}{secure}"


def daily_id(salt: bytes, *, ip: str | None, user_agent: str | None, site: str) -> str:
    """Answer the id of a visitor who is not to be known tomorrow.

    A keyed hash: with the salt gone, nobody can tell whose it was, or that two days were one
    person's.

    Args:
        salt: of this day, secret, and thrown away after it.
        ip: the visitor's address.
        user_agent: the visitor's browser.
        site: keeps the visitors of two sites apart.
    """
    text = "\0".join((site, ip or "", user_agent or ""))
    return f"{_OF_A_DAY}{hashlib.blake2b(text.encode(), key=salt, digest_size=16).hexdigest()}"


def visitor_of(arrivals: Sequence[Arrival]) -> str | None:
    """Answer the anonymous id of whoever sent these events; None where they name none.

    Events of a page are one visitor's; after a change of visitor the last one counts. An id that
    is good for a day is not to be kept.
    """
    for arrival in reversed(arrivals):
        for identifier in arrival.identifiers:
            kind, _, value = identifier.partition(":")
            if kind == "anonymous_id":
                return None if value.startswith(_OF_A_DAY) else value
    return None


def day_of(now: int) -> int:
    """Answer the day (UTC) that a time in milliseconds lies in, counted from 1970-01-01."""
    return now // _DAY


def _hostname(host: str) -> str:
    return (urlsplit(f"//{host}").hostname or "").lower()


def _shared(one: str, other: str) -> str | None:
    """Answer the domain that two hosts have in common, if it is one that a site can have.

    A public suffix (`co.uk`) may come out; browsers refuse to set cookies on those.
    """
    labels: list[str] = []
    for mine, its in zip(reversed(one.split(".")), reversed(other.split(".")), strict=False):
        if mine != its:
            break
        labels.insert(0, mine)
    # An address is no domain, although it has dots.
    if len(labels) < 2 or labels[-1].isdigit():
        return None
    return ".".join(labels)
