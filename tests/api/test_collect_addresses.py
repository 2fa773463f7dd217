"""Whose address an event comes from."""

from __future__ import annotations

from typing import Any

import pytest

from headwater.api.collect_settings import CollectSettings
from tests.api.memory_intake import EVENT, KEY, Site


@pytest.mark.parametrize(
    ("forwarded", "expected"),
    [
        ([], "10.0.0.1"),
        ([("X-Forwarded-For", "203.0.113.9")], "203.0.113.9"),
        ([("X-Forwarded-For", "6.6.6.6, 203.0.113.9, 10.1.1.1")], "203.0.113.9"),
        ([("X-Forwarded-For", "203.0.113.9"), ("X-Forwarded-For", "10.1.1.1")], "203.0.113.9"),
    ],
)
async def test_addresses_behind_trusted_proxies(forwarded: Any, expected: str) -> None:
    """The last address that no trusted proxy has is the client's."""
    site = Site(CollectSettings(trusted_proxies=("10.0.0.0/8",)))
    headers = [*KEY.items(), ("Origin", "https://shop.example"), *forwarded]

    await site.ask("/v1/track", EVENT, headers=headers, peer="10.0.0.1")

    assert site.intake.arrivals[0].event["context"]["ip"] == expected


async def test_forwarded_addresses_are_not_believed_by_default(site: Site) -> None:
    """Anybody can write that header."""
    headers = {**KEY, "Origin": "https://x.example", "X-Forwarded-For": "203.0.113.9"}

    await site.ask("/v1/track", EVENT, headers=headers)

    assert site.intake.arrivals[0].event["context"]["ip"] == "198.51.100.1"


async def test_a_connection_without_address_has_none(site: Site) -> None:
    """Unix sockets."""
    headers = {**KEY, "Origin": "https://x.example"}

    await site.ask("/v1/track", EVENT, headers=headers, peer=None)

    assert "ip" not in site.intake.arrivals[0].event["context"]
