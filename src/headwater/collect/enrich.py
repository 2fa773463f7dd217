"""What the server adds to an event's context. A value that the client gave always stays.

The sender's address and user agent are the person's own only if the request came from the
person's device; for a call from somebody's backend they would be the backend's. Segment takes
the address of browsers and mobile apps, and of others where `context.direct` is true
(https://segment.com/docs/connections/spec/common/#context). Here a request comes from a device
when, in this order: `context.direct` says so; `context.channel` is `browser` or `mobile` (and not
when it is `server`); the library is one for devices; or the request itself is a browser's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec

from headwater.collect import attribution, bots

_DEVICE_CHANNELS = frozenset({"browser", "mobile", "client", "web"})
_DEVICE_LIBRARIES = (
    "analytics.js",
    "analytics-android",
    "analytics-flutter",
    "analytics-ios",
    "analytics-kotlin",
    "analytics-react-native",
    "analytics-swift",
    "@segment/analytics-react-native",
    "RudderLabs JavaScript SDK",
)
_PRODUCT = re.compile(r"([\w.@-]{1,64})/([\w.+-]{1,32})")
_LONGEST_PRODUCT = 97  # characters


class Sender(msgspec.Struct, frozen=True):
    """What the connection tells about who sent a request.

    Attributes:
        ip: the address, behind trusted proxies the client's own.
        user_agent: the header as it came.
        is_browser: a browser's script or picture made this request.
        purpose: the request's `Sec-Purpose`: what a page that nobody sees yet is drawn for.
        location: where the address is, as far as the network tells (`country`, `region`, `city`).
    """

    ip: str | None = None
    user_agent: str | None = None
    is_browser: bool = False
    purpose: str | None = None
    location: Mapping[str, str] | None = None

    def library(self) -> dict[str, str]:
        """Answer what to call the library of a client that does not name its own."""
        if not self.is_browser and self.user_agent:
            return dict(_library(self.user_agent[:_LONGEST_PRODUCT]))
        return {"name": "http"}


@lru_cache(maxsize=256)
def _library(user_agent: str) -> Mapping[str, str]:
    product = _PRODUCT.match(user_agent)
    if product:
        return {"name": product[1], "version": product[2]}
    return {"name": "http"}


def complete(
    context: Mapping[str, Any], *, sender: Sender, properties: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Answer the context with what the request and the page's address add to it.

    Args:
        context: as the client gave it, the batch's own already under it.
        sender: who sent the request.
        properties: of a page call, whose `url`, `referrer`, … describe the page.
    """
    full = dict(context)
    given = full.get
    if given("library") is None:
        full["library"] = sender.library()
    if (given("ip") is None or given("userAgent") is None) and _is_from_device(full, sender):
        _complete_from_sender(full, sender)
    page = given("page")
    if properties and page is None and isinstance(properties.get("url"), str):
        page = {key: properties[key] for key in _PAGE_FIELDS if key in properties}
        full["page"] = page
    if page and isinstance(page, dict):
        _complete_from_page(full, page)
    if "bot" not in full and (machine := bots.mark(full, purpose=sender.purpose)):
        full["bot"] = machine
    return full


_PAGE_FIELDS = ("path", "referrer", "search", "title", "url")


def _is_from_device(context: Mapping[str, Any], sender: Sender) -> bool:
    direct = context.get("direct")
    if isinstance(direct, bool):
        return direct
    channel = context.get("channel")
    if isinstance(channel, str):
        return channel in _DEVICE_CHANNELS
    if sender.is_browser:
        return True
    library = context.get("library")
    name = library.get("name") if isinstance(library, dict) else None
    return isinstance(name, str) and name.startswith(_DEVICE_LIBRARIES)


def _complete_from_sender(context: dict[str, Any], sender: Sender) -> None:
    if sender.ip and context.get("ip") is None:
        context["ip"] = sender.ip
        if sender.location and context.get("location") is None:
            context["location"] = dict(sender.location)
    if sender.user_agent and context.get("userAgent") is None:
        context["userAgent"] = sender.user_agent


def _complete_from_page(context: dict[str, Any], page: dict[str, Any]) -> None:
    told = attribution.of_page(
        page.get("url", ""), page.get("search", ""), page.get("referrer", "")
    )
    if told.parts and ("path" not in page or "search" not in page):
        context["page"] = {**told.parts, **page}
    if told.campaign and not context.get("campaign"):
        context["campaign"] = dict(told.campaign)
    if told.referrer and not context.get("referrer"):
        context["referrer"] = dict(told.referrer)
