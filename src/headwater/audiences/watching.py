"""Which steps of a feature may flip what looks at it; after all others nothing need be decided.

A step may be left unwatched where, of whatever looks at the feature, it leaves two things alone:
whether it is true now, and the first instant at which time alone flips it, which may come later by
it but never sooner. "At least 5 times in 30 days" is so at every step but that to the fifth: below
it is false for good, and beyond it one more event only lets it last.

That holds of one moving clause. Two in one condition may flip it sooner if one of them lasts
longer (`a and not b`, where a used to end before b), so then each step of either counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from headwater.audiences.features import Seen, State

May = Callable[[State | None, State, Seen], bool]
"""Tells whether a step, from a state (None: there was none) to the next, may flip something."""


@dataclass(frozen=True, slots=True)
class Watch:
    """What one clause watches a feature for.

    Attributes:
        moving: the clause is one that time alone may flip, so this holds of it alone.
        sizes: of a feature that counts, the counts that flip it when they are reached.
        may: of others, what tells.
    """

    moving: bool = False
    sizes: frozenset[int] = frozenset()
    may: May | None = None


Watches = Iterable[Watch | None]
"""What the clauses of one condition watch a feature for; None: for every step."""


@dataclass(frozen=True, slots=True)
class Watched:
    """Who is to be decided after a step of one feature: places in the program.

    Attributes:
        every: all that look at it.
        always: those that each step may flip.
        by_size: of a feature that counts, those at a count, `always` among them.
        asked: those that may be flipped where this tells so.
    """

    every: tuple[int, ...] = ()
    always: tuple[int, ...] = ()
    by_size: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    asked: tuple[tuple[May, int], ...] = ()

    def telling(self) -> Callable[[State | None, State, Seen], tuple[int, ...]]:
        """Answer what tells whom a step may have flipped; of a feature that counts, all."""
        if self.by_size:
            return lambda _before, _after, _seen: self.every
        always, asked = self.always, self.asked
        if not asked:
            return lambda _before, _after, _seen: always
        if always or len(asked) > 1:
            return lambda before, after, seen: (
                *always,
                *(place for may, place in asked if may(before, after, seen)),
            )
        may, place = asked[0]
        only = (place,)
        return lambda before, after, seen: only if may(before, after, seen) else ()


def watched(lookers: Iterable[tuple[int, Watches]]) -> Watched:
    """Answer who is to be decided after steps of a feature that these look at, and why."""
    every: list[int] = []
    always: list[int] = []
    sizes: dict[int, list[int]] = {}
    asked: list[tuple[May, int]] = []
    for place, watches in lookers:
        every.append(place)
        each = list(watches)
        known = [one for one in each if one is not None]
        if len(known) < len(each):
            always.append(place)
            continue
        for size in {size for one in known for size in one.sizes}:
            sizes.setdefault(size, []).append(place)
        asked += [(one.may, place) for one in known if one.may is not None]
    return Watched(
        tuple(every),
        tuple(always),
        {size: (*always, *places) for size, places in sizes.items()},
        tuple(asked),
    )
