"""Rows by where they were born: whose own database stored an event first, and its id there.

Where each actor has a database of its own, an event is known by this wherever it moves, and so
the lake's manifest can say of each whether it is in the lake. Ids that follow each other are one
range: `{"default/user_id:1": (1, 5, 9, 9)}` are 1 to 5, and 9.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

Births = Mapping[str, tuple[int, ...]]
"""Actor to the first and last id of each range, rising."""


def read(text: str) -> list[tuple[str, int]]:
    """Answer the births that a row's own text names (`event.born`), the one of this copy first.

    It names several where a copy of the same event was stored at another actor too.
    """
    return [_birth(one) for one in (json.loads(text) if text.startswith("[") else [text])]


def write(births: Iterable[tuple[str, int]]) -> str:
    """Answer the text of a row's births: `{id} {actor}`, or a JSON list of such."""
    texts = [f"{number} {actor}" for actor, number in dict.fromkeys(births)]
    return texts[0] if len(texts) == 1 else json.dumps(texts)


def _birth(text: str) -> tuple[str, int]:
    number, _, actor = text.partition(" ")
    return actor, int(number)


def born(rows: Iterable[tuple[str, int]]) -> dict[str, tuple[int, ...]]:
    """Answer the births of rows, each an actor and its id there."""
    ids: dict[str, set[int]] = {}
    for actor, number in rows:
        ids.setdefault(actor, set()).add(number)
    return {actor: _ranges(some) for actor, some in ids.items()}


def rows(births: Births) -> list[tuple[str, int]]:
    """Answer the rows one by one, in order."""
    return [(actor, number) for actor in sorted(births) for number in sorted(_ids(births[actor]))]


def holds(births: Births, actor: str, number: int) -> bool:
    """Tell whether one row is among them."""
    return any(first <= number <= last for first, last in _pairs(births.get(actor, ())))


def overlap(some: Births, others: Births) -> bool:
    """Tell whether a row is among both."""
    shared = some.keys() & others.keys()
    return any(not _ids(some[actor]).isdisjoint(_ids(others[actor])) for actor in shared)


def together(some: Births, others: Births) -> dict[str, tuple[int, ...]]:
    """Answer the rows of both."""
    both = dict(some)
    for actor, ranges in others.items():
        both[actor] = _ranges(_ids(both.get(actor, ())) | _ids(ranges))
    return both


def without(some: Births, others: Births) -> dict[str, tuple[int, ...]]:
    """Answer the rows that are among the first and not among the others."""
    left = {
        actor: _ranges(_ids(ranges) - _ids(others[actor])) if actor in others else ranges
        for actor, ranges in some.items()
    }
    return {actor: ranges for actor, ranges in left.items() if ranges}


def _pairs(ranges: tuple[int, ...]) -> Iterable[tuple[int, int]]:
    return zip(ranges[::2], ranges[1::2], strict=True)


def _ids(ranges: tuple[int, ...]) -> set[int]:
    return {number for first, last in _pairs(ranges) for number in range(first, last + 1)}


def _ranges(ids: set[int]) -> tuple[int, ...]:
    found: list[int] = []
    for number in sorted(ids):
        if found and found[-1] == number - 1:
            found[-1] = number
        else:
            found += [number, number]
    return tuple(found)
