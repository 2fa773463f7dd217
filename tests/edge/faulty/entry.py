"""Headwater's Worker with a lake that fails: the main module of a test of redelivery.

Of the first writes to R2 some raise what nobody expects, before or after they are done, so that
the queue's consumer dies with its whole batch; and the first actors are not told what the lake has
of them.
"""

from __future__ import annotations

import itertools
from typing import Any

from headwater_entry import *  # type: ignore[import-not-found]  # noqa: F403 - src/entry.py, whole

from durable_objects.actors import Stub
from r2.bucket import R2Bucket

BEFORE, AFTER = frozenset({1, 4, 9}), frozenset({3, 7, 8})
"""Which writes raise."""
UNTOLD = 3

_puts = itertools.count(1)
_notes = itertools.count(1)


def _break() -> None:
    put, call = R2Bucket.put, Stub.call

    async def failing_put(self: Any, key: str, data: bytes, **how: Any) -> bool:
        number = next(_puts)
        if number in BEFORE:
            raise RuntimeError("broken before the write")
        stored = await put(self, key, data, **how)
        if number in AFTER:
            raise RuntimeError("broken after the write")
        return stored

    async def failing_call(self: Any, request: str) -> str:
        if '"NoteLake"' in request and next(_notes) <= UNTOLD:
            raise RuntimeError("broken before the note")
        return await call(self, request)

    R2Bucket.put, Stub.call = failing_put, failing_call  # type: ignore[method-assign]  # that is the fault


_break()
