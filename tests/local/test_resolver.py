"""Resolving names."""

from __future__ import annotations

import asyncio
import ipaddress
import threading

import pytest

from headwater.local import resolver
from headwater.local.resolver import SystemResolver


async def test_resolves_this_machine() -> None:
    """A name comes back as addresses."""
    resolve = SystemResolver()

    addresses = await resolve("localhost")

    assert addresses
    assert all(address.is_loopback for address in addresses)
    resolve.close()


async def test_unknown_name_fails() -> None:
    """A name that does not resolve is an error of the operating system."""
    resolve = SystemResolver()

    with pytest.raises(OSError, match=r".+"):
        await resolve("does-not-exist.invalid")
    resolve.close()


async def test_name_that_hangs_holds_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many ask for it, a dead name does not keep other names from being resolved."""
    go_on = threading.Event()
    asked = []

    def look_up(host: str) -> list[ipaddress.IPv4Address]:
        asked.append(host)
        if host == "dead.example":
            go_on.wait(10)
        return [ipaddress.IPv4Address("192.0.2.1")]

    monkeypatch.setattr(resolver, "_look_up", look_up)
    resolve = SystemResolver(threads=2)
    waiting = [asyncio.ensure_future(resolve("dead.example")) for _ in range(20)]
    await asyncio.sleep(0)

    addresses = await asyncio.wait_for(resolve("alive.example"), 5)

    assert addresses == [ipaddress.IPv4Address("192.0.2.1")]
    waiting[0].cancel()
    go_on.set()
    assert await asyncio.wait_for(waiting[1], 5) == addresses
    assert asked.count("dead.example") == 1
    await asyncio.gather(*waiting, return_exceptions=True)
    resolve.close()
