"""What each kind of clause watches its feature for; see watching.py."""

from __future__ import annotations

import math
from typing import Any

from headwater.audiences.comparisons import reader
from headwater.audiences.features import Seen, State
from headwater.audiences.figures import Figure, FigureSince, LogFigure, UnitFigure, WholeFigure
from headwater.audiences.watching import Watch

_CLOSE = 1e-9  # of a sum in binary: far more than what many additions lose


def is_moving(feature: Figure) -> bool:
    """Tell whether time alone may change a figure."""
    return isinstance(feature, LogFigure | UnitFigure)


def counting(feature: Figure, comparison: str, wanted: int) -> Watch | None:
    """Answer what a count is watched for: at so many it flips, and nowhere between."""
    if isinstance(feature, LogFigure) and feature.window.skip is not None:
        return None
    if isinstance(feature, FigureSince) and not feature.last:
        return None
    sizes = {
        "at_least": {wanted},
        "at_most": {wanted + 1},
        "exactly": {wanted, wanted + 1},
    }[comparison]
    return Watch(is_moving(feature), sizes=frozenset(sizes))


def rising(feature: Figure, function: str, operator: str, wanted: Any) -> Watch | None:
    """Answer what a figure over a property is watched for, where more of it can only make it true.

    Another one is watched for every step.
    """
    if operator not in {"at_least", "greater_than"}:
        return None
    is_whole = isinstance(feature, WholeFigure) and feature.is_endless
    if function == "count_distinct" and is_whole:
        least = math.ceil(wanted) if operator == "at_least" else math.floor(wanted) + 1
        return Watch(sizes=frozenset({least}))
    if function == "maximum" and is_whole:
        return Watch(may=_passed(wanted))
    if function == "sum" and isinstance(feature, LogFigure) and feature.window.skip is None:
        return Watch(moving=True, may=_summed(feature.names, wanted))
    return None


def _passed(wanted: float) -> Any:
    """A number that only grows, and passes another once: on which of both it is, it counts."""

    def may(before: State | None, after: State, _seen: Seen) -> bool:
        return bool(after >= wanted and (before is None or before <= wanted))

    return may


def _summed(names: tuple[str, ...], wanted: float) -> Any:
    """A sum up to now: while it is surely less, or was surely enough before, nothing flips.

    With a negative number in it, time alone may make it greater, and each step may count.
    """
    read = reader(names)

    def may(_before: State | None, after: State, seen: Seen) -> bool:
        numbers = [item[1] for item in after]
        try:
            total = sum(numbers)
            if min(numbers) < 0:
                return True
            close = _CLOSE * (abs(wanted) + total)
            return not (total < wanted - close or total - read(seen.event) > wanted + close)
        except OverflowError:  # whole numbers beyond what a fraction can be added to
            return True

    return may


def complete(needed: int) -> Watch:
    """Answer what a chain is watched for: while a step of it has never been, it is not true."""

    def may(_before: State | None, after: State, _seen: Seen) -> bool:
        present = 0
        for roles in {*after.values()}:  # of most people they are all the same
            present |= roles
        return present & needed == needed

    return Watch(may=may)


def passing() -> Watch:
    """Answer what a first or last event is watched for: whether it is, or was, as asked."""

    def may(before: State | None, after: State, _seen: Seen) -> bool:
        if after[0] is not None and after[0][2]:
            return True
        return before is not None and before[0] is not None and bool(before[0][2])

    return Watch(may=may)
