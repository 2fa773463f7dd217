"""The `Bucket` port over calls that block: each is made in a thread, to its end."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import partial
from typing import ParamSpec, TypeVar

from headwater.ports import StoredObject

P = ParamSpec("P")
R = TypeVar("R")


class BlockingBucket(ABC):
    """A bucket whose methods `…_now` work at once, for threads; those of the port are awaited."""

    async def put(
        self, key: str, data: bytes, *, only_if_absent: bool = False, cold: bool = False
    ) -> bool:
        """Store an object; see `Bucket.put`."""
        return await _aside(self.put_now, key, data, only_if_absent=only_if_absent, cold=cold)

    async def get(self, key: str) -> bytes:
        """Answer all of an object; see `Bucket.get`."""
        return await _aside(self.get_now, key)

    async def range(self, key: str, start: int, length: int) -> bytes:
        """Answer some bytes; see `Bucket.range`."""
        return await _aside(self.range_now, key, start, length)

    async def list(self, prefix: str, *, after: str = "") -> Sequence[StoredObject]:
        """Answer the objects under a prefix; see `Bucket.list`."""
        return await _aside(self.list_now, prefix, after=after)

    async def delete(self, keys: Sequence[str]) -> None:
        """Remove objects; see `Bucket.delete`."""
        await _aside(self.delete_now, keys)

    @abstractmethod
    def put_now(
        self, key: str, data: bytes, *, only_if_absent: bool = False, cold: bool = False
    ) -> bool:
        """Store an object; see `Bucket.put`."""

    @abstractmethod
    def get_now(self, key: str) -> bytes:
        """Answer all of an object; see `Bucket.get`."""

    @abstractmethod
    def range_now(self, key: str, start: int, length: int) -> bytes:
        """Answer some bytes; see `Bucket.range`."""

    @abstractmethod
    def list_now(self, prefix: str, *, after: str = "") -> Sequence[StoredObject]:
        """Answer the objects under a prefix; see `Bucket.list`."""

    @abstractmethod
    def delete_now(self, keys: Sequence[str]) -> None:
        """Remove objects; see `Bucket.delete`."""


async def _aside(call: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
    """Call on another thread: the disk or the network takes its time."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(None, partial(call, *args, **kwargs))
