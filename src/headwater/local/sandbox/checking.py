"""What people may write: one statement that reads, and conditions that are nothing else.

DuckDB's own parser tells (https://duckdb.org/docs/stable/data/json/sql_to_and_from_json), so
there is no second opinion on what a text means.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb

TABLES = ("events", "people", "identifiers")
"""What there is to read; see relation.py."""

_FUNCTIONS = frozenset(
    {"range", "generate_series", "unnest", "json_each", "json_tree", "repeat", "icu_calendar_names"}
    | {"pg_timezone_names", "duckdb_functions", "duckdb_columns", "duckdb_types"}
)
"""Functions that may stand where a table may. Those that open things are locked anyway."""


class NotAllowed(Exception):
    """It is not one of the things that may be asked."""


def check_query(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Raise `NotAllowed` unless a text is one SELECT over tables that are here."""
    parsed = _parsed(connection, sql)
    statements = parsed.get("statements", [])
    if parsed["error"]:
        if parsed.get("error_type") == "not implemented":
            raise NotAllowed(
                "Only statements that read are run here: SELECT, WITH … SELECT, FROM, VALUES, "
                "DESCRIBE and SUMMARIZE."
            )
        raise NotAllowed(str(parsed.get("error_message", "This is not SQL.")))
    if not statements:
        raise NotAllowed("There is no statement; give one, such as: SELECT count(*) FROM events")
    if len(statements) != 1:
        raise NotAllowed("One statement at a time, please; leave out what follows the ';'.")
    for name in _table_functions(statements[0]):
        if name not in _FUNCTIONS:
            raise NotAllowed(
                f"The function {name[:80]}() is not available: only the tables "
                f"{', '.join(TABLES)} can be read, no files and no network."
            )


def check_condition(connection: duckdb.DuckDBPyConnection, where: str) -> None:
    """Raise `NotAllowed` unless a text is a condition, and only that, on the table `events`."""
    if not where.strip():
        raise NotAllowed("The condition is empty; leave it out where all events are meant.")
    sql = f"SELECT * FROM events WHERE (\n{where}\n)"  # noqa: S608 - it is only parsed
    check_query(connection, sql)
    whole, plain = (
        _parsed(connection, text)["statements"][0]
        for text in (sql, "SELECT * FROM events WHERE (true)")
    )
    whole["node"].pop("where_clause", None)
    plain["node"].pop("where_clause", None)
    if _bare(whole) != _bare(plain):
        raise NotAllowed(
            "Give a condition alone, such as: name = 'Order Completed' AND "
            "properties->>'plan' = 'pro'"
        )
    kind = connection.sql(f"SELECT (\n{where}\n) AS wanted FROM events").types[0]  # noqa: S608 - checked above
    if str(kind) != "BOOLEAN":
        raise NotAllowed(f"The condition is {kind}; it must be true or false of an event.")


def _parsed(connection: duckdb.DuckDBPyConnection, sql: str) -> dict[str, Any]:
    rows = connection.execute("SELECT json_serialize_sql(?)", [sql]).fetchall()
    parsed: dict[str, Any] = json.loads(rows[0][0])
    return parsed


def _table_functions(node: Any) -> Iterator[str]:
    """Answer the names of all functions that stand where a table may, at any depth."""
    if isinstance(node, dict):
        if node.get("type") == "TABLE_FUNCTION":
            yield str(node["function"]["function_name"]).lower()
        for value in node.values():
            yield from _table_functions(value)
    elif isinstance(node, list):
        for value in node:
            yield from _table_functions(value)


def _bare(node: Any) -> Any:
    """Answer a tree without the places in the text that its parts stood at."""
    if isinstance(node, dict):
        return {
            name: _bare(value)
            for name, value in node.items()
            if name not in {"query_location", "query_location_length"}
        }
    return [_bare(value) for value in node] if isinstance(node, list) else node
