"""Requests that come in on Cloudflare, for ASGI apps."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from js import Object, Response
from pyodide.ffi import to_js

App = Callable[
    [dict[str, Any], Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Any
]

_WITHOUT_BODY = frozenset({101, 103, 204, 205, 304})


@dataclass(slots=True)
class Incoming:
    """A request that has come, whole, as ASGI has it."""

    scope: dict[str, Any]
    body: bytes


@dataclass(slots=True)
class Outgoing:
    """The answer that an app gave.

    Attributes:
        stream: JavaScript's `ReadableStream`, where the body is not whole yet.
    """

    status: int = 500
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""
    stream: Any = None

    def response(self) -> Any:
        """Answer it as JavaScript's `Response`."""
        headers = [
            [name.decode("latin-1"), value.decode("latin-1")] for name, value in self.headers
        ]
        options = {"status": self.status, "headers": headers}
        body = self.stream
        if body is None and self.status not in _WITHOUT_BODY:
            body = to_js(self.body)
        return Response.new(body, to_js(options, dict_converter=Object.fromEntries))


async def incoming(request: Any, *, largest: int) -> Incoming:
    """Read a request of JavaScript's; of a body over `largest` bytes only so much is kept.

    The app refuses such a body by its length, so it need not be read.
    """
    url = urlsplit(request.url)
    headers = [
        (str(name).lower().encode("latin-1"), str(value).encode("latin-1", "replace"))
        for name, value in request.headers
    ]
    named = dict(headers)
    address = named.get(b"cf-connecting-ip")
    declared = named.get(b"content-length", b"")
    body = b""
    if request.body and not (declared.isdigit() and int(declared) > largest):
        body = (await request.arrayBuffer()).to_bytes()
    elif request.body:
        body = bytes(largest + 1)
    scope = {
        "type": "http",
        # From 2.4 on a client that is gone is what `send` raises.
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": url.scheme,
        "path": unquote(url.path),
        "raw_path": url.path.encode("ascii", "replace"),
        "query_string": url.query.encode("ascii", "replace"),
        "root_path": "",
        # Cloudflare says who it is; what the client itself claims is not to be believed.
        "headers": [one for one in headers if one[0] != b"x-forwarded-for"],
        "client": (address.decode("latin-1"), 0) if address else None,
        "server": (url.hostname, url.port or (443 if url.scheme == "https" else 80)),
        "headwater.location": _location(getattr(request, "cf", None)),
    }
    return Incoming(scope, body)


def _location(told: Any) -> dict[str, str]:
    """Answer where Cloudflare says that a request came from, in Segment's words."""
    parts = {name: getattr(told, name, None) for name in ("country", "region", "city")}
    return {name: str(value) for name, value in parts.items() if value}


async def answered(app: App, request: Incoming) -> Outgoing:
    """Answer a request by an app; calling it twice with one request is allowed."""
    answer = Outgoing()

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = list(message.get("headers", ()))
        else:
            answer.body += message.get("body", b"")

    await app(dict(request.scope), receiving(request), send)
    return answer


def receiving(request: Incoming) -> Callable[[], Awaitable[Any]]:
    """Answer ASGI's `receive` of a request that is there whole."""
    waiting = [{"type": "http.request", "body": request.body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        return waiting.pop() if waiting else {"type": "http.disconnect"}

    return receive
