"""Whether it was a person: what user agents, browsers and requests say of themselves.

An event that was a machine's is kept and marked, with the reason, in `context.bot`; whoever counts
leaves marked events out. Nothing is guessed from behaviour, so a mark can be explained.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

# What crawlers, previews, monitors and headless browsers call themselves. Names in which `bot` is
# an accident (Cubot is a maker of telephones) are taken out before.
_ACCIDENTS = re.compile(r"cubot", re.IGNORECASE)
_MACHINE = re.compile(
    r"([\w.-]*bot\b[\w.-]*|[\w.-]*(?:crawl|spider|slurp|scrape|archiver)[\w.-]*"
    r"|headlesschrome|phantomjs|electron-prerender|lighthouse|pagespeed|gtmetrix|pingdom"
    r"|facebookexternalhit|facebookcatalog|whatsapp/|embedly|quora link preview|outbrain"
    r"|bingpreview|mediapartners-google|google-inspectiontool|googleother|feedfetcher"
    r"|google-read-aloud|chatgpt-user|perplexity-user|claude-user|oai-searchbot|prerender"
    r"|statuscake|uptime|site24x7|monitor(?:ing)?\b|validator|python-requests|python-urllib"
    r"|python-httpx|aiohttp|go-http-client|okhttp/\d[\d.]*$|curl/|wget/|java/\d|libwww-perl"
    r"|axios/|node-fetch|undici|scrapy|guzzlehttp|postmanruntime|insomnia/)",
    re.IGNORECASE,
)
_LONGEST = 512  # characters


def mark(context: Mapping[str, Any], *, purpose: str | None = None) -> dict[str, str] | None:
    """Answer what to mark an event's context by; None for a person's.

    `reason` is `user_agent` (with the `name` that it gives), `webdriver` (the browser is driven
    by a program, https://www.w3.org/TR/webdriver2/) or `prerender` (nobody has seen the page,
    https://wicg.github.io/nav-speculation/prerendering.html).

    Args:
        context: completed, with the user agent that is the person's.
        purpose: the request's own `Sec-Purpose` header.
    """
    if context.get("webdriver") is True:
        return {"reason": "webdriver"}
    agent = context.get("userAgent")
    if isinstance(agent, str) and agent:
        name = _name(agent[:_LONGEST])
        if name is not None:
            return {"reason": "user_agent", "name": name}
    if purpose and "prerender" in purpose:
        return {"reason": "prerender"}
    return None


@lru_cache(maxsize=4096)
def _name(agent: str) -> str | None:
    found = _MACHINE.search(_ACCIDENTS.sub("", agent))
    return found[0].rstrip("/") if found else None
