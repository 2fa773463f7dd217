"""Rewrites statements, so that values cross between Python and SQLite whole and in one piece.

A call from Python into JavaScript costs tens of microseconds, a value that crosses one or two
more, and on the way it loses what JavaScript's one kind of number cannot hold: every number
arrives in SQLite as a real, and comes back without the difference between 1 and 1.0. So

- what is bound as an integer is cast to one in the statement;
- what a query answers comes back as one JSON text a row, made by SQLite;
- rows to insert go in as one JSON text, read by SQLite.

Text in, text out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import msgspec

from headwater.ports import SqlValue

# What may hold a question mark that is no parameter: literals, quoted names, comments.
_OPAQUE = r"""'(?:[^']|'')*' | "(?:[^"]|"")*" | `[^`]*` | \[[^\]]*\] | --[^\n]* | /\*.*?\*/"""
_TOKEN = re.compile(rf"{_OPAQUE} | (?P<word>\w+) | (?P<mark>[?(),])", re.VERBOSE | re.DOTALL)
_PARAMETER = re.compile(
    rf"(?:{_OPAQUE}) | (?P<parameter>\?(?P<number>\d*))", re.VERBOSE | re.DOTALL
)

_VERBS = frozenset({"SELECT", "VALUES", "INSERT", "REPLACE", "UPDATE", "DELETE"})

# A blob in a row of JSON. A quote inside a JSON string is escaped, so text never looks like this.
_BLOB = '{"b":"'


def is_query(sql: str) -> bool:
    """Answer whether a statement only answers rows: a SELECT or VALUES, maybe behind a WITH."""
    depth, first = 0, True
    for token in _TOKEN.finditer(sql):
        if token["mark"]:
            depth += {"(": 1, ")": -1}.get(token["mark"], 0)
        elif token["word"]:
            word = token["word"].upper()
            if first and word not in _VERBS | {"WITH"}:
                return False
            if depth == 0 and word in _VERBS:
                return word in ("SELECT", "VALUES")
            first = False
    return False


def with_integers(sql: str, whole: Sequence[bool]) -> str:
    """Answer the statement with a cast to integer round each parameter that is `whole`.

    The plus takes the cast's affinity away, so that the value compares as a bound one does.
    """
    place = -1

    def replaced(match: re.Match[str]) -> str:
        nonlocal place
        if match["parameter"] is None:
            return match[0]
        place = int(match["number"]) - 1 if match["number"] else place + 1
        return f"+CAST({match[0]} AS INTEGER)" if whole[place] else match[0]

    return _PARAMETER.sub(replaced, sql)


def counting(sql: str) -> str:
    """Answer a statement with the columns of a query and none of its rows."""
    return f"SELECT * FROM ({_bare(sql)}) LIMIT 0"


def as_json(sql: str, columns: int) -> str:
    """Answer a query's rows in their order, each as one JSON text."""
    names = [f"c{number}" for number in range(columns)]
    # The concatenation takes off the mark by which SQLite knows JSON, which it would embed.
    cells = (
        f"CASE typeof({name}) WHEN 'text' THEN {name} || ''"
        f" WHEN 'blob' THEN json_object('b', hex({name})) ELSE {name} END"
        for name in names
    )
    return (
        f"WITH answer ({', '.join(names)}) AS ({_bare(sql)})"
        f" SELECT json_array({', '.join(cells)}) FROM answer"
    )


def rows(texts: str) -> list[tuple[Any, ...]]:
    """Answer the rows that are these JSON texts, joined by commas."""
    text = f"[{texts}]"
    try:
        found = msgspec.json.decode(text, type=list[tuple[Any, ...]])
    except msgspec.DecodeError:  # SQLite writes infinity as 9.0e+999
        found = [tuple(row) for row in json.loads(text)]
    if _BLOB not in text:
        return found
    return [
        tuple(bytes.fromhex(cell["b"]) if isinstance(cell, dict) else cell for cell in row)
        for row in found
    ]


def inserting(sql: str, *, blobs: bool) -> str:
    """Answer an `INSERT … VALUES (…)` as one that reads its rows from a parameter of JSON.

    Raises:
        ValueError: it is no such statement, or has parameters beyond its VALUES.
    """
    start, end = _values(sql)
    place = -1

    def replaced(match: re.Match[str]) -> str:
        nonlocal place
        if match["parameter"] is None:
            return match[0]
        place += 1
        if not blobs:
            return f"(value ->> {place})"
        return (
            f"iif(json_type(value, '$[{place}]') = 'object',"
            f" unhex(value ->> '$[{place}].b'), value ->> {place})"
        )

    if any(match["parameter"] for match in _PARAMETER.finditer(sql[end:])):
        raise ValueError(f"parameters beyond VALUES have no place in many rows: {sql}")
    expressions = _PARAMETER.sub(replaced, sql[start:end])
    # WHERE: else the parser would take ON CONFLICT for a join's
    # (https://www.sqlite.org/lang_upsert.html, section 2.2).
    return (
        f"{sql[: sql.upper().rindex('VALUES', 0, start)]}"
        f"SELECT {expressions} FROM json_each(?) WHERE true{sql[end + 1 :]}"
    )


def many(values: Sequence[Sequence[SqlValue]]) -> tuple[str, bool]:
    """Answer the rows as JSON, and whether there is a blob among them."""
    blobs = False

    def encoded(value: bytes) -> dict[str, str]:
        nonlocal blobs
        blobs = True
        return {"b": value.hex()}

    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"), default=encoded)
    return text, blobs


def _values(sql: str) -> tuple[int, int]:
    """Answer where the one row of VALUES begins and ends, its parentheses not included."""
    seen, depth, start = False, 0, 0
    for token in _TOKEN.finditer(sql):
        if not seen:
            seen = token["word"] is not None and token["word"].upper() == "VALUES"
        elif token["mark"] == "(":
            depth += 1
            start = start or token.end()
        elif token["mark"] == ")":
            depth -= 1
            if depth == 0:
                return start, token.start()
    raise ValueError(f"this is no INSERT … VALUES (…): {sql}")


def _bare(sql: str) -> str:
    """Answer a statement without its semicolon, and ended by a line, as a comment may end it."""
    return sql.rstrip().removesuffix(";") + "\n"
