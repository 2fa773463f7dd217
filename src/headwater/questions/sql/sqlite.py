"""What SQLite says in its own way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from headwater.questions.sql.dialect import JsonKind, Scalar
from headwater.questions.sql.text import json_path, quoted


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
