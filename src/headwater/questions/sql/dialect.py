"""What the two databases say differently. Everything else is written once, for both.

Both have the same relations; a person's events never lie in two databases:

    events(person, message_id, timestamp, type, name, properties, traits, context, bot)
    people(person, traits, first_seen, last_seen)
    memberships(audience, person, since)

`properties`, `traits` and `context` are JSON text; `bot` is null where nothing marks the event as
a bot's. Times are TIMESTAMP in UTC in DuckDB, and integers (milliseconds) in SQLite.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal, Protocol

from headwater.questions.sql.text import json_path, quoted

JsonKind = Literal["text", "true", "false", "list"]
Scalar = str | bool | int | float

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Dialect(Protocol):
    """Writes what DuckDB and SQLite say differently."""

    name: str

    def milliseconds(self, column: str) -> str:
        """Answer a column with a time as an integer."""
        ...

    def instant(self, at: int) -> str:
        """Answer a literal to compare with a column that holds a time."""
        ...

    def divided(self, number: str, by: int) -> str:
        """Answer the quotient of an integer that is not negative, rounded down."""
        ...

    def month_number(self, clock: str) -> str:
        """Answer year * 12 + month of milliseconds since 1970-01-01."""
        ...

    def label(self, column: str, names: Sequence[str]) -> str:
        """Answer what is at a path in a JSON column, as text: a text as it is, else its JSON."""
        ...

    def number(self, column: str, names: Sequence[str]) -> str:
        """Answer the JSON number at a path as a double, null where there is none."""
        ...

    def as_json(self, text: str) -> str:
        """Answer a text as a JSON column, so that it can be asked like what is inside of one."""
        ...

    def kind_is(self, column: str, names: Sequence[str], kind: JsonKind) -> str:
        """Answer SQL that is true where a value of this kind is at a path."""
        ...

    def text_fits(self, text: str, pattern: str) -> str:
        """Answer SQL that is true of texts that fit a pattern of `*` and `?` as a whole."""
        ...

    def has_element(self, column: str, names: Sequence[str], wanted: Scalar) -> str:
        """Answer SQL that is true where the list at a path has this among its elements."""
        ...

    def seconds_of(self, text: str) -> str:
        """Answer the Unix time of a text `2026-01-31T12:00:00` in UTC, null where it is none."""
        ...

    def looks_like(self, text: str, shape: str) -> str:
        """Answer SQL that is true where a text has a shape: 0 is any digit, the rest itself."""
        ...

    def quantile(self, number: str, share: float) -> str | None:
        """Answer the aggregate of a quantile with interpolation, None where there is none."""
        ...

    def bits(self, number: str, condition: str) -> str:
        """Answer the aggregate that sets the bits with these numbers (0 to 59), 0 where none."""
        ...


class DuckDB:
    """DuckDB, over the lake and what is not in it yet."""

    name = "duckdb"

    def milliseconds(self, column: str) -> str:
        """Answer a column with a time as an integer."""
        return f"epoch_ms({column})"

    def instant(self, at: int) -> str:
        """Answer a text, which takes the type of the column, so that files are skipped by it."""
        moment = (_EPOCH + timedelta(milliseconds=at)).isoformat(sep=" ", timespec="milliseconds")
        return f"'{moment}'"

    def divided(self, number: str, by: int) -> str:
        """Answer integer division, which DuckDB has a sign of its own for."""
        return f"({number}) // {by}"

    def month_number(self, clock: str) -> str:
        """Answer year * 12 + month."""
        time = f"make_timestamp_ms({clock})"
        return f"(year({time}) * 12 + month({time}))"

    def label(self, column: str, names: Sequence[str]) -> str:
        """Answer the text at a path."""
        return f"{column} ->> {json_path(names)}"

    def number(self, column: str, names: Sequence[str]) -> str:
        """Answer the number at a path; the text of a JSON text has quotes, so it is none."""
        return f"TRY_CAST(CAST({column} -> {json_path(names)} AS VARCHAR) AS DOUBLE)"

    def as_json(self, text: str) -> str:
        """Answer JSON."""
        return f"to_json({text})"

    def kind_is(self, column: str, names: Sequence[str], kind: JsonKind) -> str:
        """Answer a question about the type; true and false have one, so the text tells them."""
        path = json_path(names)
        if kind in {"true", "false"}:
            return f"({column} ->> {path} = '{kind}' AND json_type({column}, {path}) = 'BOOLEAN')"
        name = {"text": "VARCHAR", "list": "ARRAY"}[kind]
        return f"json_type({column}, {path}) = '{name}'"

    def text_fits(self, text: str, pattern: str) -> str:
        """Answer a regular expression (RE2), whose time is linear."""
        signs = {"*": ".*", "?": "."}
        expression = "".join(
            signs.get(sign) or (sign if sign.isalnum() or ord(sign) > 127 else f"\\{sign}")
            for sign in pattern
        )
        return f"regexp_full_match({text}, {quoted(expression)}, 's')"

    def has_element(self, column: str, names: Sequence[str], wanted: Scalar) -> str:
        """Answer a test of the elements' JSON text, which DuckDB writes in one way."""
        path = json_path(names)[:-1] + "[*]'"
        if isinstance(wanted, str):
            test = f"CAST(one AS VARCHAR) = CAST(to_json({quoted(wanted)}) AS VARCHAR)"
        elif isinstance(wanted, bool):
            test = f"CAST(one AS VARCHAR) = '{str(wanted).lower()}'"
        else:
            test = f"TRY_CAST(CAST(one AS VARCHAR) AS DOUBLE) = {wanted!r}"
        elements = f"json_extract({column}, {path})"
        return f"len(list_filter({elements}, lambda one: {test})) > 0"

    def seconds_of(self, text: str) -> str:
        """Answer what a cast makes of the text."""
        return f"CAST(floor(epoch(TRY_CAST({text} AS TIMESTAMP))) AS BIGINT)"

    def looks_like(self, text: str, shape: str) -> str:
        """Answer a regular expression."""
        signs = {"0": "[0-9]", ".": "\\.", "+": "\\+"}
        expression = "".join(signs.get(sign, sign) for sign in shape)
        return f"regexp_full_match({text}, '{expression}')"

    def quantile(self, number: str, share: float) -> str | None:
        """Answer DuckDB's own aggregate."""
        return f"quantile_cont({number}, {share!r})"

    def bits(self, number: str, condition: str) -> str:
        """Answer the aggregate that is made for it."""
        one = f"CAST(1 AS BIGINT) << CAST({number} AS BIGINT)"
        return f"coalesce(bit_or({one}) FILTER (WHERE {condition}), 0)"


