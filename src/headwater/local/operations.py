"""`/health`, `/ready` and `/metrics`: for the machine that looks after this one. No key needed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from headwater.errors import HeadwaterError
from headwater.local.metrics import CONTENT_TYPE, Metrics
from headwater.local.writer import Writer
from headwater.ports import Clock, Sql

PATHS = ("/health", "/ready", "/metrics")

# A probe costs an fsync, and anybody may probe: so an answer is good for this long.
_GOOD_FOR = 1.0  # seconds
_PATIENCE = 5.0  # seconds

_UPSERT = (
    "INSERT INTO readiness (only, at) VALUES (1, ?) "
    "ON CONFLICT (only) DO UPDATE SET at = excluded.at"
)


class Readiness:
    """Whether requests should be sent here now: the disk takes a commit, and it is not draining."""

    def __init__(self, writer: Writer, clock: Clock) -> None:
        self._writer = writer
        self._clock = clock
        self._draining = False
        self._probe: asyncio.Task[str | None] | None = None
        self._probed_at = 0.0

    def drain(self) -> None:
        """From now on say that requests should go elsewhere."""
        self._draining = True

    async def problem(self) -> str | None:
        """Answer why not, or None where it is ready."""
        if self._draining:
            return "The server is shutting down."
        now = asyncio.get_running_loop().time()
        if self._probe is None or (self._probe.done() and now - self._probed_at > _GOOD_FOR):
            self._probed_at = now
            self._probe = asyncio.create_task(self._commit())
        return await asyncio.shield(self._probe)

    async def _commit(self) -> str | None:
        at = self._clock.now()

        def write(sql: Sql) -> None:
            sql.execute(_UPSERT, (at,))

        try:
            async with asyncio.timeout(_PATIENCE):
                await self._writer.run(write)
        except HeadwaterError as error:
            return error.message
        except TimeoutError:
            return f"The database took more than {_PATIENCE:g} seconds to commit."
        return None


class OperationsApp:
    """An ASGI app for `PATHS`; every other request goes to `next_app`."""

    def __init__(
        self,
        *,
        readiness: Readiness,
        metrics: Metrics,
        refresh: Callable[[], Awaitable[None]],
        next_app: Any,
    ) -> None:
        """Prepare.

        Args:
            readiness: what `/ready` asks.
            metrics: what `/metrics` prints.
            refresh: awaited before they are printed, for what has to be read first.
            next_app: answers the other paths.
        """
        self._readiness = readiness
        self._metrics = metrics
        self._refresh = refresh
        self._next_app = next_app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["path"] not in PATHS:
            await self._next_app(scope, receive, send)
        elif scope["method"] not in {"GET", "HEAD"}:
            message = f"{scope['path']} is read with GET."
            await _send(send, 405, *_json({"code": "method_not_allowed", "message": message}))
        else:
            await _send(send, *await self._answer(scope["path"]))

    async def _answer(self, path: str) -> tuple[int, bytes, str]:
        if path == "/health":
            return 200, *_json({"status": "alive"})
        if path == "/ready":
            problem = await self._readiness.problem()
            if problem is None:
                return 200, *_json({"status": "ready"})
            return 503, *_json({"code": "unavailable", "message": problem})
        await self._refresh()
        return 200, self._metrics.text(), CONTENT_TYPE


def _json(content: dict[str, str]) -> tuple[bytes, str]:
    return json.dumps(content).encode(), "application/json"


async def _send(send: Any, status: int, body: bytes, content_type: str) -> None:
    headers = [
        (b"content-type", content_type.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    if status == 503:
        headers.append((b"retry-after", b"1"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
