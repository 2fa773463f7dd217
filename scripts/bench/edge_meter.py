"""The Worker with a meter: counts what Cloudflare charges for. The main module of the benchmark."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import headwater_entry  # type: ignore[import-not-found]  # src/entry.py; see edge_cost.py
from headwater_entry import *  # noqa: F403 - all classes that wrangler.toml names
from workers import Response

from durable_objects.actors import Stub
from durable_objects.alarm import Alarm
from durable_objects.sql import Database
from queues.producer import EdgeQueue
from r2.bucket import R2Bucket

COUNTS: Counter[str] = Counter()
CURSORS: list[Any] = []


def _metered_database() -> None:
    made = Database.__init__

    def make(self: Any, storage: Any, emptied: Any = lambda: None) -> None:
        made(self, storage, emptied)
        run = self._exec

        def counted(*given: Any) -> Any:
            cursor = run(*given)
            CURSORS.append(cursor)
            return cursor

        self._exec = counted

    Database.__init__ = make  # type: ignore[method-assign]  # that is the meter


def _metered_calls() -> None:
    call, send = Stub.call, EdgeQueue.send
    bring, fired = Alarm.bring_forward, Alarm.fired

    async def counted_call(self: Any, request: str) -> str:
        COUNTS["object requests"] += 1
        return await call(self, request)

    async def counted_send(self: Any, topic: str, messages: Any) -> None:
        # Each 64 KB of a message is written, read and deleted: three operations.
        COUNTS["queue operations"] += sum(3 * -(-len(one.encode()) // 65536) for one in messages)
        await send(self, topic, messages)

    def counted_bring(self: Any, at: int | None, *, now: int) -> None:
        before = self._at
        bring(self, at, now=now)
        COUNTS["alarms set"] += self._at != before

    def counted_fired(self: Any) -> None:
        COUNTS["object requests"] += 1  # that is what an alarm that goes off is charged as
        fired(self)

    Stub.call, EdgeQueue.send = counted_call, counted_send  # type: ignore[method-assign]  # that is the meter
    Alarm.bring_forward, Alarm.fired = counted_bring, counted_fired  # type: ignore[method-assign]  # the same


def _metered_bucket() -> None:
    """Count what R2 charges for: putting and listing are writes, reading is a read."""

    def counted(method: Any, name: str) -> Any:
        async def call(self: Any, *given: Any, **options: Any) -> Any:
            COUNTS[name] += 1
            return await method(self, *given, **options)

        return call

    for method, name in (
        ("put", "R2 writes"),
        ("list", "R2 writes"),
        ("get", "R2 reads"),
        ("range", "R2 reads"),
    ):
        setattr(R2Bucket, method, counted(getattr(R2Bucket, method), name))


_metered_database()
_metered_calls()
_metered_bucket()


class Default(headwater_entry.Default):  # type: ignore[misc]  # it is seen in the Worker only
    """Answers what was counted since the last question at `/meter`."""

    async def fetch(self, request: Any) -> Any:
        """Answer one request."""
        if not request.url.endswith("/meter"):
            COUNTS["requests"] += 1
            return await super().fetch(request)
        for cursor in CURSORS:
            COUNTS["rows read"] += int(cursor.rowsRead)
            COUNTS["rows written"] += int(cursor.rowsWritten)
        CURSORS.clear()
        told = json.dumps(COUNTS)
        COUNTS.clear()
        return Response(told)

    async def queue(self, batch: Any) -> None:
        """Carry out a batch of a queue."""
        COUNTS["requests"] += 1
        await super().queue(batch)
