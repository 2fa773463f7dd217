"""What an erasure remembers between two steps: whom it is about, and how far it is."""

from __future__ import annotations

from typing import Any, Literal, get_args

import msgspec

from headwater.dispatch.lake_erasing import LakeProgress

Step = Literal[
    "find",
    "suppress",
    "trace",
    "empty",
    "forget",
    "population",
    "lanes",
    "texts",
    "lake",
    "lake_ending",
    "look_again",
    "certify",
]

STEPS: tuple[Step, ...] = get_args(Step)
"""In their order; each may take several goes."""


class ErasureState(msgspec.Struct):
    """An erasure under way. Times in milliseconds.

    Attributes:
        identifiers: all that the people hold, as far as they were found, in the order of that.
        suppress: nothing of them is to be kept afterwards either.
        step: what to do next.
        place: how far that step is, where it takes several goes.
        noted: of how many, from the first on, it was noted whether they were suppressed before.
        already: those that were.
        unreadable_from: since when nobody can read anything of theirs here.
        below: the version of the configuration that suppressed them.
        looked: how often it was looked anew who is one person with them.
        groups: accounts that they are in.
        named: identifiers that their own actors name, and that others' actors in the lake do.
        messages: ids of their group calls that accounts know of.
        removed: rows that went, by table.
        lake: how far the lake is.
        again: the same, of looking through it once more.
        deleted: data files of the lake that went.
        exports: of the workspace that went, whole or under way.
        rescan: what looking again found.
    """

    identifiers: list[str]
    suppress: bool = True
    step: Step = "find"
    place: int = 0
    noted: int = 0
    already: list[str] = []
    unreadable_from: int = 0
    below: int = 0
    looked: int = 0
    groups: list[str] = []
    named: list[str] = []
    messages: list[str] = []
    removed: dict[str, int] = {}
    lake: LakeProgress = msgspec.field(default_factory=LakeProgress)
    again: LakeProgress = msgspec.field(default_factory=LakeProgress)
    deleted: int = 0
    exports: int = 0
    rescan: dict[str, Any] = {}

    def go_on(self, step: Step) -> None:
        """Do this next, from its beginning."""
        self.step, self.place = step, 0

    def count(self, rows: dict[str, int]) -> None:
        """Add to what was removed."""
        for table, count in rows.items():
            self.removed[table] = self.removed.get(table, 0) + count


def encode(state: ErasureState) -> str:
    """Answer the JSON text of a state."""
    return msgspec.json.encode(state).decode()


def decode(text: str) -> ErasureState:
    """Answer the state that a JSON text holds."""
    return msgspec.json.decode(text, type=ErasureState)
