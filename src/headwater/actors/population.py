"""A shard of a workspace's people, as questions about populations read them.

Identity actors tell it what happened, by queues that may say a thing twice or late; whatever is
told again changes nothing. A person's rows lie in the shard that `shard_of` names, all of them, so
that what shards answer adds up; when two people become one, or one two, rows move as a parcel.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from headwater.lake.event_rows import split_body
from headwater.ports import Sql, SqlValue

_EVENTS = ("person", "timestamp", "message_id", "type", "name", "properties", "traits", "context")
_TABLES: Mapping[str, tuple[str, ...]] = {
    "events": (*_EVENTS, "bot"),
    "people": ("person", "traits", "first_seen", "last_seen"),
    "memberships": ("audience", "person", "since"),
    "accounts": ("person", "account", "traits"),
}
_json = msgspec.json.Encoder()

Row = Sequence[SqlValue]


def shard_of(person: str, shards: int) -> int:
    """Answer which of so many shards a person, named by their root identifier, lies in."""
    return zlib.crc32(person.encode()) % shards


@dataclass(frozen=True, slots=True)
class Parcel:
    """All that a shard holds of one person, on its way to another shard or another name."""

    person: str
    rows: Mapping[str, Sequence[Row]]


class Population:
    """One shard, over its own database (population.sql)."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    def index(self, events: Sequence[tuple[str, str]]) -> None:
        """Add events, each as its person and its JSON text; known ones stay as they are."""
        rows = []
        for person, body in events:
            row = split_body(body)
            held = {**row, "person": person}
            rows.append([held[name] for name in _TABLES["events"]])
        self._add("events", rows, keeps=True)

    def describe(
        self, person: str, *, traits: Mapping[str, Any], first_seen: int, last_seen: int
    ) -> None:
        """Say what a person is like now; times are in milliseconds."""
        self._add("people", [[person, _json.encode(traits).decode(), first_seen, last_seen]])

    def enter(self, audience: str, person: str, since: int) -> None:
        """Note that a person is in an audience."""
        self._add("memberships", [[audience, person, since]])

    def leave(self, audience: str, person: str) -> None:
        """Note that a person is in an audience no longer."""
        self._sql.execute(
            "DELETE FROM memberships WHERE audience = ? AND person = ?", (audience, person)
        )

    def join(self, person: str, account: str, traits: Mapping[str, Any]) -> None:
        """Note that a person is in an account, and what that is like."""
        self._add("accounts", [[person, account, _json.encode(traits).decode()]])

    def hand_over(self, person: str) -> Parcel:
        """Answer all that is held of a person; `forget` it once it has arrived elsewhere."""
        return Parcel(
            person,
            {
                table: self._sql.execute(
                    f"SELECT {', '.join(columns)} FROM {table} WHERE person = ?",  # noqa: S608 - names above
                    (person,),
                )
                for table, columns in _TABLES.items()
            },
        )

    def take(self, parcel: Parcel, person: str) -> None:
        """Put what another shard, or name, held under a person; what is known here stays.

        Traits are not added up: `describe` says what the person is like with them.
        """
        for table, rows in parcel.rows.items():
            at = _TABLES[table].index("person")
            own = [[*row[:at], person, *row[at + 1 :]] for row in rows]
            self._add(table, own, keeps=True)

    def forget(self, person: str) -> None:
        """Delete all that is held of a person."""
        with self._sql.transaction():
            for table in _TABLES:
                self._sql.execute(f"DELETE FROM {table} WHERE person = ?", (person,))  # noqa: S608 - names above

    def answer(self, query: str) -> list[tuple[Any, ...]]:
        """Answer the rows of a `headwater.questions.asking.Query` for this shard's people."""
        return self._sql.execute(query)

    def _add(self, table: str, rows: Sequence[Row], *, keeps: bool = False) -> None:
        """Write rows; `keeps` those that are there already."""
        if not rows:
            return
        columns = _TABLES[table]
        how = "INSERT OR IGNORE" if keeps else "INSERT OR REPLACE"
        marks = ", ".join("?" for _ in columns)
        self._sql.execute_many(
            f"{how} INTO {table} ({', '.join(columns)}) VALUES ({marks})",
            rows,
        )
