"""Conditions on events as far as they are understood without an engine of SQL.

A part of what DuckDB takes, with the same meaning, SQL's third truth value too:

    name = 'Order Completed' AND properties->>'plan' IN ('pro', 'team')
    NOT (type = 'page' OR user_id IS NULL)

Columns of text are compared with texts by `=`, `<>`, `!=`, `<`, `<=`, `>`, `>=`, `IN`, `IS NULL`;
so is a field of `properties`, `traits` and `context`, by `->>`. Whatever else it is, is refused.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from headwater.errors import BadRequest

Row = Mapping[str, Any]
Test = Callable[[Row], bool | None]
"""Tells of a row whether something is true; None is neither true nor false, as in SQL."""

TEXTS = (
    "person",
    "via",
    "message_id",
    "type",
    "name",
    "user_id",
    "anonymous_id",
    "group_id",
    "source",
)
OBJECTS = ("properties", "traits", "context")

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<word>[A-Za-z_]\w*)"
    r"|(?P<mark>->>|->|<=|>=|<>|!=|[=<>(),]))"
)
_COMPARISONS: Mapping[str, Callable[[str, str], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_DEEPEST = 50
_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])


def read_condition(where: str) -> Test:
    """Answer what tells whether a condition is true of a row of the lake's events.

    Raises:
        BadRequest: it is not understood here, saying from where on and what is.
    """
    return _Reader(where).whole()


class _Reader:
    """Reads a condition from its beginning to its end."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._place = 0
        self._depth = 0

    def whole(self) -> Test:
        """Answer all of it."""
        test = self._either()
        if self._where[self._place :].strip():
            raise self._trouble()
        return test

    def _either(self) -> Test:
        tests = [self._both()]
        while self._takes("OR"):
            tests.append(self._both())
        return _either(tests) if len(tests) > 1 else tests[0]

    def _both(self) -> Test:
        tests = [self._negated()]
        while self._takes("AND"):
            tests.append(self._negated())
        return _both(tests) if len(tests) > 1 else tests[0]

    def _negated(self) -> Test:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._trouble()
        try:
            return _negated(self._negated()) if self._takes("NOT") else self._primary()
        finally:
            self._depth -= 1

    def _primary(self) -> Test:
        if self._takes("("):
            return self._in_brackets()
        for word, value in (("TRUE", True), ("FALSE", False)):
            if self._takes(word):
                return _always(value=value)
        return self._comparison(self._operand())

    def _in_brackets(self) -> Test:
        """Answer a condition in brackets, or a comparison of an operand in brackets."""
        place = self._place
        try:
            operand = self._operand()
            self._needs(")")
        except BadRequest:
            self._place = place
            test = self._either()
            self._needs(")")
            return test
        return self._comparison(operand)

    def _comparison(self, operand: Callable[[Row], str | None]) -> Test:
        if self._takes("IS"):
            negative = self._takes("NOT")
            self._needs("NULL")
            return lambda row: (operand(row) is None) != negative
        for mark, compare in _COMPARISONS.items():
            if self._takes(mark):
                return _compared(operand, compare, self._text())
        negative = self._takes("NOT")
        self._needs("IN")
        self._needs("(")
        texts = [self._text()]
        while self._takes(","):
            texts.append(self._text())
        self._needs(")")
        test = _among(operand, frozenset(texts))
        return _negated(test) if negative else test

    def _operand(self) -> Callable[[Row], str | None]:
        kind, word = self._next()
        name = word.lower()
        if kind == "word" and name in TEXTS:
            self._skip()
            return lambda row: row[name]
        if kind != "word" or name not in OBJECTS:
            raise self._trouble()
        self._skip()
        keys: list[str] = []
        while self._takes("->"):
            keys.append(self._key())
        self._needs("->>")
        keys.append(self._key())
        return lambda row: _field(row[name], keys)

    def _key(self) -> str:
        kind, text = self._next()
        key = text[1:-1].replace("''", "'")
        # To DuckDB these begin a path.
        if kind != "text" or not key or key[0] in "$/":
            raise self._trouble()
        self._skip()
        return key

    def _text(self) -> str:
        kind, text = self._next()
        if kind != "text":
            raise self._trouble()
        self._skip()
        return text[1:-1].replace("''", "'")

    def _next(self) -> tuple[str, str]:
        found = _TOKEN.match(self._where, self._place)
        if found is None or found.lastgroup is None:
            return "end", ""
        return found.lastgroup, found[found.lastgroup]

    def _skip(self) -> None:
        found = _TOKEN.match(self._where, self._place)
        self._place = found.end() if found else len(self._where)

    def _takes(self, token: str) -> bool:
        kind, text = self._next()
        if kind == "text" or text.upper() != token:
            return False
        self._skip()
        return True

    def _needs(self, token: str) -> None:
        if not self._takes(token):
            raise self._trouble()

    def _trouble(self) -> BadRequest:
        rest = self._where[self._place :].strip()
        where = f"from {rest[:80]!r} on" if rest else "at its end"
        return BadRequest(
            f"where: not understood {where}. On Cloudflare a condition compares texts ("
            f"{', '.join(TEXTS)}, or a field as in properties->>'plan') by =, <>, <, <=, >, >=, IN"
            " (…) and IS NULL, joined by AND, OR, NOT and brackets; times are for since and until."
            " For all of SQL ask a local server over the lake's files.",
            code="invalid_sql",
        )


def _field(text: str | None, keys: Sequence[str]) -> str | None:
    """Answer a field of a JSON text as text; None where it is not there, or null."""
    value = b"null" if text is None else text.encode()
    for key in keys:
        try:
            found = _fields.decode(value).get(key)
        except (msgspec.ValidationError, msgspec.DecodeError):
            return None
        if found is None:
            return None
        value = bytes(found).strip()
    if value == b"null":
        return None
    if value.startswith(b'"'):
        return msgspec.json.decode(value, type=str)
    return value.decode()


def _always(*, value: bool) -> Test:
    return lambda _row: value


def _compared(
    operand: Callable[[Row], str | None], compare: Callable[[str, str], bool], text: str
) -> Test:
    def test(row: Row) -> bool | None:
        value = operand(row)
        return None if value is None else compare(value, text)

    return test


def _among(operand: Callable[[Row], str | None], texts: frozenset[str]) -> Test:
    def test(row: Row) -> bool | None:
        value = operand(row)
        return None if value is None else value in texts

    return test


def _negated(test: Test) -> Test:
    def negated(row: Row) -> bool | None:
        value = test(row)
        return None if value is None else not value

    return negated


def _both(tests: Sequence[Test]) -> Test:
    def both(row: Row) -> bool | None:
        values = [test(row) for test in tests]
        if False in values:
            return False
        return None if None in values else True

    return both


def _either(tests: Sequence[Test]) -> Test:
    def either(row: Row) -> bool | None:
        values = [test(row) for test in tests]
        if True in values:
            return True
        return None if None in values else False

    return either
