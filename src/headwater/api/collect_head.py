"""What a request to the tracking API says before its body: where to, by whose key, from whom."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec
from msgspec.structs import replace

from headwater.api.client_address import ClientAddress
from headwater.api.collect_routes import Route
from headwater.api.credentials import key_in_header, key_in_query
from headwater.collect.enrich import Sender

Scope = MutableMapping[str, Any]


class Head(msgspec.Struct, frozen=True):
    """A request's line and headers, read; many requests have the same, which may share one.

    Attributes:
        path: as it came, without the query.
        route: what the address is for.
        headers: by their names in lower case; the last where there are several.
        scheme: `http` or `https`.
        key: the write key in the headers or the query, if any.
        encoding: of the body, in lower case; empty where it is not said.
        origin: of the page that a browser sends it for.
        forwarded_for: what proxies have written, all lines of it.
        location: where the sender is, as far as the network tells.
    """

    path: str
    route: Route
    headers: Mapping[bytes, bytes]
    scheme: str
    key: str | None
    encoding: str
    origin: bytes | None
    forwarded_for: str | None
    location: Mapping[str, str] | None


class HeadReader:
    """Reads heads out of ASGI scopes, believing what trusted proxies say."""

    def __init__(self, trusted_proxies: Sequence[str] = ()) -> None:
        """Trust addresses and networks; see `ClientAddress`."""
        self._client_address = ClientAddress(trusted_proxies)

    def read(self, route: Route, scope: Scope) -> Head:
        """Answer the head of a request to a route."""
        headers: dict[bytes, bytes] = dict(scope["headers"])
        forwarded_for = None
        if b"x-forwarded-for" in headers:  # each proxy may have added a line of its own
            lines = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
            forwarded_for = b",".join(lines).decode("latin-1")
        return Head(
            path=scope["path"],
            route=route,
            headers=headers,
            scheme=scope.get("scheme", "http"),
            key=key_in_header(headers.get(b"authorization")) or key_in_query(scope["query_string"]),
            encoding=headers.get(b"content-encoding", b"").decode("latin-1").strip().lower(),
            origin=headers.get(b"origin"),
            forwarded_for=forwarded_for,
            location=scope.get("headwater.location"),
        )

    def sender(self, head: Head, peer: str | None) -> Sender:
        """Answer who sent a request; `peer` is the address at the other end of the connection."""
        ip = self._client_address.read(peer, head.forwarded_for)
        is_browser = head.route.is_pixel or head.origin is not None
        purpose = head.headers.get(b"sec-purpose", b"")
        sender = _sender(ip, head.headers.get(b"user-agent", b""), is_browser, purpose)
        return replace(sender, location=head.location) if head.location else sender


# Connections are kept alive, so most requests are of a sender that was just here.
@lru_cache(maxsize=1024)
def _sender(ip: str | None, user_agent: bytes, is_browser: bool, purpose: bytes) -> Sender:  # noqa: FBT001 - cached by position
    agent = user_agent.decode("latin-1")
    return Sender(
        ip=ip,
        user_agent=agent or None,
        is_browser=is_browser or agent.startswith("Mozilla/"),
        purpose=purpose.decode("latin-1") or None,
    )
