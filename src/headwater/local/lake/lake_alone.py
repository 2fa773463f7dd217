"""A lake as DuckDB views where no server's database is at hand: for SQL at anybody's machine.

The same tables as relation.py has, out of the lake's files alone. So they are as of the last
flush, and `people` has no computed traits, which are not in the lake.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import duckdb

from headwater.errors import NotFound, Unavailable
from headwater.lake.catalogue import Catalogue, workspaces
from headwater.lake.manifest import Manifest
from headwater.lake.schema import EVENTS, IDENTITY
from headwater.local.folder_bucket import FolderBucket
from headwater.local.lake.nearby import Fetched, InFolder, Nearby
from headwater.local.lake.replaced import FilesReplaced
from headwater.local.lake.views import (
    FIRST_AND_LAST,
    TAKE_IDENTIFIERS,
    TAKE_TRAITS,
    open_views,
    show,
)
from headwater.local.s3_bucket import S3Bucket
from headwater.ports import Bucket, BucketFailure

_MOST_KEPT = 20 * 1024**3  # bytes of copies, but for those that are needed

# Of a kind, actor and key the row with the highest change is in force.
_IN_FORCE = """
CREATE TEMP TABLE {name} AS SELECT actor AS person, latest.body AS body FROM (
    SELECT actor, key, arg_max({{'body': body}}, change) AS latest
    FROM read_parquet($paths, union_by_name = true) WHERE kind = '{kind}' GROUP BY actor, key
) WHERE latest.body IS NOT NULL
"""


class LakeAlone:
    """A lake that is read and never written.

    Args:
        address: of the lake: a folder's path, or `s3://bucket/prefix`.
        cache: folder for copies of a bucket's files; it keeps those that count and no others.
        tell: is told how many bytes of files are there, and how many are wanted.
        memory: bytes that opening it may use before it goes to the disk.

    Raises:
        ValueError: the address is none.
    """

    def __init__(
        self,
        address: str,
        *,
        cache: Path,
        tell: Callable[[int, int], None] = lambda _there, _all: None,
        memory: int = 1024**3,
    ) -> None:
        self._tell = tell
        self._memory = memory
        self._cache = cache
        self._address = address
        self._bucket: Bucket = (
            S3Bucket(address) if "://" in address else FolderBucket(Path(address))
        )

    @contextmanager
    def relation(self, workspace: str) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a DuckDB connection with `events`, `people` and `identifiers`; in a thread.

        Raises:
            NotFound: the lake has no such workspace.
            Unavailable: it cannot be read.
            FilesReplaced: files were deleted meanwhile; those in their place are read by the next.
        """
        try:
            manifest = asyncio.run(self._manifest(workspace))
            paths = self._paths(workspace, manifest)
            with closing(open_views(self._memory)) as engine:
                _fill(engine, manifest, paths)
                yield engine
        except BucketFailure as error:
            raise Unavailable(f"The lake cannot be read: {error}") from error
        except duckdb.IOException as error:
            raise FilesReplaced from error

    async def _manifest(self, workspace: str) -> Manifest:
        known = await workspaces(self._bucket)
        if workspace not in known:
            has = f"it has {', '.join(known)}: --workspace" if known else "it is empty"
            raise NotFound(f"The lake has no workspace {workspace[:80]!r}; {has}.")
        return await Catalogue(self._bucket, workspace).refresh()

    def _paths(self, workspace: str, manifest: Manifest) -> Mapping[str, str]:
        """Answer where each file can be read; those that are not here are fetched, one by one."""
        files = sorted(manifest.files.values(), key=lambda one: one.key)
        size = sum(one.bytes for one in files)
        nearby: Nearby
        if isinstance(self._bucket, FolderBucket):
            nearby = InFolder(self._bucket)
        else:
            assert isinstance(self._bucket, S3Bucket)  # noqa: S101 - made so above
            kept = Fetched(self._bucket, self._cache / workspace, limit=max(size, _MOST_KEPT))
            kept.keep_only(files)  # what was replaced may be of somebody who was erased
            there = 0
            for one in files:
                self._tell(there, size)
                kept.paths([one])
                there += one.bytes
            nearby = kept
        self._tell(size, size)
        return nearby.paths(files)


def _fill(engine: duckdb.DuckDBPyConnection, manifest: Manifest, paths: Mapping[str, str]) -> None:
    """Have the views show a manifest's files."""
    events, identity = (
        [paths[one.key] for one in manifest.of(table)] for table in (EVENTS.name, IDENTITY.name)
    )
    if identity:
        for name, kind, statement in (
            ("states", "state", TAKE_IDENTIFIERS),
            ("traits", "traits", TAKE_TRAITS),
        ):
            engine.execute(_IN_FORCE.format(name=name, kind=kind), {"paths": identity})
            engine.execute(statement)
            engine.execute(f"DROP TABLE {name}")
    if events:
        source = "read_parquet($paths, union_by_name = true)"
        engine.execute(f"INSERT INTO seen {FIRST_AND_LAST.format(rows=source)}", {"paths": events})
    show(engine, events, reached=0)
