"""Who follows the size of an audience is told that it changed, at most every so often."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable

_PAUSE = 0.25
"""Seconds between two words of one audience, however often it changes."""


class Counts:
    """Used on the event loop's thread alone."""

    def __init__(self) -> None:
        self._followers: dict[str, set[asyncio.Event]] = {}
        self._closed = False

    def changed(self, audiences: Iterable[str]) -> None:
        """Note that the sizes of these audiences have changed."""
        if not self._followers:
            return
        for audience in audiences:
            for follower in self._followers.get(audience, ()):
                follower.set()

    async def follow(self, audience: str) -> AsyncGenerator[None]:
        """Answer whenever the size has changed, until the server drains."""
        word = asyncio.Event()
        self._followers.setdefault(audience, set()).add(word)
        if self._closed:
            word.set()
        try:
            while True:
                await word.wait()
                if self._closed:
                    return
                word.clear()
                yield
                await asyncio.sleep(_PAUSE)
        finally:
            self._followers[audience].discard(word)
            if not self._followers[audience]:
                del self._followers[audience]

    def close(self) -> None:
        """End all followers' iterations, because the server drains."""
        self._closed = True
        for followers in self._followers.values():
            for follower in followers:
                follower.set()
