"""What a sandbox may see of a workspace, put where its process can read it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from headwater.local.sandbox.orders import Scene

if TYPE_CHECKING:
    import duckdb

# Named as engine.py names them, which is not imported: the server has no use for the rest of it.
_TABLES = {
    "_tail": ("events", "SELECT * FROM tail_shown"),
    "_moved": ("events", "SELECT * FROM moved"),
    "_people": ("people", "SELECT * REPLACE (traits::VARCHAR AS traits) FROM people"),
    "_identifiers": ("identifiers", "SELECT * FROM identifiers"),
}
_BATCH = 65_536


def take(connection: duckdb.DuckDBPyConnection, text: str, folder: Path, *, memory: int) -> Scene:
    """Answer a scene with what a text of SQL may name, all as of one moment.

    Args:
        connection: of a `Relation`.
        text: what is not named in it is not copied.
        folder: to write in; it must outlive the scene.
        memory: bytes that queries may use before they go to the disk.
    """
    import pyarrow as pa  # noqa: PLC0415 - DuckDB and Arrow take memory that others can spare

    lower = text.lower()
    named = [(name, sql) for name, (shown_as, sql) in _TABLES.items() if shown_as in lower]
    tables: dict[str, str] = {}
    connection.execute("BEGIN")
    try:
        files = [row[0] for row in connection.execute("SELECT path FROM files_shown").fetchall()]
        if not named:  # it asks which tables there are (SHOW TABLES), if of any: they may be empty
            files = []
            named = [(name, f"SELECT * FROM ({sql}) LIMIT 0") for name, (_, sql) in _TABLES.items()]  # noqa: S608 - of this file
        for name, sql in named:
            path = folder / f"{name}.arrow"
            reader = connection.sql(sql).to_arrow_reader(_BATCH)
            with (
                pa.OSFile(str(path), "wb") as file,
                pa.ipc.new_file(file, reader.schema) as writer,
            ):
                for batch in reader:
                    writer.write_batch(batch)
            tables[name] = str(path)
    finally:
        connection.execute("ROLLBACK")
    scratch = folder / "spilled"
    scratch.mkdir(exist_ok=True)
    return Scene(files=files, tables=tables, scratch=str(scratch), memory=memory)
