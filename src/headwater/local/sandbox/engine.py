"""A DuckDB in memory that shows one workspace's events, and is locked before anybody asks it.

After `lock_configuration` no statement can undo what is set here
(https://duckdb.org/docs/stable/operations_manual/securing_duckdb/overview).
"""

from __future__ import annotations

from typing import Any

import duckdb
import pyarrow as pa

from headwater.lake.schema import EVENTS
from headwater.local.lake.any_version import rows_of
from headwater.local.sandbox.orders import Scene

_NAMES = ", ".join(f'"{one.name}"' for one in EVENTS.columns)
_SHOWN = ", ".join(f'rows."{one.name}"' for one in EVENTS.columns if one.name != "person")

TAIL, MOVED, PEOPLE, IDENTIFIERS = "_tail", "_moved", "_people", "_identifiers"
"""Tables of a scene: `events` is made of the first two and the lake's files."""

_VIEWS = {
    PEOPLE: "CREATE VIEW people AS SELECT * REPLACE (traits::JSON AS traits) FROM _people",
    IDENTIFIERS: "CREATE VIEW identifiers AS SELECT * FROM _identifiers",
}

_LOCK = (
    "SET python_enable_replacements = false",
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    "SET allow_community_extensions = false",
    "SET allow_unredacted_secrets = false",
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)


def open_engine(scene: Scene, *, writes: str | None = None) -> duckdb.DuckDBPyConnection:
    """Answer a connection that can read the scene and, if given, write in one folder."""
    config: dict[str, Any] = {
        "memory_limit": f"{scene.memory}B",
        "threads": scene.threads,
        "temp_directory": scene.scratch,
        "max_temp_directory_size": f"{8 * scene.memory}B",
        # Files have no order to keep, and need much less memory so.
        "preserve_insertion_order": writes is None,
    }
    engine = duckdb.connect(config=config)
    engine.execute("SET TimeZone = 'UTC'")
    for name, path in scene.tables.items():
        engine.register(name, pa.ipc.open_file(pa.memory_map(path)).read_all())
        if name in _VIEWS:
            engine.execute(_VIEWS[name])
    if TAIL in scene.tables:
        engine.execute(_events_view(scene))
    engine.execute(f"SET allowed_paths = {_list(scene.files)}")
    if writes is not None:
        engine.execute(f"SET allowed_directories = {_list([writes])}")
    for statement in _LOCK:
        engine.execute(statement)
    return engine


def _events_view(scene: Scene) -> str:
    stored = (
        f"SELECT {_NAMES} FROM {rows_of(EVENTS, _list(scene.files))} UNION ALL "  # noqa: S608 - names of the schema, and quoted paths
        if scene.files
        else ""
    )
    return (
        f"CREATE VIEW events AS SELECT coalesce(moved.person, rows.person) AS person, {_SHOWN}"  # noqa: S608 - as above
        f" FROM ({stored}SELECT {_NAMES} FROM {TAIL}) AS rows"
        f" LEFT JOIN {MOVED} AS moved ON rows.via = moved.identifier"
    )


def quoted(text: str) -> str:
    """Answer a text as SQL has it."""
    return "'" + text.replace("'", "''") + "'"


def _list(texts: list[str]) -> str:
    return f"[{', '.join(quoted(text) for text in texts)}]"
