"""`/health`, `/ready` and `/metrics`: for the machine that looks after this one."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

from headwater.api.asgi import App, Receive, Scope, Send

PATHS = ("/health", "/ready", "/metrics")

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
"""Of Prometheus' text format,
https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format."""


class OperationsApp:
    """An ASGI app for `PATHS`; every other request goes to `next_app`."""

    def __init__(
        self, *, problem: Callable[[], Awaitable[str | None]], metrics: App, next_app: App
    ) -> None:
        """Prepare.

        Args:
            problem: answers why requests should not be sent here now; None where they should.
            metrics: answers `/metrics`.
            next_app: answers the other paths.
        """
        self._problem = problem
        self._metrics = metrics
        self._next_app = next_app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["path"] not in PATHS:
            await self._next_app(scope, receive, send)
        elif scope["method"] not in {"GET", "HEAD"}:
            message = f"{scope['path']} is read with GET."
            await _send(send, 405, *_json({"code": "method_not_allowed", "message": message}))
        elif scope["path"] == "/metrics":
            await self._metrics(scope, receive, send)
        else:
            await _send(send, *await self._answer(scope["path"]))

    async def _answer(self, path: str) -> tuple[int, bytes, str]:
        if path == "/health":
            return 200, *_json({"status": "alive"})
        problem = await self._problem()
        if problem is None:
            return 200, *_json({"status": "ready"})
        return 503, *_json({"code": "unavailable", "message": problem})


class MetricsApp:
    """An ASGI app that answers every request with metrics."""

    def __init__(self, read: Callable[[Scope], Awaitable[bytes]]) -> None:
        """Prepare; `read` answers them as `CONTENT_TYPE` for whoever the request's scope names."""
        self._read = read

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's
        """Answer one request."""
        await _send(send, 200, await self._read(scope), CONTENT_TYPE)


def _json(content: dict[str, str]) -> tuple[bytes, str]:
    return json.dumps(content).encode(), "application/json"


async def _send(send: Send, status: int, body: bytes, content_type: str) -> None:
    headers = [
        (b"content-type", content_type.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    if status == 503:
        headers.append((b"retry-after", b"1"))
    if status == 405:
        headers.append((b"allow", b"GET, HEAD"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
