"""What the two databases say differently. Everything else is written once, for both.

Both have the same relations; a person's events never lie in two databases:

    events(person, message_id, timestamp, type, name, properties, traits, context, bot)
    people(person, traits, first_seen, last_seen)
    memberships(audience, person, since)
    accounts(person, account, traits)           a row for each account that a person is in

`properties`, `traits` and `context` are JSON text; `bot` is null where nothing marks the event as
a bot's. Times are TIMESTAMP in UTC in DuckDB, and integers (milliseconds) in SQLite.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal, Protocol

from headwater.questions.sql.text import json_path, quoted

JsonKind = Literal["text", "true", "false", "list"]
Scalar = str | bool | int | float

_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = r"[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
_OFFSET = r"(Z|[+-][0-9]{2}:[0-9]{2})"
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

    def scalar(self, column: str, names: Sequence[str]) -> str:
        """Answer a text that is the same for equal texts, numbers or booleans; else null."""
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

    def whole(self, number: str) -> str:
        """Answer a number's integer part."""
        ...

    def bound(self, values: Mapping[str, str], expression: str) -> str:
        """Answer an expression in which names stand for values that are worked out once."""
        ...

    def clock(self, text: str) -> str:
        """Answer the milliseconds that a date or time shows, as if in UTC; else null.

        A text with `Z` or an offset has none.
        """
        ...

    def absolute(self, text: str) -> str:
        """Answer the milliseconds of a time with `Z` or an offset; else null."""
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

    def scalar(self, column: str, names: Sequence[str]) -> str:
        """Answer JSON's own text, of numbers that of the double."""
        path = json_path(names)
        kind = f"json_type({column}, {path})"
        return (
            f"CASE WHEN {kind} IN ('VARCHAR', 'BOOLEAN') THEN CAST({column} -> {path} AS VARCHAR) "
            f"ELSE CAST({self.number(column, names)} AS VARCHAR) END"
        )

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

    def whole(self, number: str) -> str:
        """Answer the integer; a cast alone would round."""
        return f"CAST(trunc({number}) AS BIGINT)"

    def bound(self, values: Mapping[str, str], expression: str) -> str:
        """Answer functions over lists of one."""
        for name, value in values.items():
            expression = f"list_transform([{value}], lambda {name}: {expression})[1]"
        return expression

    def clock(self, text: str) -> str:
        """Answer what a cast makes of it; the cast alone would take many other forms."""
        time = f"epoch_ms(TRY_CAST({text} AS TIMESTAMP))"
        return f"CASE WHEN regexp_full_match({text}, '{_DATE}({_TIME})?') THEN {time} END"

    def absolute(self, text: str) -> str:
        """Answer what a cast makes of it."""
        time = f"epoch_ms(TRY_CAST({text} AS TIMESTAMPTZ))"
        return f"CASE WHEN regexp_full_match({text}, '{_DATE}{_TIME}{_OFFSET}') THEN {time} END"

    def quantile(self, number: str, share: float) -> str | None:
        """Answer DuckDB's own aggregate."""
        return f"quantile_cont({number}, {share!r})"

    def bits(self, number: str, condition: str) -> str:
        """Answer the aggregate that is made for it; a filter would not keep from shifting."""
        one = f"CAST(1 AS BIGINT) << CAST({number} AS BIGINT)"
        return f"coalesce(bit_or(CASE WHEN {condition} THEN {one} ELSE 0 END), 0)"


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

    def scalar(self, column: str, names: Sequence[str]) -> str:
        """Answer JSON's own text, of numbers that of the double."""
        path = json_path(names)
        return (
            f"CASE WHEN json_type({column}, {path}) IN ('text', 'true', 'false') "
            f"THEN {column} -> {path} ELSE CAST({self.number(column, names)} AS TEXT) END"
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

    def whole(self, number: str) -> str:
        """Answer the integer."""
        return f"CAST({number} AS INTEGER)"

    def bound(self, values: Mapping[str, str], expression: str) -> str:
        """Answer a query of one row."""
        columns = ", ".join(f"{value} AS {name}" for name, value in values.items())
        return f"(SELECT {expression} FROM (SELECT {columns}))"  # noqa: S608 - SQL of ours

    def clock(self, text: str) -> str:
        """Answer what strftime says of a text without an offset."""
        return f"CASE WHEN NOT ({self._has_offset(text)}) THEN {self._time(text)} END"

    def absolute(self, text: str) -> str:
        """Answer what strftime says of a text with an offset, which it heeds."""
        return f"CASE WHEN {self._has_offset(text)} THEN {self._time(text)} END"

    def _has_offset(self, text: str) -> str:
        return f"{text} GLOB '*Z' OR substr({text}, 11) GLOB '*[+-][0-9][0-9]:[0-9][0-9]'"

    def _time(self, text: str) -> str:
        """Answer milliseconds, of days that there are: strftime takes 31 February for 3 March."""
        day = f"substr({text}, 1, 10)"
        fraction = (
            f"CAST(CAST(substr({text}, instr({text}, '.')) AS REAL) * 1000 + 1e-6 AS INTEGER)"
        )
        return (
            f"CASE WHEN {day} GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]' "
            f"AND date({day}) = {day} THEN CAST(strftime('%s', {text}) AS INTEGER) * 1000 "
            f"+ CASE WHEN instr({text}, '.') > 0 THEN {fraction} ELSE 0 END END"
        )

    def quantile(self, number: str, share: float) -> str | None:  # noqa: ARG002 - the protocol's
        """Answer None: quantiles are worked out of how often there is each value."""
        return None

    def bits(self, number: str, condition: str) -> str:
        """Answer a sum in which each power of two is once."""
        return f"coalesce(sum(DISTINCT 1 << ({number})) FILTER (WHERE {condition}), 0)"
