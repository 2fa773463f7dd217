"""The tracking API under an application's own path, handed on to a Headwater server."""

from __future__ import annotations

import base64
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx

from headwater.client.errors import InvalidSettings

if TYPE_CHECKING:
    from fastapi import APIRouter

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_JSON = [(b"content-type", b"application/json")]

MAX_BODY = 1024 * 1024
"""Bytes. The server's own limit is lower and its answer says more; this one protects memory."""

# What browsers ask for. The rest of the server, its admin API above all, is not reached this way.
_TRACKING = re.compile(
    r"/v1/(?:track|identify|page|screen|group|alias|batch|import|[tipsgabm])/?"
    r"|/(?:v1/pixel|pixel/v1)/\w+/?|/beacon/v1/batch/?"
    r"|/v1/projects/[^/]+/settings|/analytics\.js/v1/.+|/analytics-next/.+|/[\w.-]+\.js"
)

# What a tracking request says; cookies of the application and its users' credentials stay here.
_PASSED_ON = frozenset(
    {"accept", "accept-language", "access-control-request-headers", "authorization"}
    | {"access-control-request-method", "content-encoding", "content-type", "origin", "referer"}
    | {"sec-gpc", "user-agent"}
)
# Of one connection and not of the answer (RFC 9110 section 7.6.1), or made anew.
_NOT_PASSED_BACK = frozenset(
    {"connection", "content-length", "date", "keep-alive", "server", "transfer-encoding"}
)
_UNKNOWN = b'{"success":false,"message":"No such address: this is the tracking API alone."}'
_BUSY = b'{"success":false,"message":"Headwater cannot be reached; send this again later."}'
_TOO_LARGE = b'{"success":false,"message":"The request is larger than 1 MB; send less at once."}'


class CollectProxy:
    """An ASGI application to be mounted under a path of your own.

    Args:
        host: the Headwater server's address.
        write_key: put in place of whatever key the browser sent, so that none need be in pages.
        cookies: cookies that are the visitor's and may be passed on; others never are.
        timeout: seconds that the server may take.
        transport: an httpx transport, for tests and for unusual networks.

    Raises:
        InvalidSettings: `host` is no http address.
    """

    def __init__(
        self,
        host: str,
        *,
        write_key: str | None = None,
        cookies: tuple[str, ...] = ("hw_anonymous_id", "ajs_anonymous_id"),
        timeout: float = 10.0,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        if not host.startswith(("http://", "https://")):
            raise InvalidSettings(
                f"host is {host!r}: give the server's address, as in http://localhost:8080"
            )
        self._host = host.rstrip("/")
        self._authorization = None
        if write_key is not None:
            self._authorization = b"Basic " + base64.b64encode(f"{write_key}:".encode())
        self._cookies = cookies
        self._timeout = timeout
        self._transport = transport
        self._client: httpx.AsyncClient | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request as the server does."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        if scope["type"] != "http":
            return
        path = _path(scope)
        if not _TRACKING.fullmatch(path):
            await _send(send, 404, _JSON, _UNKNOWN)
            return
        body = await _body(receive)
        if body is None:
            await _send(send, 413, _JSON, _TOO_LARGE)
            return
        try:
            answer = await self._opened().request(
                scope["method"],
                self._host + _quoted(path, scope),
                content=body,
                headers=self._headers(scope),
            )
        except (httpx.TransportError, httpx.InvalidURL):
            await _send(send, 503, [*_JSON, (b"retry-after", b"5")], _BUSY)
            return
        passed = [
            (name.lower(), value)
            for name, value in answer.headers.raw
            if name.lower().decode("latin-1") not in _NOT_PASSED_BACK | {"content-encoding"}
        ]
        await _send(send, answer.status_code, passed, answer.content)

    async def close(self) -> None:
        """Close the connections to the server."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    def _opened(self) -> httpx.AsyncClient:
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=self._timeout, transport=self._transport)
        return self._client

    def _headers(self, scope: Scope) -> list[tuple[bytes, bytes]]:
        given = [(name.lower(), value) for name, value in scope["headers"]]
        passed = [
            (name, value)
            for name, value in given
            if name.decode("latin-1") in _PASSED_ON
            and not (name == b"authorization" and self._authorization)
        ]
        if self._authorization:
            passed.append((b"authorization", self._authorization))
        whole = b"; ".join(value for name, value in given if name == b"cookie")
        allowed = [
            part.strip()
            for part in whole.split(b";")
            if part.partition(b"=")[0].strip().decode("latin-1") in self._cookies
        ]
        if allowed:
            passed.append((b"cookie", b"; ".join(allowed)))
        hops = [value for name, value in given if name == b"x-forwarded-for"]
        if scope.get("client"):
            hops.append(scope["client"][0].encode("latin-1"))
        if hops:
            passed.append((b"x-forwarded-for", b", ".join(hops)))
        return passed

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                await self.close()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return


def collect_router(
    host: str,
    *,
    write_key: str | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> APIRouter:
    """Answer a FastAPI router with a `CollectProxy` in it; see there.

    Raises:
        InvalidSettings: `host` is no http address.
    """
    import fastapi  # noqa: PLC0415 - only who asks for a router has it

    proxy = CollectProxy(host, write_key=write_key, transport=transport)
    router = fastapi.APIRouter(on_shutdown=[proxy.close])
    # A route may hold an ASGI application, which starlette's annotation does not say.
    router.add_route("/{path:path}", proxy, include_in_schema=False)  # type: ignore[arg-type] # see above
    return router


async def _body(receive: Receive) -> bytes | None:
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b""
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > MAX_BODY:
            return None
        if not message.get("more_body"):
            return b"".join(parts)


def _path(scope: Scope) -> str:
    """Answer the path below the mount."""
    below: str | None = scope.get("path_params", {}).get("path")
    if below is None:
        below = scope["path"].removeprefix(scope.get("root_path", ""))
    return "/" + below.lstrip("/")


def _quoted(path: str, scope: Scope) -> str:
    query = scope.get("query_string", b"").decode("latin-1")
    return quote(path, safe="/~:@!$&()*+,;=") + (f"?{query}" if query else "")


async def _send(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})
