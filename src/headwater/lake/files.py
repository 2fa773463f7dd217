"""Rows of the lake to files, by our own Parquet writer: where there is neither DuckDB nor Arrow."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from headwater.lake import keys
from headwater.lake.columns import parquet_columns
from headwater.lake.event_rows import REQUIRED, Row, split_body
from headwater.lake.manifest import LakeFile, Tier
from headwater.lake.parquet.layout import Layout
from headwater.lake.parquet.writer import ParquetWriter
from headwater.lake.schema import EVENTS, VERSION_KEY, Table

GROUP_ROWS = 4_096
GROUP_BYTES = 1 << 20
"""Of text in a row group: whoever merges files holds one of each in memory."""


class EventLine(NamedTuple):
    """An event as its actor stores it, and whose it is. `position`: its id where it was born."""

    person: str
    via: str
    position: int
    type: str
    timestamp: int
    message_id: str
    body: str


def event_row(line: EventLine) -> Row:
    """Answer the lake's row of an event."""
    row = split_body(line.body)
    # Of a text that is not as ours are, what it does not tell its actor does.
    told = (line.type, line.message_id, line.timestamp, line.timestamp)
    for name, value in zip(REQUIRED, told, strict=True):
        if row[name] is None:
            row[name] = value
    row.update(person=line.person, via=line.via, position=line.position)
    return row


def by_day(rows: Iterable[Row]) -> dict[int, list[Row]]:
    """Answer rows of events by the UTC day that they were received on, earliest first."""
    days: dict[int, list[Row]] = {}
    for row in rows:
        days.setdefault(keys.day_number(row["received_at"]), []).append(row)
    return dict(sorted(days.items()))


def in_order(table: Table, rows: Iterable[Row]) -> list[Row]:
    """Answer rows as they are to be in a file; null comes first."""
    plain = [name for name in table.order if table.column(name).required]
    if len(plain) == len(table.order):
        return sorted(rows, key=itemgetter(*plain))
    return sorted(
        rows, key=lambda row: [(row[name] is not None, row[name]) for name in table.order]
    )


def parquet_writer(table: Table) -> ParquetWriter:
    """Answer a writer of files of this table."""
    return ParquetWriter(
        parquet_columns(table),
        Layout(
            group_rows=GROUP_ROWS,
            group_bytes=GROUP_BYTES,
            together="person" if table is EVENTS else "actor",
        ),
        properties={VERSION_KEY: table.label},
        sorted_by=table.order if table is EVENTS else (),
    )


def written(
    table: Table, key: str, rows: Sequence[Row], *, day: int | None, tier: Tier = Tier.MICRO
) -> tuple[LakeFile, bytes]:
    """Answer a file of these rows, and what the manifest is to say of it.

    Args:
        table: of which they are.
        key: where it will lie.
        rows: at least one, in order.
        day: of events, the one they were received on.
        tier: how far it has come.
    """
    writer = parquet_writer(table)
    pieces = [writer.start(), writer.add(columns(table, rows)), writer.finish()]
    data = b"".join(pieces)
    return described(table, key, rows, size=len(data), day=day, tier=tier), data


def columns(table: Table, rows: Sequence[Row]) -> dict[str, list[Any]]:
    """Answer the values of rows by column."""
    return {one.name: [row[one.name] for row in rows] for one in table.columns}


def described(
    table: Table, key: str, rows: Sequence[Row], *, size: int, day: int | None, tier: Tier
) -> LakeFile:
    """Answer what the manifest says of a file with these rows; `size` is in bytes."""
    who, when = ("person", "timestamp") if table is EVENTS else ("actor", "changed_at")
    people = [row[who] for row in rows]
    times = [row[when] for row in rows]
    return LakeFile(
        key=key,
        table=table.name,
        tier=tier,
        rows=len(rows),
        bytes=size,
        first=min(people),
        last=max(people),
        since=min(times),
        until=max(times),
        day=day,
        schema=table.version,
    )


def identity_row(kind: str, actor: str, key: str | None, body: str | None, **at: int) -> Row:
    """Answer the lake's row of an identity fact; `at` are `change` and `changed_at`."""
    return {"kind": kind, "actor": actor, "key": key, "body": body, **at}