class SQLite:
    """SQLite, in a shard that holds some of the people (actors/population.sql)."""

    name = "sqlite"

    def milliseconds(self, column: str) -> str:
        """Answer the column, which holds an integer."""
        return column

    def instant(self, at: int) -> str:
        """Answer the integer."""
        return str(at)

    def divided(self, number: str, by: int) -> str:
        """Answer the division of integers."""
        return f"({number}) / {by}"

    def month_number(self, clock: str) -> str:
        """Answer year * 12 + month."""
        seconds = f"({clock}) / 1000, 'unixepoch'"
        return (
            f"(CAST(strftime('%Y', {seconds}) AS INTEGER) * 12"
            f" + CAST(strftime('%m', {seconds}) AS INTEGER))"
        )

    def label(self, column: str, names: Sequence[str]) -> str:
        """Answer the text at a path; without the cases, true would be 1."""
        path = json_path(names)
        return (
            f"CASE json_type({column}, {path}) WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' "
            f"WHEN 'object' THEN {column} -> {path} WHEN 'array' THEN {column} -> {path} "
            f"ELSE CAST({column} ->> {path} AS TEXT) END"
        )

    def number(self, column: str, names: Sequence[str]) -> str:
        """Answer the number at a path."""
        path = json_path(names)
        return (
            f"CASE WHEN json_type({column}, {path}) IN ('integer', 'real') "
            f"THEN CAST({column} ->> {path} AS REAL) END"
        )

    def as_json(self, text: str) -> str:
        """Answer JSON; of null it is null, not JSON's."""
        return f"CASE WHEN {text} IS NOT NULL THEN json_quote({text}) END"

    def kind_is(self, column: str, names: Sequence[str], kind: JsonKind) -> str:
        """Answer a question about the type."""
        name = {"list": "array"}.get(kind, kind)
        return f"json_type({column}, {json_path(names)}) = '{name}'"

    def text_fits(self, text: str, pattern: str) -> str:
        """Answer SQLite's GLOB, in which `[` begins a set."""
        return f"{text} GLOB {quoted(pattern.replace('[', '[[]'))}"

    def has_element(self, column: str, names: Sequence[str], wanted: Scalar) -> str:
        """Answer a search among the elements."""
        if isinstance(wanted, str):
            test = f"type = 'text' AND value = {quoted(wanted)}"
        elif isinstance(wanted, bool):
            test = f"type = '{str(wanted).lower()}'"
        else:
            test = f"type IN ('integer', 'real') AND value = {wanted!r}"
        elements = f"json_each({column}, {json_path(names)})"
        return f"EXISTS (SELECT 1 FROM {elements} WHERE {test})"  # noqa: S608 - literals are quoted

    def seconds_of(self, text: str) -> str:
        """Answer what strftime says, of days that there are: it takes 31 February for 3 March."""
        return (
            f"CASE WHEN date(substr({text}, 1, 10)) = substr({text}, 1, 10) "
            f"THEN CAST(strftime('%s', {text}) AS INTEGER) END"
        )

    def looks_like(self, text: str, shape: str) -> str:
        """Answer a GLOB."""
        return f"{text} GLOB '{shape.replace('0', '[0-9]')}'"

    def quantile(self, number: str, share: float) -> str | None:  # noqa: ARG002 - the protocol's
        """Answer None: quantiles are worked out of how often there is each value."""
        return None

    def bits(self, number: str, condition: str) -> str:
        """Answer a sum in which each power of two is once."""
        return f"coalesce(sum(DISTINCT 1 << ({number})) FILTER (WHERE {condition}), 0)"
