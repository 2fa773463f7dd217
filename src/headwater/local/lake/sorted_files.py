"""Sorted rows as the files of a compaction, which end where a person's rows do."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from headwater.lake import keys
from headwater.lake.schema import EVENTS, Table
from headwater.local.lake.arrow import ROWS_A_GROUP, FileWriter, groups
from headwater.local.lake.orders import Compact


def new_key(order: Compact, number: int) -> str:
    """Answer the key of one of the files that an order makes, by its number among them."""
    name = keys.file_name(order.now, f"{order.unique[:12]}{number:04x}")
    one = order.files[0]
    if one.table == EVENTS.name and one.day is not None:
        return keys.events_key(order.workspace, one.day, name)
    return keys.identity_key(order.workspace, name)


def written_files(
    table: Table, batches: Iterator[pa.Table], *, target: int, level: int
) -> Iterator[tuple[pa.Table, bytes]]:
    """Answer each file's rows (of the columns that the manifest tells of) and its bytes."""
    by = "person" if table is EVENTS else "actor"
    writer: FileWriter | None = None
    parts: list[pa.Table] = []
    for group in _groups(batches, by=by):
        writer = writer or FileWriter(table, level=level)
        writer.add(group)
        parts.append(group.select([by, "timestamp" if table is EVENTS else "changed_at"]))
        if writer.size >= target:
            yield pa.concat_tables(parts), writer.finish()
            writer, parts = None, []
    if writer is not None:
        yield pa.concat_tables(parts), writer.finish()


def _groups(batches: Iterator[pa.Table], *, by: str) -> Iterator[pa.Table]:
    """Cut a stream of sorted rows into row groups; the last one may be small."""
    waiting: pa.Table | None = None
    for batch in batches:
        rows = batch if waiting is None else pa.concat_tables([waiting, batch])
        parts = list(groups(rows.combine_chunks(), by=by, size=ROWS_A_GROUP))
        yield from parts[:-1]
        waiting = parts[-1] if parts else None
    if waiting is not None:
        yield waiting
