"""What the lake's tables hold: columns, their Parquet field ids, and the order of rows.

A field id is never given to another column, and a column never changes its type; a new version
only adds nullable columns at the end. So every reader of a version reads all older files, in
which the newer columns are null (https://iceberg.apache.org/spec/#schema-evolution).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """A column's type. Parquet's physical and logical type are in brackets.

    Attributes:
        STRING: UTF-8 text (BYTE_ARRAY, STRING).
        TIMESTAMP: milliseconds since 1970-01-01 UTC (INT64, TIMESTAMP(MILLIS, adjusted to UTC)).
        INTEGER: 64 bits with a sign (INT64).
    """

    STRING = "string"
    TIMESTAMP = "timestamp"
    INTEGER = "integer"


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        field_id: the Parquet and Iceberg field id.
        required: no row has null in it (REQUIRED; else OPTIONAL). Nothing is ever repeated.
        repeats: few different values in a file, so that a dictionary pays.
        description: what people are told about it.
    """

    name: str
    field_id: int
    kind: Kind
    required: bool
    repeats: bool
    description: str


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the lake.

    Attributes:
        name: the folder under the workspace that holds its files.
        version: of its schema; each file says under which it was written.
        order: the columns that rows are sorted by in a compacted file, all ascending, texts by
            their UTF-8 bytes.
    """

    name: str
    version: int
    columns: tuple[Column, ...]
    order: tuple[str, ...]

    @property
    def label(self) -> str:
        """Answer what a file's metadata say under `VERSION_KEY`, such as `events/1`."""
        return f"{self.name}/{self.version}"

    def column(self, name: str) -> Column:
        """Answer a column by its name; raise `KeyError` where there is none."""
        for one in self.columns:
            if one.name == name:
                return one
        raise KeyError(name)


VERSION_KEY = "headwater.schema"
"""Key of the Parquet file metadata whose value is the table's `label`."""


def _text(name: str, field_id: int, description: str, **how: bool) -> Column:
    required, repeats = how.get("required", False), how.get("repeats", False)
    return Column(name, field_id, Kind.STRING, required, repeats, description)


def _time(name: str, field_id: int, description: str, *, required: bool = False) -> Column:
    return Column(name, field_id, Kind.TIMESTAMP, required, False, description)  # noqa: FBT003 - a row of the table below


def _number(name: str, field_id: int, description: str) -> Column:
    return Column(name, field_id, Kind.INTEGER, True, False, description)  # noqa: FBT003 - a row of the table below


EVENTS = Table(
    name="events",
    version=1,
    order=("person", "timestamp", "message_id"),
    columns=(
        _text(
            "person",
            1,
            "Root identifier of the person when the row was written, `user_id:42`.",
            required=True,
            repeats=True,
        ),
        _text(
            "via",
            2,
            "The identifier that the event arrived under; it stays when people merge and split.",
            required=True,
            repeats=True,
        ),
        _text("message_id", 3, "Unique within a person.", required=True),
        _text(
            "type", 4, "track, identify, page, screen, group or alias.", required=True, repeats=True
        ),
        _text("name", 5, "A track's event; a page's or screen's name.", repeats=True),
        _time("timestamp", 6, "When it happened, corrected for clock skew.", required=True),
        _time(
            "received_at",
            7,
            "When it was received; its UTC day is the partition.",
            required=True,
        ),
        _time("original_timestamp", 8, "When it happened by the client's own clock."),
        _time("sent_at", 9, "When the client sent it, by its own clock."),
        _text("user_id", 10, "As it was sent.", repeats=True),
        _text("anonymous_id", 11, "As it was sent.", repeats=True),
        _text("group_id", 12, "The account that a group call names.", repeats=True),
        _text("source", 13, "Id of the source whose write key it came with.", repeats=True),
        _text("properties", 14, "JSON object of a track, page or screen."),
        _text("traits", 15, "JSON object of an identify or group."),
        _text("context", 16, "JSON object."),
        _text(
            "rest",
            17,
            "What no other column holds; with them it gives the stored event byte by byte.",
            required=True,
            repeats=True,
        ),
        _number("position", 18, "Order of commit within the database that wrote it."),
        _text(
            "bot",
            19,
            "JSON of `context.bot` where it marks the event as a bot's; null where a human's.",
            repeats=True,
        ),
    ),
)
"""Every event, once. `group` calls are here as their person's; accounts' copies are not."""

IDENTITY = Table(
    name="identity",
    version=1,
    order=("kind", "actor", "key", "change"),
    columns=(
        _text(
            "kind",
            1,
            "state, traits, member or history: which of an actor's tables the row is of; "
            "suppression.",
            required=True,
            repeats=True,
        ),
        _text(
            "actor",
            2,
            "The identifier that names the actor; `=account:acme`; suppression: a salted hash.",
            required=True,
        ),
        _text(
            "key",
            3,
            "traits, history: the identifier they came by; member: who; state: null.",
        ),
        _number("change", 4, "Of a kind, actor and key the row with the highest one is in force."),
        _time("changed_at", 5, "When the change was written here.", required=True),
        _text("body", 6, "JSON as the actor keeps it; null: it is there no longer."),
    ),
)
"""What the identity actors know: who is who and why, traits, accounts. Later rows win."""

TABLES = (EVENTS, IDENTITY)
