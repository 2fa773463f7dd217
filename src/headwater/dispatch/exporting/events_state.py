"""What an export of events remembers between two steps, and what it keeps in the bucket."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from headwater.exports.events import Form
from headwater.lake.manifest import LakeFile
from headwater.lake.parquet.writer import WrittenGroup


class MadeFile(msgspec.Struct):
    """A file that is whole; the name is within the export."""

    name: str
    rows: int
    bytes: int


class EventsState(msgspec.Struct):
    """How far it is. Times in milliseconds.

    Attributes:
        form: of the files.
        by_day: a file for each day on which events were received, else one for all.
        where: a condition, as `read_condition` has it.
        since, until: events' own times, inclusive.
        step: what to do next: find the lake's files, read on, or end a file.
        files: of the lake that are read; `place` is at which it is, `group` its row group.
        day: of receipt, of the file that is being made, in days since 1970.
        looked_at: rows that were read, of `total`.
        found: how many things are in the bucket beside the files; the first is the plan.
        pieces: of the file that is being written, of `size` bytes, `rows` rows.
        noted: from which of `found` on the row groups of that file are.
        made: files that are whole.
    """

    form: Form
    by_day: bool
    where: str | None
    since: int | None
    until: int | None
    step: Literal["plan", "read", "end"] = "plan"
    files: int = 0
    place: int = 0
    group: int = 0
    day: int = 0
    looked_at: int = 0
    total: int = 0
    found: int = 0
    pieces: int = 0
    size: int = 0
    rows: int = 0
    noted: int = 1
    made: list[MadeFile] = []

    @property
    def file(self) -> str:
        """What a file is called."""
        return f"events.{self.form}"


class Plan(msgspec.Struct):
    """The files of the lake that are read, in their order."""

    files: list[LakeFile]


class Groups(msgspec.Struct):
    """Row groups that a step has written."""

    groups: list[WrittenGroup]


def opened(parameters: Mapping[str, Any]) -> EventsState:
    """Answer the state of an order that was just taken."""
    return EventsState(
        form=parameters["format"],
        by_day=parameters["partition_by"] == "day",
        where=parameters["where"],
        since=parameters["since"],
        until=parameters["until"],
    )
