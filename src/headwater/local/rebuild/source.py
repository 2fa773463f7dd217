"""What a lake has, as it is put into a database: who is who, and events file by file."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pyarrow.parquet as pq

from headwater.lake.catalogue import Catalogue, workspaces
from headwater.lake.event_rows import Row, join_body
from headwater.lake.manifest import Entry, Flushed, LakeFile, Manifest
from headwater.local.lake.arrow import python_rows
from headwater.local.lake.buckets import open_lake, whole
from headwater.local.lake.position import KnownBy
from headwater.ports import Random

_MEMORY = 1024**3  # bytes that sorting may use before it goes to the disk
_BATCH = 20_000

# Of a kind, actor and key the row with the highest change is in force.
_IDENTITY = """
SELECT kind, actor, key, latest.body AS body, latest.change AS change FROM (
    SELECT kind, actor, key, arg_max({'body': body, 'change': change}, change) AS latest
    FROM read_parquet(?, union_by_name = true) WHERE change > ? GROUP BY kind, actor, key
)
"""
_ACTORS = """
SELECT actor FROM (
    SELECT actor, arg_max({'body': body}, change) AS latest
    FROM read_parquet(?, union_by_name = true) WHERE kind = 'state' GROUP BY actor
) WHERE latest.body IS NOT NULL
"""
_REPEATED = """
SELECT message_id FROM read_parquet(?, union_by_name = true)
GROUP BY message_id HAVING count(*) > 1
"""


class IdentityFact(NamedTuple):
    """A row of the identity actors' tables; the body is None where there is none any more."""

    change: int
    kind: str
    actor: str
    key: str | None
    body: str | None


class PastEvent(NamedTuple):
    """An event: who it was written of, its identifier, and what the hot store has of it."""

    person: str
    via: str
    position: int
    message_id: str
    timestamp: int
    received_at: int
    type: str
    body: str


class LakeSource:
    """A lake that is read.

    Attributes:
        address: of it, as `serve --lake` takes it.
    """

    def __init__(self, address: str, *, cache: Path) -> None:
        """Prepare; `cache` is for copies of files that are not on this machine.

        Raises:
            BucketFailure: the bucket cannot be used.
            SettingsError: the address is none.
        """
        self.address = address
        self._bucket, self._nearby = open_lake(address, cache=cache)

    def manifests(self) -> dict[str, Manifest]:
        """Answer the manifest of each workspace; raise `BucketFailure`."""

        async def read() -> dict[str, Manifest]:
            found = await workspaces(self._bucket)
            return {name: await Catalogue(self._bucket, name).refresh() for name in found}

        return asyncio.run(read())

    def names(self, *, position: int) -> list[KnownBy]:
        """Answer by what to know this lake again, which has all events up to a position.

        Raises:
            BucketFailure: it cannot be read.
        """
        lineages = {name for one in self.manifests().values() for name in one.flushed}
        names = [whole(self.address), *sorted(lineages)]
        return [KnownBy(name, position, is_own=False) for name in names]

    def register(self, lineage: str, *, position: int, now: int, random: Random) -> None:
        """Let the lake know that it has all that a database numbers up to a position.

        Raises:
            BucketFailure: not all workspaces' manifests could be written.
        """

        async def write() -> None:
            for name in await workspaces(self._bucket):
                entry = Entry(
                    id=random.uuid(),
                    at=now,
                    reason="rebuild",
                    lineage=lineage,
                    flushed=Flushed(position=position),
                )
                await Catalogue(self._bucket, name).add(entry)

        asyncio.run(write())

    def identity(self, files: Sequence[LakeFile], *, after: int) -> Iterator[list[IdentityFact]]:
        """Answer the facts in force of those that changed behind `after`, so many at a time."""
        if not files:
            return
        with self._engine() as engine:
            found = engine.sql(_IDENTITY, params=[self._paths(files), after])
            for batch in found.to_arrow_reader(_BATCH):
                yield [
                    IdentityFact(row["change"], row["kind"], row["actor"], row["key"], row["body"])
                    for row in batch.to_pylist()
                ]

    def actors(self, files: Sequence[LakeFile]) -> Iterator[list[str]]:
        """Answer the names of all actors that there are, so many at a time."""
        if not files:
            return
        with self._engine() as engine:
            found = engine.sql(_ACTORS, params=[self._paths(files)])
            for batch in found.to_arrow_reader(_BATCH):
                yield batch.column(0).to_pylist()

    def repeated(self, files: Sequence[LakeFile]) -> frozenset[str]:
        """Answer the message ids that more than one event has."""
        if not files:
            return frozenset()
        with self._engine() as engine:
            rows = engine.execute(_REPEATED, [self._paths(files)]).fetchall()
        return frozenset(row[0] for row in rows)

    def events(self, file: LakeFile, *, after: int) -> Iterator[list[PastEvent]]:
        """Answer a file's events behind the first `after`, in the order of the file."""
        (path,) = self._paths([file])
        seen = 0
        with closing(pq.ParquetFile(path)) as source:
            for batch in source.iter_batches(_BATCH):
                start, seen = seen, seen + batch.num_rows
                if seen > after:
                    rows = list(python_rows(batch.slice(max(0, after - start))))
                    yield [_event(row) for row in rows]

    def _paths(self, files: Sequence[LakeFile]) -> list[str]:
        paths = self._nearby.paths(files)
        return [paths[one.key] for one in files]

    @contextmanager
    def _engine(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with tempfile.TemporaryDirectory(prefix="headwater-rebuild-") as folder:
            config: dict[str, Any] = {
                "memory_limit": f"{_MEMORY}B",
                "temp_directory": folder,
                "threads": 2,
            }
            with closing(duckdb.connect(config=config)) as engine:
                yield engine


def _event(row: Row) -> PastEvent:
    return PastEvent(
        row["person"],
        row["via"],
        row["position"],
        row["message_id"],
        row["timestamp"],
        row["received_at"],
        row["type"],
        join_body(row),
    )
