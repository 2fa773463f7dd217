"""Versions compared by their numbers: `semver( context.app.version, '>=', '2.10' )`.

Segment's reference leaves the function out; what it does is what its own engine does
(https://www.npmjs.com/package/@segment/tsub 2.0.1): one to three numbers, those that are missing
are 0, what follows a number (`-beta`) counts for nothing, and what is no version is `false`.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

_NUMBER = re.compile(r"\s*([+-]?[0-9]{1,30})")
_MOST = 3

Version = tuple[int, ...]

COMPARISONS: Mapping[str, Callable[[Version, Version], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


def compare_versions(left: Any, comparison: Any, right: Any) -> bool:
    """Answer whether the one stands so to the other; False where any of the three is none."""
    compare = COMPARISONS.get(comparison) if isinstance(comparison, str) else None
    versions = _version(left), _version(right)
    if compare is None or versions[0] is None or versions[1] is None:
        return False
    return compare(versions[0], versions[1])


def _version(text: Any) -> Version | None:
    if not isinstance(text, str) or text.count(".") >= _MOST:
        return None
    found = [_NUMBER.match(part) for part in text.split(".")]
    numbers = [int(each[1]) for each in found if each]
    if len(numbers) < len(found):
        return None
    return (*numbers, *[0] * (_MOST - len(numbers)))
