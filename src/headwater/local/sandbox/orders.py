"""What the server asks of a sandbox's process, and what it is told; both go as lines of JSON."""

from __future__ import annotations

import msgspec


class Scene(msgspec.Struct, frozen=True):
    """What is there to be read.

    Attributes:
        files: paths of the lake's files of events.
        tables: names of tables to the paths of their Arrow files.
        scratch: a folder for what memory does not hold.
        memory: bytes that queries may use before they go to the disk.
    """

    files: list[str]
    tables: dict[str, str]
    scratch: str
    memory: int
    threads: int = 2


class Selection(msgspec.Struct, frozen=True):
    """Which events.

    Attributes:
        where: a condition on the table `events`, in SQL; None: all of them.
        since: of events from this time on, in milliseconds.
        until: of events up to and including this time.
        received_from: received at this time or later.
        received_before: received before this time.
        own_messages: with those that Headwater made itself.
        leave_out: what the message ids of those begin with.
    """

    where: str | None = None
    since: int | None = None
    until: int | None = None
    received_from: int | None = None
    received_before: int | None = None
    own_messages: bool = True
    leave_out: str = ""


class Query(msgspec.Struct, frozen=True, tag=True):
    """Answer what one SELECT finds.

    Attributes:
        limit: rows to answer at most.
        most_bytes: of the answer's text.
    """

    scene: Scene
    sql: str
    limit: int
    most_bytes: int


class Check(msgspec.Struct, frozen=True, tag=True):
    """Answer whether a condition can be asked."""

    scene: Scene
    selection: Selection


class Days(msgspec.Struct, frozen=True, tag=True):
    """Answer on which days (UTC, since 1970) selected events were received, and how many."""

    scene: Scene
    selection: Selection


class Page(msgspec.Struct, frozen=True, tag=True):
    """Answer selected events in the order in which they were received.

    Attributes:
        after: time of receipt, message id and `via` of the event behind which to begin.
        limit: how many to answer at most.
    """

    scene: Scene
    selection: Selection
    after: tuple[int, str, str] | None
    limit: int


class Extract(msgspec.Struct, frozen=True, tag=True):
    """Write selected events to a file.

    Attributes:
        form: parquet, csv or jsonl.
        path: of the file; it must not be there yet.
        header: a CSV begins with the names of its columns.
    """

    scene: Scene
    selection: Selection
    form: str
    path: str
    header: bool = True


class Join(msgspec.Struct, frozen=True, tag=True):
    """Write Parquet files that an `Extract` wrote as one, in their order."""

    scene: Scene
    parts: list[str]
    path: str


Order = Query | Check | Days | Page | Extract | Join


class Progress(msgspec.Struct, frozen=True, tag=True):
    """How far a long order is, from 0 to 1; any number of these come before the answer."""

    fraction: float


class Refused(msgspec.Struct, frozen=True, tag=True):
    """It cannot be done; `message` is for who asked."""

    code: str
    message: str


class Found(msgspec.Struct, frozen=True, tag=True):
    """What a query found.

    Attributes:
        columns: name and SQL type of each.
        truncated: there were more rows than were wanted.
    """

    columns: list[tuple[str, str]]
    rows: msgspec.Raw
    truncated: bool


class Checked(msgspec.Struct, frozen=True, tag=True):
    """The condition can be asked."""


class Counted(msgspec.Struct, frozen=True, tag=True):
    """Day, events, least and greatest time of the events (ms), by day."""

    days: list[tuple[int, int, int, int]]


class Event(msgspec.Struct, frozen=True, array_like=True):
    """An event: when it was received (ms), message id, `via`, person, JSON text."""

    received_at: int
    message_id: str
    via: str
    person: str
    body: str


class Events(msgspec.Struct, frozen=True, tag=True):
    """Some events."""

    events: list[Event]


class Written(msgspec.Struct, frozen=True, tag=True):
    """A file was written, and is on the disk."""

    rows: int
    bytes: int


Answer = Progress | Refused | Found | Checked | Counted | Events | Written
