"""What DuckDB says in its own way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from headwater.questions.sql.dialect import JsonKind, Scalar
from headwater.questions.sql.text import json_path, quoted

_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = r"[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
_OFFSET = r"(Z|[+-][0-9]{2}:[0-9]{2})"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


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
