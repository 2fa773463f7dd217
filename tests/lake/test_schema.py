"""Tests of `headwater.lake.schema`."""

from __future__ import annotations

from pathlib import Path

import pytest

from headwater.lake.schema import EVENTS, IDENTITY, TABLES, Table

DOCS = (Path(__file__).parent.parent.parent / "docs" / "lake.md").read_text("utf-8")

# What files in people's buckets say for ever. A line may be added at the end, none changed.
RELEASED = {
    "events": [
        "1 person string required",
        "2 via string required",
        "3 message_id string required",
        "4 type string required",
        "5 name string",
        "6 timestamp timestamp required",
        "7 received_at timestamp required",
        "8 original_timestamp timestamp",
        "9 sent_at timestamp",
        "10 user_id string",
        "11 anonymous_id string",
        "12 group_id string",
        "13 source string",
        "14 properties string",
        "15 traits string",
        "16 context string",
        "17 rest string required",
        "18 position integer required",
    ],
    "identity": [
        "1 kind string required",
        "2 actor string required",
        "3 key string",
        "4 change integer required",
        "5 changed_at timestamp required",
        "6 body string",
    ],
}


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_what_was_released_stays(table: Table) -> None:
    """Names, field ids and types of released columns are as the files in buckets have them."""
    declared = [
        f"{one.field_id} {one.name} {one.kind}{' required' if one.required else ''}"
        for one in table.columns
    ]

    assert declared[: len(RELEASED[table.name])] == RELEASED[table.name]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_column_has_its_row_in_the_docs(table: Table) -> None:
    """docs/lake.md describes each column as the code declares it."""
    missing = [
        one.name
        for one in table.columns
        if f"| {one.field_id} | `{one.name}` | {one.kind}"
        f"{'' if one.required else ', may be null'} | {one.description} |" not in DOCS.splitlines()
    ]

    assert missing == []


def test_tables_are_told_by_name_and_version() -> None:
    """A file says which table it is of and by which version it was written."""
    assert (EVENTS.label, IDENTITY.label) == ("events/1", "identity/1")
    assert EVENTS.column("via").field_id == 2
    with pytest.raises(KeyError):
        EVENTS.column("nothing")
