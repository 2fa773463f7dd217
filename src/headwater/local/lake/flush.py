"""Writing the unflushed part of a database as files; in the lake's own process."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from headwater.actors.identity_rows import IdentityRow
from headwater.lake import keys
from headwater.lake.manifest import Flushed, LakeFile, Tier
from headwater.lake.schema import EVENTS, IDENTITY, Table
from headwater.local.lake.arrow import FileWriter, arrow_table, groups, in_order
from headwater.local.lake.identity_tail import changed, everything, last_change
from headwater.local.lake.lake_rows import Rows
from headwater.local.lake.orders import Flush, Written
from headwater.local.lake.tail import Tail, events_behind
from headwater.local.sql import Database, open_reader
from headwater.ports import Bucket

LEVEL = 1
"""Of zstd, for files that are soon compacted."""

_IDENTITY_PAGE = 50_000


class _Names:
    """Names of the files of one flush."""

    def __init__(self, order: Flush) -> None:
        self._order = order
        self._number = 0

    def next(self) -> str:
        self._number += 1
        return keys.file_name(self._order.now, f"{self._order.unique[:12]}{self._number:04x}")


async def flush(order: Flush, bucket: Bucket) -> Written:
    """Write events and changed identities as of one moment, about as many as were asked for."""
    names = _Names(order)
    files: dict[str, list[LakeFile]] = {}
    with closing(open_reader(Path(order.database), is_for_once=True)) as sql:
        sql.execute("BEGIN")
        rows, until, more = events_behind(sql, order.position, limit=order.limit)
        parts = {
            workspace: Rows(sql, some) for workspace, some in _by_workspace(order, rows).items()
        }
        change, pages = _identity_pages(sql, order)
        if order.change is not None:
            # All is read. A snapshot that stays open keeps the log from being folded back, and
            # every commit of the server would try to.
            sql.execute("COMMIT")
        for workspace, part in parts.items():
            for day, table in part.days():
                key = keys.events_key(workspace, day, names.next())
                written = await put_file(bucket, EVENTS, key, table, day=day)
                files.setdefault(workspace, []).append(written)
        for page in pages:
            for workspace, table in _identity_tables(order, change, page):
                key = keys.identity_key(workspace, names.next())
                files.setdefault(workspace, []).append(
                    await put_file(bucket, IDENTITY, key, table, day=None)
                )
    return Written(files=files, position=until, change=change, more=more)


def _by_workspace(order: Flush, rows: Tail) -> dict[str, Tail]:
    """Answer the events that a workspace's manifest does not have yet."""
    parts: dict[str, Tail] = {}
    for workspace, some in rows.by_workspace().items():
        reached = order.workspaces.get(workspace, Flushed()).position
        if new := some.behind(reached):
            parts[workspace] = new
    return parts


def _identity_pages(sql: Database, order: Flush) -> tuple[int, Iterable[list[IdentityRow]]]:
    if order.change is None:
        return last_change(sql), everything(sql, page=_IDENTITY_PAGE)
    last, rows = changed(sql, after=order.change)
    return last, [rows] if rows else []


def _identity_tables(
    order: Flush, change: int, page: Sequence[IdentityRow]
) -> Iterable[tuple[str, pa.Table]]:
    parts: dict[str, list[tuple[str, str, str | None, str | None]]] = {}
    for kind, actor, key, body in page:
        workspace, _, name = actor.partition("/")
        parts.setdefault(workspace, []).append((kind, name, key, body))
    for workspace, rows in sorted(parts.items()):
        kinds, names, others, bodies = zip(*rows, strict=True)
        columns = {
            "kind": kinds,
            "actor": names,
            "key": others,
            "change": [change] * len(rows),
            "changed_at": [order.now] * len(rows),
            "body": bodies,
        }
        yield workspace, in_order(IDENTITY, arrow_table(IDENTITY, columns))


async def put_file(
    bucket: Bucket, table: Table, key: str, rows: pa.Table, *, day: int | None
) -> LakeFile:
    """Write sorted rows as one file of a flush, and answer what the manifest is to say of it."""
    writer = FileWriter(table, level=LEVEL, schema=rows.schema)
    for group in groups(rows, by="person" if table is EVENTS else "actor", size=65_536):
        writer.add(group)
    data = writer.finish()
    await bucket.put(key, data)
    return described(table, key, rows, size=len(data), day=day, tier=Tier.MICRO)


def described(
    table: Table, key: str, rows: pa.Table, *, size: int, day: int | None, tier: Tier
) -> LakeFile:
    """Answer what the manifest says of a file with these rows."""
    who, when = ("person", "timestamp") if table is EVENTS else ("actor", "changed_at")
    people = pc.min_max(rows.column(who).cast(pa.string())).as_py()
    times = pc.min_max(rows.column(when).cast(pa.int64())).as_py()
    return LakeFile(
        key=key,
        table=table.name,
        tier=tier,
        rows=rows.num_rows,
        bytes=size,
        first=people["min"],
        last=people["max"],
        since=times["min"],
        until=times["max"],
        day=day,
        schema=table.version,
    )
