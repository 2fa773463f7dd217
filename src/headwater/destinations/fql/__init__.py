"""Segment's filter query language (FQL): a condition on an event, compiled once to a function.

https://segment.com/docs/api/public-api/fql/; docs/destinations.md has the reference.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from headwater.destinations.fql.errors import EvaluationFailure, FilterError
from headwater.destinations.fql.parser import parse

__all__ = ["FilterError", "compile_filter"]

_LONGEST = 10_000


def compile_filter(text: str) -> Callable[[Mapping[str, Any]], bool]:
    """Answer a function that says whether an event passes.

    An event on which the filter fails to evaluate (a number compared with a text, say), or whose
    result is not `true`, does not pass: what was not asked for is not sent.

    Raises:
        FilterError: a `BadRequest` naming the position and what was expected there.
    """
    if len(text) > _LONGEST:
        raise FilterError(f"The filter has {len(text)} characters; {_LONGEST} are allowed.")
    if text.strip() == "all":  # how Segment's API says "no condition"
        return lambda _event: True
    evaluate = parse(text)

    def passes(event: Mapping[str, Any]) -> bool:
        try:
            return evaluate(event) is True
        except EvaluationFailure:
            return False

    return passes
