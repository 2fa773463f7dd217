"""Patterns of `match`."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.destinations.fql.errors import EvaluationFailure
from headwater.destinations.fql.glob import compile_glob

TABLE = [
    # Segment's own examples.
    ("abcd", "a*d", True),
    ("", "*", True),
    ("abc", "ab", False),
    ("abcd", "a??d", True),
    ("abcd", "*d", True),
    ("ab*d", r"ab\*d", True),
    ("abCd", "ab[cC]d", True),
    ("abcd", "ab[a-z]d", True),
    ("abcd", "ab[A-Z]d", False),
    # More.
    ("", "", True),
    ("", "?", False),
    ("a\nb", "a?b", True),
    ("a\nb", "a*b", True),
    ("aXbXc", "a*b*c", True),
    ("aba", "ab*ba", False),
    ("a]b", r"a[\]]b", True),
    ("a-b", "a[x-]b", True),
    ("a^b", r"a[\^]b", True),
    ("a^b", "a[x^]b", True),
    ("axb", "a[^x]b", False),
    ("ayb", "a[^x]b", True),
    ("ayb", "a[^x-z]b", False),
    ("ab", "a[^x]b", False),
    ("a.b", "a.b", True),
    ("axb", "a.b", False),
    ("ア", "?", True),
    ("abc", "***", True),
    ("mississippi", "m*iss*ip*i", True),
]


@pytest.mark.parametrize(("text", "pattern", "matches"), TABLE)
def test_matches(text: str, pattern: str, *, matches: bool) -> None:
    """A pattern matches the whole text or not."""
    assert compile_glob(pattern).matches(text) is matches


@pytest.mark.parametrize("pattern", ["[", "[a", "[]", "[^]", "[b-a]", "a\\"])
def test_invalid_pattern(pattern: str) -> None:
    """A pattern that is none fails, rather than match anything."""
    with pytest.raises(EvaluationFailure):
        compile_glob(pattern)


@given(st.text("ab", max_size=12), st.text("ab*?", max_size=8))
def test_agrees_with_a_regular_expression(text: str, pattern: str) -> None:
    """The linear search finds what a backtracking one does."""
    expected = re.fullmatch(pattern.replace("*", ".*").replace("?", "."), text) is not None

    assert compile_glob(pattern).matches(text) is expected


def test_hostile_pattern_is_quick() -> None:
    """A pattern that would make a backtracking search run for hours costs milliseconds."""
    started = time.perf_counter()

    assert not compile_glob("a*" * 50 + "b").matches("a" * 30_000)
    assert time.perf_counter() - started < 1
