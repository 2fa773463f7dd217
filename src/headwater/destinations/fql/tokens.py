"""Cuts the text of a filter into tokens."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from headwater.destinations.fql.errors import FilterError

Kind = Literal["path", "name", "literal", "operator", "end"]


@dataclass(frozen=True, slots=True)
class Token:
    """One token.

    Attributes:
        kind: `name` is a path of one plain segment, which before `(` names a function.
        text: as it stands in the filter.
        value: of a literal its value, of a path or name its segments.
        position: of its first character, from 0.
    """

    kind: Kind
    text: str
    value: Any
    position: int


_SEGMENT = r"(?:[A-Za-z0-9_-]|\\.)+"
_TOKEN = re.compile(
    rf"""
    (?P<space>\s+)
  | (?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![A-Za-z0-9_\\-]))
  | (?P<string>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
  | (?P<path>{_SEGMENT}(?:\.{_SEGMENT})*)
  | (?P<operator>!=|>=|<=|[=<>!(),\[\]])
    """,
    re.VERBOSE | re.DOTALL,
)
_CONSTANTS: Mapping[str, Any] = {"true": True, "false": False, "null": None}
_WORDS = frozenset({"and", "or", "in"})
# Only quotes and the backslash are escaped in a text: others belong to the patterns of `match`.
_STRING_ESCAPE = re.compile(r"\\(['\"\\])")
_PATH_SEGMENT = re.compile(_SEGMENT, re.DOTALL)
_PATH_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


def tokenize(text: str) -> list[Token]:
    """Answer the tokens, with one of kind `end` after the last.

    Raises:
        FilterError: a character that begins no token, or a text that is not closed.
    """
    tokens = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise _unreadable(text, position)
        if match.lastgroup != "space":
            tokens.append(_token(match, position))
        position = match.end()
    tokens.append(Token("end", "", None, len(text)))
    return tokens


def _token(match: re.Match[str], position: int) -> Token:
    text = match.group()
    if match.lastgroup == "number":
        value = float(text) if any(letter in text for letter in ".eE") else int(text)
        return Token("literal", text, value, position)
    if match.lastgroup == "string":
        return Token("literal", text, _STRING_ESCAPE.sub(r"\1", text[1:-1]), position)
    if match.lastgroup == "operator" or text in _WORDS:
        return Token("operator", text, None, position)
    if text in _CONSTANTS:
        return Token("literal", text, _CONSTANTS[text], position)
    segments = tuple(_PATH_ESCAPE.sub(r"\1", segment) for segment in _PATH_SEGMENT.findall(text))
    plain = len(segments) == 1 and "\\" not in text
    return Token("name" if plain else "path", text, segments, position)


def _unreadable(text: str, position: int) -> FilterError:
    if text[position] in "'\"":
        return FilterError.at(
            text, position, expected=f"a closing {text[position]} for the text that starts here"
        )
    return FilterError.at(
        text,
        position,
        expected="a field, a value, an operator or a parenthesis",
        hint="In field names, characters other than a-z A-Z 0-9 _ - are written after a backslash.",
    )
