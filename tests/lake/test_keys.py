"""Tests of `headwater.lake.keys`."""

from __future__ import annotations

from headwater.lake import keys


def test_keys_are_where_the_docs_say() -> None:
    """Paths are part of what people rely on."""
    name = keys.file_name(1_795_428_672_345, "0123456789ab-cdef")

    assert name == "20261123T101112-0123456789abcdef"
    assert keys.events_key("shop", 20_780, name) == (
        "shop/events/day=2026-11-23/20261123T101112-0123456789abcdef.parquet"
    )
    assert keys.events_key("shop", 20_780, name, cold=True).startswith("cold/shop/events/")
    assert keys.identity_key("shop", name) == f"shop/identity/{name}.parquet"
    assert keys.written_at(keys.identity_key("shop", name)) == 1_795_428_672_000


def test_days_are_numbered() -> None:
    """A day's number, its text, and back."""
    assert keys.day_number(1_795_428_672_345) == keys.day_of_text("2026-11-23") == 20_780
    assert keys.day_text(20_780) == "2026-11-23"
    assert keys.day_text(keys.day_number(-1)) == "1969-12-31"


def test_the_log_is_in_order() -> None:
    """Keys sort as versions do, and tell their version."""
    assert keys.entry_key("w", 9) < keys.entry_key("w", 10)
    assert keys.version_of(keys.entry_key("w", 12)) == (12, False)
    assert keys.version_of(keys.checkpoint_key("w", 50)) == (50, True)
    assert keys.workspace_of_key(keys.workspace_key("shop-eu")) == "shop-eu"
