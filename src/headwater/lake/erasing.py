"""Which rows of the lake are of people who are erased, and what the others become.

An event is theirs if it came by one of their identifiers. One of somebody else that lies under an
erased root, as they were one person once, lies under its own identifier from now on.
"""

from __future__ import annotations

from typing import Any

from headwater.actors.erased_people import ErasedPeople
from headwater.lake.event_rows import Row
from headwater.lake.manifest import LakeFile
from headwater.lake.schema import EVENTS

LOOKED_AT = {"events": ("person", "via"), "identity": ("actor", "key", "body")}
"""Columns that tell of each table's rows whether any has to change."""


def event_left(people: ErasedPeople, row: Row) -> Row | None:
    """Answer what an event's row becomes; None where it is theirs, itself where it stays."""
    if row["via"] in people.identifiers:
        return None
    if row["person"] in people.identifiers:
        return {**row, "person": row["via"]}
    return row


def identity_left(people: ErasedPeople, row: Row) -> Row | None:
    """Answer what a row of identity becomes; None where it is theirs, itself where it stays."""
    key, body = row["key"], row["body"]
    if people.are_named(row["actor"]) or (key and people.are_named(key)):
        return None
    scrubbed = people.scrubbed(body) if row["kind"] == "state" and body else None
    return row if scrubbed is None else {**row, "body": scrubbed}


def left(people: ErasedPeople, one: LakeFile, row: Row) -> Row | None:
    """Answer what a row of a file becomes; None where it is theirs, itself where it stays."""
    return (event_left if one.table == EVENTS.name else identity_left)(people, row)


def changes_events(people: ErasedPeople, columns: dict[str, list[Any]]) -> bool:
    """Tell whether any of these rows of events, `person` and `via`, has to change."""
    both = (columns["person"], columns["via"])
    return any(not people.identifiers.isdisjoint(values) for values in both)
