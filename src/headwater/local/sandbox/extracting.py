"""Files of selected events, written by the sandbox's process."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import duckdb

from headwater.exports.events import COLUMNS, OBJECTS, TIMES
from headwater.local.sandbox.checking import check_condition
from headwater.local.sandbox.engine import open_engine, quoted
from headwater.local.sandbox.orders import Extract, Join, Progress, Written
from headwater.local.sandbox.selecting import selected

_EVERY = 0.5  # seconds

_WAYS = {
    "parquet": "FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 65536",
    "csv": "FORMAT csv, HEADER {header}",
    "jsonl": "FORMAT json",
}


def extract(order: Extract, tell: Callable[[Progress], None]) -> Written:
    """Write selected events to a file: whole, and on the disk, when this returns."""
    engine = open_engine(order.scene, writes=str(Path(order.path).parent))
    if order.selection.where is not None:
        check_condition(engine, order.selection.where)
    rows = f"SELECT {_columns(order.form)} FROM {selected(order.selection)}"  # noqa: S608 - checked above
    way = _WAYS[order.form].format(header=str(order.header).lower())
    return _copy(engine, rows, way, order.path, tell)


def join(order: Join, tell: Callable[[Progress], None]) -> Written:
    """Write Parquet files as one."""
    engine = duckdb.connect(
        config={"memory_limit": f"{order.scene.memory}B", "threads": order.scene.threads}
    )
    engine.execute("SET TimeZone = 'UTC'")
    parts = ", ".join(quoted(part) for part in order.parts)
    rows = f"SELECT * FROM read_parquet([{parts}])"  # noqa: S608 - quoted paths
    return _copy(engine, rows, _WAYS["parquet"], order.path, tell)


def _copy(
    engine: duckdb.DuckDBPyConnection,
    rows: str,
    way: str,
    path: str,
    tell: Callable[[Progress], None],
) -> Written:
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(_EVERY):
            tell(Progress(max(0.0, engine.query_progress()) / 100))

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    try:
        found = engine.execute(f"COPY ({rows}) TO {quoted(path)} ({way})").fetchall()
    finally:
        ended.set()
        watching.join()
    with Path(path).open("rb") as file:
        os.fsync(file.fileno())
        size = os.fstat(file.fileno()).st_size
    return Written(rows=found[0][0] if found else 0, bytes=size)


def _columns(form: str) -> str:
    """Answer the columns of a form: JSON lines nest objects, the others have them as text."""
    parts = []
    for name in COLUMNS:
        if form == "jsonl" and name in OBJECTS:
            parts.append(f'"{name}"::JSON AS "{name}"')
        elif form != "parquet" and name in TIMES:
            parts.append(f'strftime("{name}", \'%Y-%m-%dT%H:%M:%S.%gZ\') AS "{name}"')
        else:
            parts.append(f'"{name}"')
    return ", ".join(parts)
