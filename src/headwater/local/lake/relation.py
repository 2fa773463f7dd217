"""A workspace's lake and unflushed tail as DuckDB views, as of the moment that they are opened.

They are those of views.py. A DuckDB database in memory holds what is not in files: the tail, who
is who, folded traits. Opening brings it up to date with what has changed since; files are read by
the queries themselves.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

from headwater.actors.identity_changes import noted
from headwater.lake.manifest import Flushed, Manifest
from headwater.lake.schema import EVENTS, IDENTITY
from headwater.local.lake import position as positions
from headwater.local.lake.identity_bodies import Bodies, everybody, these
from headwater.local.lake.identity_tail import last_change
from headwater.local.lake.lake_rows import Rows
from headwater.local.lake.position import Position
from headwater.local.lake.tail import events_behind
from headwater.local.lake.views import (
    FIRST_AND_LAST,
    NAMES,
    TAKE_IDENTIFIERS,
    TAKE_TRAITS,
    open_views,
    show,
)
from headwater.local.sql import Database, open_reader

_SEEN = f"INSERT INTO seen {FIRST_AND_LAST}"
_TAIL_AT_A_TIME = 20_000

Files = tuple[Manifest, Mapping[str, str]]
"""A manifest, and the path of each of its files by key."""


class Relation:
    """One workspace's views. Connections may be used from many threads at a time."""

    def __init__(self, workspace: str, database: Path, *, memory: int = 1024**3) -> None:
        """Prepare; `memory` is the bytes that queries may use before they go to the disk."""
        self._workspace = workspace
        self._database = database
        self._lock = threading.Lock()
        self._engine = open_views(memory)
        self._last_id = 0
        self._change: int | None = None
        self._files: frozenset[str] | None = None

    @contextmanager
    def connection(self, files: Callable[[], Files]) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a connection with the views, for one thread at a time.

        It sees every event whose answer came before this call.

        Args:
            files: answers the workspace's manifest as it is when this is called, and where
                each of its files can be read.
        """
        with self._lock:
            with closing(open_reader(self._database)) as sql:
                self._catch_up(sql, files)
            cursor = self._engine.cursor()
            cursor.execute("SET TimeZone = 'UTC'")
        with closing(cursor):
            yield cursor

    def close(self) -> None:
        """Let go of the memory."""
        with self._lock:
            self._engine.close()

    def _catch_up(self, sql: Database, files: Callable[[], Files]) -> None:
        """Follow the database and the manifest.

        First the database, then the manifest: it then has all files that the database counts
        on. What both have counts once, as a row's position tells whether the manifest has it.
        """
        self._engine.execute("BEGIN")
        try:
            sql.execute("BEGIN")
            at = positions.position(sql)  # the snapshot begins with the first read
            manifest, paths = files()
            reached = _reached(at, manifest)
            self._follow_files(manifest, paths)
            self._follow_tail(sql, reached)
            self._follow_identity(sql, manifest, paths)
            shown = [paths[one.key] for one in manifest.of(EVENTS.name)]
            show(self._engine, shown, reached=reached)
            self._engine.execute("COMMIT")
        except BaseException:
            self._engine.execute("ROLLBACK")
            self._last_id, self._change, self._files = 0, None, None
            raise

    def _follow_files(self, manifest: Manifest, paths: Mapping[str, str]) -> None:
        """Take first and last times out of files that were not there before."""
        files = frozenset(one.key for one in manifest.of(EVENTS.name))
        if self._files is None:
            for table in ("seen", "tail"):
                self._engine.execute(f"DELETE FROM {table}")  # noqa: S608 - names above
        new = sorted(files - (self._files or frozenset()))
        if new:
            source = "read_parquet($paths, union_by_name = true)"
            self._engine.execute(_SEEN.format(rows=source), {"paths": [paths[key] for key in new]})
        self._files = files

    def _follow_tail(self, sql: Database, reached: int) -> None:
        self._engine.execute("DELETE FROM tail WHERE position <= ?", [reached])
        self._last_id = max(self._last_id, reached)
        more = True
        while more:
            rows, until, more = events_behind(
                sql, reached, limit=_TAIL_AT_A_TIME, after=self._last_id
            )
            self._last_id = until
            if own := rows.by_workspace().get(self._workspace):
                self._add_news(Rows(sql, own).table())

    def _add_news(self, news: pa.Table) -> None:
        """Take rows of the tail; one that has moved since it was taken comes again."""
        self._engine.register("news", news)
        self._engine.execute(_SEEN.format(rows="news"))
        self._engine.execute("DELETE FROM tail WHERE position IN (SELECT position FROM news)")
        self._engine.execute(f"INSERT INTO tail SELECT {NAMES} FROM news")  # noqa: S608 - names of the schema
        self._engine.unregister("news")

    def _follow_identity(self, sql: Database, manifest: Manifest, paths: Mapping[str, str]) -> None:
        last = last_change(sql)
        if self._change is None:
            for table in ("identifiers_held", "traits_held"):
                self._engine.execute(f"DELETE FROM {table}")  # noqa: S608 - names above
            for states, traits in everybody(sql, self._workspace):
                self._take(states, traits)
        elif last > self._change or self._forgotten(sql):
            actors = sorted(self._changed_actors(sql, manifest, paths))
            self._forget(actors)
            for states, traits in these(sql, self._workspace, actors):
                self._take(states, traits)
        self._change = max(last, self._change or 0)

    def _forgotten(self, sql: Database) -> bool:
        """Tell whether the database has forgotten changes that were not looked at."""
        at = positions.position(sql)
        return at is not None and at.change is not None and at.change > (self._change or 0)

    def _changed_actors(
        self, sql: Database, manifest: Manifest, paths: Mapping[str, str]
    ) -> set[str]:
        """Answer who changed, out of the database, and of the lake where that has forgotten."""
        assert self._change is not None  # noqa: S101 - the caller has looked
        _, changes = noted(sql, after=self._change)
        named = [*changes.states, *(actor for actor, _ in changes.traits)]
        own = f"{self._workspace}/"
        actors = {actor.removeprefix(own) for actor in named if actor.startswith(own)}
        files = [paths[one.key] for one in manifest.of(IDENTITY.name)]
        if files and self._forgotten(sql):
            found = self._engine.execute(
                "SELECT DISTINCT actor FROM read_parquet(?) WHERE change > ?",
                [files, self._change],
            )
            actors.update(row[0] for row in found.fetchall())
        return actors

    def _forget(self, actors: Sequence[str]) -> None:
        self._engine.register("changed", pa.table({"actor": pa.array(actors, pa.string())}))
        for table in ("identifiers_held", "traits_held"):
            self._engine.execute(
                f"DELETE FROM {table} WHERE person IN (SELECT actor FROM changed)"  # noqa: S608 - names above
            )
        self._engine.unregister("changed")

    def _take(self, states: Bodies, traits: Bodies) -> None:
        """Take the states and traits of actors, each as its name and a JSON text."""
        for name, rows, statement in (
            ("states", states, TAKE_IDENTIFIERS),
            ("traits", traits, TAKE_TRAITS),
        ):
            people, bodies = zip(*rows, strict=True) if rows else ((), ())
            table = pa.table(
                {"person": pa.array(people, pa.string()), "body": pa.array(bodies, pa.string())}
            )
            self._engine.register(name, table)
            self._engine.execute(statement)
            self._engine.unregister(name)


def _reached(at: Position | None, manifest: Manifest) -> int:
    """Answer up to which position the manifest's files have all events."""
    if at is None:
        return 0
    return max(at.position, manifest.flushed.get(at.lineage, Flushed()).position)
