"""Turns host names into addresses without letting a dead name server delay other names."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from headwater.addresses import Address

Resolve = Callable[[str], Awaitable[Sequence[Address]]]


class SystemResolver:
    """Asks the operating system, on threads of its own.

    One lookup a name runs at a time, whoever asks, so that a name that does not answer holds one
    thread. Nothing is cached: that is the operating system's part.
    """

    def __init__(self, *, threads: int = 16) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="headwater-resolver")
        self._running: dict[str, asyncio.Future[Sequence[Address]]] = {}

    async def __call__(self, host: str) -> Sequence[Address]:
        """Answer the host's addresses in the order to try them.

        Raises:
            OSError: the name does not resolve.
        """
        running = self._running.get(host)
        if running is None:
            loop = asyncio.get_running_loop()
            running = loop.run_in_executor(self._threads, _look_up, host)
            self._running[host] = running
            running.add_done_callback(lambda done: self._finished(host, done))
        # Shielded, as others may wait for the same answer.
        return await asyncio.shield(running)

    def close(self) -> None:
        """Take no more lookups; those that run are left to end."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _finished(self, host: str, done: asyncio.Future[Sequence[Address]]) -> None:
        del self._running[host]
        if not done.cancelled():
            done.exception()  # read it, as the one who asked may have gone


def _look_up(host: str) -> list[Address]:
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    texts = dict.fromkeys(str(entry[4][0]) for entry in found)
    return [ipaddress.ip_address(text) for text in texts]
