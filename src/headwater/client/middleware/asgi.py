"""Middleware for ASGI applications: FastAPI, Starlette, Django's ASGI side, Litestar, Quart."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Unpack
from uuid import uuid4

from headwater.client.asynchronous import AsyncClient
from headwater.client.errors import ClientError
from headwater.client.middleware.cookie import set_cookie
from headwater.client.middleware.exchange import Request, Response
from headwater.client.middleware.options import Options, watching
from headwater.client.threaded import Client

logger = logging.getLogger("headwater.client")

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class HeadwaterASGI:
    """Tracks what an ASGI application answers, without delaying the answers.

    Args:
        app: the application.
        client: a `Client` or an `AsyncClient`. The client stays yours to close.
        options: see `headwater.client.middleware.Watching`.

    Raises:
        InvalidSettings: an option cannot be.
    """

    def __init__(
        self, app: App, *, client: Client | AsyncClient, **options: Unpack[Options]
    ) -> None:
        self._app = app
        self._client = client
        self._watching = watching(options)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request by the application, and tell of it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = _request(scope)
        if not self._watching.is_watched(request):
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(self, request, send)
        await self._app(scope, receive, exchange.send)
        if exchange.response is not None:
            await self._tell(request, exchange.response, exchange.visitor)

    async def _tell(self, request: Request, response: Response, visitor: str | None) -> None:
        try:
            call = self._watching.call(request, response, visitor)
            if call is None:
                return
            message_id = getattr(self._client, call.kind)(**call.arguments)
            if isinstance(message_id, Awaitable):
                await message_id
        except ClientError as error:
            logger.warning("A %s was not tracked: %s", request.method, error)
        except Exception:
            # The application has answered; what tracks it must not turn that into an error.
            logger.exception("A %s was not tracked.", request.method)


class _Exchange:
    """Listens to one answer."""

    def __init__(self, middleware: HeadwaterASGI, request: Request, send: Send) -> None:
        self.response: Response | None = None
        self._watching = middleware._watching  # noqa: SLF001 - the two are one thing
        self.visitor = self._watching.visitor(request)
        self._request = request
        self._send = send
        self._began = time.perf_counter()

    async def send(self, message: Message) -> None:
        """Pass a message on; give the first one the cookie, where it wants one."""
        if message["type"] == "http.response.start":
            headers = list(message.get("headers", ()))
            kind = next((value for name, value in headers if name.lower() == b"content-type"), b"")
            response = Response(
                message["status"], kind.decode("latin-1"), time.perf_counter() - self._began
            )
            if self._watching.wants_cookie(self._request, response):
                self.visitor = str(uuid4())
                is_secure = self._request.scheme == "https"
                header = set_cookie(self._watching.cookie, self.visitor, is_secure=is_secure)
                headers.append((b"set-cookie", header.encode("latin-1")))
                message = {**message, "headers": headers}
            self.response = response
        await self._send(message)


def _request(scope: Scope) -> Request:
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    server, client = scope.get("server"), scope.get("client")
    return Request(
        method=scope["method"],
        scheme=scope.get("scheme", "http"),
        host=headers.get("host") or (server[0] if server else "localhost"),
        path=scope["path"],
        query=scope.get("query_string", b"").decode("latin-1"),
        headers=headers,
        address=client[0] if client else None,
        state=scope,
    )
