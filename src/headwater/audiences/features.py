"""What conditions need to know of events: small states, one per identifier, that fold.

A feature's state under one identifier is all that is kept of that identifier's events. States of
several identifiers fold into that of the person, and every state depends on the set of events
alone: not on their order, not on when they came. Nothing is read again from events, so these may
leave the hot store. What no window can need any more is dropped at the next write.

States are values that JSON can hold; `add` and `fold` answer new ones and leave those given, and
a step, which is `add` at work, changes them in their place.
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from itertools import chain
from operator import itemgetter
from typing import Any, Protocol

import msgspec

from headwater.audiences.conditions import EventSelector
from headwater.audiences.reducers import Item

State = Any


class Seen(msgspec.Struct, frozen=True, gc=False):
    """An event as features see it, at an instant in milliseconds.

    A struct, as there is one for each event, and a dataclass takes several times as long to make.
    """

    at: int
    message_id: str
    event: Mapping[str, Any]
    now: int


Step = Callable[[dict[str, State], Seen], Sequence[int] | None]
"""Lets an event into a feature's state among those of its identifier, by id, in its place.

Answers whom that may have flipped: places in the program; None where it has changed nothing.
"""


class Feature(Protocol):
    """Something that conditions need to know of events."""

    @property
    def id(self) -> str:
        """A name that says exactly what it is: equal for equal features, for good."""
        ...

    @property
    def feeds(self) -> tuple[EventSelector, ...]:
        """Which events it looks at; the number of each is its role."""
        ...

    @property
    def reads(self) -> frozenset[tuple[str, ...]]:
        """The paths, from an event's root, at which it looks, beyond those of its feeds."""
        ...

    def add(self, state: State | None, seen: Seen, roles: int) -> State | None:
        """Answer the state with one more event; None where the event changes nothing.

        `roles` says, bit by bit, which of the feeds the event fits.
        """
        ...

    def fold(self, states: Sequence[State]) -> State:
        """Answer the state of all these identifiers' events together; there is at least one."""
        ...


def identity(*parts: Any) -> str:
    """Answer a short name for what a feature is made of."""
    return sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:12]


def with_item(items: list[Item], item: Item) -> list[Item]:
    """Answer a log with one more event, by time; what decides among equal times is its text."""
    if not items or time_of(items[-1]) < time_of(item):
        return [*items, item]
    added = list(items)
    if isinstance(item, int):
        insort(added, item)
        return added
    first, end = bisect_left(items, item[0], key=_time), bisect_right(items, item[0], key=_time)
    if first == end:
        added.insert(first, item)
    else:
        insort(added, item, first, end, key=_order)
    return added


def sorted_items(logs: Sequence[Sequence[Item]]) -> list[Item]:
    """Answer several logs as one."""
    items = [*chain.from_iterable(logs)]
    if not items or isinstance(items[0], int):
        return sorted(items)
    items.sort(key=_time)
    # Few events are of the same millisecond, and what decides among these takes long to make.
    if len(set(map(_time, items))) < len(items):
        items.sort(key=_order)
    return items


_time = itemgetter(0)


def _order(item: Item) -> tuple[int, str]:
    return item[0], json.dumps(item[1:])


def time_of(item: Item) -> int:
    """Answer the time of an event in a log."""
    at: int = item if isinstance(item, int) else item[0]
    return at


def earliest(instants: Sequence[int | None]) -> int | None:
    """Answer the first of some instants, of which None is never."""
    return min((one for one in instants if one is not None), default=None)
