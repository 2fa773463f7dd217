"""DuckDB's views of a workspace's lake: what they are made of, whatever fills them.

    events       as docs/lake.md has them, but `person` is who holds the `via` now
    people       person, traits (JSON), first_seen, last_seen
    identifiers  identifier, person

relation.sql has the tables in memory beside the lake's files.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources

import duckdb

from headwater.actors.migrations import statements
from headwater.lake.schema import EVENTS
from headwater.local.lake.any_version import TYPES, rows_of

NAMES = ", ".join(f'"{one.name}"' for one in EVENTS.columns)
"""Columns of `events`, for a SELECT."""

_SHOWN = ", ".join(f'rows."{one.name}"' for one in EVENTS.columns if one.name != "person")

TAKE_IDENTIFIERS = """
INSERT INTO identifiers_held
SELECT unnest(json_keys(body, '$.ids')), person,
       json_exists(body, '$.blocked') OR json_exists(body, '$.departed')
FROM states WHERE starts_with(body, '{"type":"root"')
"""
"""Takes over who holds what of `states`: person, and JSON text of an actor's state."""

TAKE_TRAITS = """
INSERT INTO traits_held
SELECT person, '{' || string_agg(to_json(name) || ':' || value, ',' ORDER BY name) || '}' FROM (
    SELECT person, each.key AS name,
           arg_max(each.value -> 0, (CAST(each.value ->> 1 AS BIGINT), each.value ->> 2)) AS value
    FROM traits, json_each(traits.body) AS each GROUP BY person, each.key
) WHERE json_type(value) <> 'NULL' GROUP BY person
"""
"""Takes over folded traits of `traits`: person, and JSON text of some of an actor's traits."""

FIRST_AND_LAST = "SELECT via, min(timestamp), max(timestamp) FROM {rows} GROUP BY via"
"""First and last event by identifier."""


def open_views(memory: int) -> duckdb.DuckDBPyConnection:
    """Answer a database in memory with the tables, empty; `show` makes `events`.

    Args:
        memory: bytes that queries may use before they go to the disk.
    """
    engine = duckdb.connect(config={"memory_limit": f"{memory}B", "threads": 2})
    engine.execute("SET TimeZone = 'UTC'")
    columns = ", ".join(f'"{one.name}" {TYPES[one.kind]}' for one in EVENTS.columns)
    engine.execute(f"CREATE TABLE tail ({columns})")
    schema = resources.files(__package__).joinpath("relation.sql").read_text("utf-8")
    for statement in statements(schema):
        engine.execute(statement)
    return engine


def show(engine: duckdb.DuckDBPyConnection, paths: Sequence[str], *, reached: int) -> None:
    """Have `events` show what is in files of events, and what of the tail is behind `reached`."""
    files = ", ".join(_quoted(path) for path in paths)
    stored = (
        f"SELECT {NAMES} FROM {rows_of(EVENTS, f'[{files}]')} UNION ALL "  # noqa: S608 - names of the schema, and quoted paths
        if files
        else ""
    )
    engine.execute(
        f"CREATE OR REPLACE TABLE files_shown AS SELECT unnest([{files}]::VARCHAR[]) AS path"
    )
    engine.execute(
        "CREATE OR REPLACE VIEW tail_shown AS"  # noqa: S608 - as above
        f" SELECT {NAMES} FROM tail WHERE position > {reached}"
    )
    engine.execute(
        "CREATE OR REPLACE VIEW events AS SELECT coalesce(moved.person, rows.person) AS person,"  # noqa: S608 - as above
        f" {_SHOWN} FROM ({stored}SELECT {NAMES} FROM tail_shown) AS rows"
        " LEFT JOIN moved ON rows.via = moved.identifier"
    )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
