r"""The patterns of `match`: `*`, `?`, `[abc]`, `[a-z]`, `[^a-z]`, and `\x` for a literal x.

A pattern is cut at its stars into pieces of fixed length, which are then looked for from left to
right: the time is linear in the text, whatever the pattern, as filters come from users.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from headwater.destinations.fql.errors import EvaluationFailure


@dataclass(frozen=True, slots=True)
class _Piece:
    pattern: re.Pattern[str]
    length: int


@dataclass(frozen=True, slots=True)
class Glob:
    """A pattern, ready to use."""

    pieces: tuple[_Piece, ...]

    def matches(self, text: str) -> bool:
        """Answer whether the whole text fits the pattern; upper and lower case differ."""
        first, last = self.pieces[0], self.pieces[-1]
        if len(self.pieces) == 1:
            return len(text) == first.length and first.pattern.match(text) is not None
        end = len(text) - last.length
        if end < first.length or first.pattern.match(text) is None:
            return False
        position = first.length
        for piece in self.pieces[1:-1]:
            found = piece.pattern.search(text, position, end)
            if found is None:
                return False
            position = found.end()
        return last.pattern.match(text, end) is not None


@lru_cache(maxsize=1024)
def compile_glob(pattern: str) -> Glob:
    """Answer the pattern, ready to use.

    Raises:
        EvaluationFailure: a `[` is not closed or empty, a range runs backwards, or a backslash
            ends the pattern.
    """
    pieces: list[list[str]] = [[]]
    position = 0
    while position < len(pattern):
        character = pattern[position]
        if character == "*":
            pieces.append([])
            position += 1
        elif character == "?":
            pieces[-1].append(".")
            position += 1
        elif character == "[":
            atom, position = _class(pattern, position + 1)
            pieces[-1].append(atom)
        else:
            literal, position = _literal(pattern, position)
            pieces[-1].append(re.escape(literal))
    return Glob(
        tuple(_Piece(re.compile("".join(piece), re.DOTALL), len(piece)) for piece in pieces)
    )


def _literal(pattern: str, position: int) -> tuple[str, int]:
    if pattern[position] != "\\":
        return pattern[position], position + 1
    if position + 1 == len(pattern):
        raise EvaluationFailure("a backslash ends the pattern")
    return pattern[position + 1], position + 2


def _class(pattern: str, position: int) -> tuple[str, int]:
    ranges: list[str] = []
    # Segment's reference leaves this out, its own engine (@segment/tsub 2.0.1) does not.
    negation = "^" if pattern.startswith("^", position) else ""
    position += len(negation)
    while position < len(pattern) and pattern[position] != "]":
        low, position = _literal(pattern, position)
        high = low
        if pattern[position : position + 1] == "-" and pattern[position + 1 : position + 2] not in (
            "",
            "]",
        ):
            high, position = _literal(pattern, position + 1)
        if high < low:
            raise EvaluationFailure(f"the range {low}-{high} runs backwards")
        ranges.append(f"{re.escape(low)}-{re.escape(high)}")
    if position >= len(pattern):
        raise EvaluationFailure("a [ is not closed")
    if not ranges:
        raise EvaluationFailure("[] holds no character")
    return f"[{negation}{''.join(ranges)}]", position + 1
