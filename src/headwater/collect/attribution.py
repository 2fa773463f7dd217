"""Where a visit came from, read off its address: campaign, referrer, and the parts of the page.

Campaigns follow https://segment.com/docs/connections/spec/common/#context: `utm_campaign` is the
campaign's `name`, every other `utm_x` is its `x`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import unquote_plus

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")

# Up to the host: an IPv6 address stands in brackets, since it has colons of its own.
_AUTHORITY = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#\\]*@)?(\[[^\]/?#\\]*\]|[^/?#\\:@]*)")

# Registrable names without their country ending: `google` is google.com, google.co.uk, …
_SEARCH_NAMES = {
    "baidu": "Baidu",
    "bing": "Bing",
    "duckduckgo": "DuckDuckGo",
    "ecosia": "Ecosia",
    "google": "Google",
    "kagi": "Kagi",
    "naver": "Naver",
    "qwant": "Qwant",
    "seznam": "Seznam",
    "sogou": "Sogou",
    "startpage": "Startpage",
    "yahoo": "Yahoo",
    "yandex": "Yandex",
}

# Pages, and the addresses that visitors come from, repeat from event to event: what is read off
# them is kept, of so many at a time. Longer ones are read each time, so that the room is bounded.
_KEPT = 4096
_LONGEST_KEPT = 512  # characters

_SECOND_LEVEL = frozenset({"co", "com", "ne", "net", "or", "org"})

# Whole domains; their subdomains belong to them.
_DOMAINS = {
    "search.brave.com": ("search", "Brave"),
    "bsky.app": ("social", "Bluesky"),
    "discord.com": ("social", "Discord"),
    "facebook.com": ("social", "Facebook"),
    "fb.me": ("social", "Facebook"),
    "instagram.com": ("social", "Instagram"),
    "linkedin.com": ("social", "LinkedIn"),
    "lnkd.in": ("social", "LinkedIn"),
    "news.ycombinator.com": ("social", "Hacker News"),
    "pinterest.com": ("social", "Pinterest"),
    "reddit.com": ("social", "Reddit"),
    "snapchat.com": ("social", "Snapchat"),
    "t.co": ("social", "X"),
    "t.me": ("social", "Telegram"),
    "threads.net": ("social", "Threads"),
    "tiktok.com": ("social", "TikTok"),
    "twitter.com": ("social", "X"),
    "vk.com": ("social", "VK"),
    "whatsapp.com": ("social", "WhatsApp"),
    "x.com": ("social", "X"),
    "youtube.com": ("social", "YouTube"),
    "mail.google.com": ("email", "Gmail"),
    "mail.yahoo.com": ("email", "Yahoo Mail"),
    "outlook.live.com": ("email", "Outlook"),
    "outlook.office.com": ("email", "Outlook"),
    "chatgpt.com": ("assistant", "ChatGPT"),
    "claude.ai": ("assistant", "Claude"),
    "copilot.microsoft.com": ("assistant", "Copilot"),
    "gemini.google.com": ("assistant", "Gemini"),
    "perplexity.ai": ("assistant", "Perplexity"),
}


class Origin(NamedTuple):
    """What a page's addresses tell of where its visitor came from; each may be empty.

    Attributes:
        parts: the address's own `path` and `search`.
        campaign: see `campaign`.
        referrer: see `referrer`.
    """

    parts: Mapping[str, str]
    campaign: Mapping[str, str]
    referrer: Mapping[str, str]


def of_page(url: Any, search: Any, came_from: Any) -> Origin:
    """Answer what the addresses of a page tell; one that is no text tells nothing.

    Args:
        url: the page's address.
        search: its query string, with its question mark or without; where that names no campaign,
            the address itself may.
        came_from: the address that referred to it.
    """
    try:
        if len(url) + len(search) + len(came_from) <= _LONGEST_KEPT:
            return _kept_origin(url, search, came_from)
    except TypeError:
        pass  # JSON's other values have no length, or cannot be looked up
    return _origin(_text(url), _text(search), _text(came_from))


def _origin(url: str, search: str, came_from: str) -> Origin:
    return Origin(
        parts=address_parts(url),
        campaign=campaign(f"?{search}".replace("??", "?") if "utm_" in search else url),
        referrer=referrer(came_from, url),
    )


def campaign(query: str) -> dict[str, str]:
    """Answer the campaign that an address or its query string names; empty if it names none.

    The first value of a name that occurs twice counts; empty ones do not.
    """
    if "utm_" not in query:
        return {}
    _, mark, after = query.partition("?")
    found: dict[str, str] = {}
    for pair in (after if mark else query).partition("#")[0].split("&"):
        if not pair.startswith("utm_"):
            continue
        name, _, value = pair.partition("=")
        key = _decoded(name.removeprefix("utm_"))
        if key and value:
            found.setdefault("name" if key == "campaign" else key, _decoded(value))
    return found


def address_parts(url: str) -> dict[str, str]:
    """Answer the `path` and `search` of an address; empty if it is not an absolute one."""
    if not _SCHEME.match(url):
        return {}
    rest = url.partition("://")[2].partition("#")[0]
    before, mark, query = rest.partition("?")
    path = before.partition("/")[2]
    return {"path": f"/{path}", "search": f"{mark}{query}" if query else ""}


def domain(url: str) -> str | None:
    """Answer the host of an absolute address in lower case, without `www.` and port."""
    authority = _AUTHORITY.match(url)
    return authority[1].lower().removeprefix("www.") or None if authority else None


def referrer(url: str, page_url: str | None = None) -> dict[str, str]:
    """Answer what is known about the site that the visitor came from.

    `url` and `domain` always; `type` (search, social, email, assistant) and `name` where the
    site is well known. Empty for no address, and for a page of the site itself.
    """
    is_short = len(url) + len(page_url or "") <= _LONGEST_KEPT
    domain_of, known_as = (_kept_domain, _kept_known) if is_short else (domain, _known)
    found = domain_of(url)
    if found is None or (page_url and found == domain_of(page_url)):
        return {}
    known = known_as(found)
    if known is None:
        return {"url": url, "domain": found}
    return {"type": known[0], "name": known[1], "url": url, "domain": found}


def _known(host: str) -> tuple[str, str] | None:
    labels = host.split(".")
    for start in range(len(labels) - 1):
        if known := _DOMAINS.get(".".join(labels[start:])):
            return known
    # The label before the country's ending: `google.de`, `google.co.uk`, `search.yahoo.com.br`.
    place = -3 if len(labels) > 2 and labels[-2] in _SECOND_LEVEL else -2
    name = _SEARCH_NAMES.get(labels[place]) if len(labels) > 1 else None
    return ("search", name) if name else None


_kept_origin = lru_cache(maxsize=_KEPT)(_origin)
_kept_domain = lru_cache(maxsize=_KEPT)(domain)
_kept_known = lru_cache(maxsize=_KEPT)(_known)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _decoded(text: str) -> str:
    if "%" in text or "+" in text:
        text = unquote_plus(text)
    return text.replace("\0", "")
