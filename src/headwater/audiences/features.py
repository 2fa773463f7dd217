"""What conditions need to know of events: small states, one per identifier, that fold.

A feature's state under one identifier is all that is kept of that identifier's events. States of
several identifiers fold into that of the person, and every state depends on the set of events
alone: not on their order, not on when they came. Nothing is read again from events, so these may
leave the hot store. What no window can need any more is dropped at the next write.

States are values that JSON can hold; `add` and `fold` answer new ones and leave those given.
"""

from __future__ import annotations

import json
from bisect import bisect_right, insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Protocol

from headwater.audiences.calendar import number_of
from headwater.audiences.comparisons import look_up
from headwater.audiences.conditions import EventSelector
from headwater.audiences.reducers import Item, Reducer, reduce_items
from headwater.audiences.windows import Moving, TimeWindow, Units

State = Any


@dataclass(frozen=True, slots=True)
class Seen:
    """An event as features see it, at an instant in milliseconds."""

    at: int
    message_id: str
    event: Mapping[str, Any]
    now: int


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


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure over events in a window.

    Its state is, by window: of `Always` and `Fixed` what the reducer has seen; of `Units` that for
    each unit; of `Moving` the log of events that may still be inside.
    """

    id: str
    selector: EventSelector
    names: tuple[str, ...]
    reducer: Reducer
    window: TimeWindow

    @property
    def feeds(self) -> tuple[EventSelector, ...]:
        """The one kind of event."""
        return (self.selector,)

    def add(self, state: State | None, seen: Seen, roles: int) -> State | None:  # noqa: ARG002 - it has one
        """See Feature."""
        value = look_up(seen.event, self.names) if self.names else None
        if not self.reducer.admits(value):
            return None
        oldest = self.window.oldest(seen.now)
        if oldest is not None and seen.at <= oldest:
            return None
        item = self.reducer.item(seen.at, value, seen.message_id)
        if isinstance(self.window, Units):
            return self._added_to_unit(state or {}, item, seen.now)
        if isinstance(self.window, Moving):
            items = state or []
            if items and items[0][0] <= seen.now - self.window.last:
                items = [one for one in items if one[0] > seen.now - self.window.last]
            return self._thinned(with_item(items, item))
        if not self.window.contains(seen.at, seen.now):
            return None
        before = self.reducer.empty() if state is None else state
        after = self.reducer.add(before, item)
        return None if after == state else after

    def _added_to_unit(self, state: dict[str, Any], item: Item, now: int) -> dict[str, Any]:
        assert isinstance(self.window, Units)  # noqa: S101 - the caller has looked
        window = self.window
        own = str(number_of(window.unit, item[0], window.zone))
        oldest = number_of(window.unit, now, window.zone) - window.ago - window.span
        kept = {number: seen for number, seen in state.items() if int(number) > oldest}
        kept[own] = self.reducer.add(kept.get(own, self.reducer.empty()), item)
        return kept

    def _thinned(self, items: list[Item]) -> list[Item]:
        open_ended = isinstance(self.window, Moving) and self.window.skip is None
        return self.reducer.thin(items) if open_ended else items

    def fold(self, states: Sequence[State]) -> State:
        """See Feature."""
        if len(states) == 1:
            return states[0]
        if isinstance(self.window, Moving):
            return self._thinned(sorted_items(states))
        folded = states[0]
        for state in states[1:]:
            folded = self._merged(folded, state)
        return folded

    def _merged(self, one: State, other: State) -> State:
        if not isinstance(self.window, Units):
            return self.reducer.merge(one, other)
        empty = self.reducer.empty
        return {
            number: self.reducer.merge(one.get(number, empty()), other.get(number, empty()))
            for number in {**one, **other}
        }

    def result(self, state: State | None, now: int) -> tuple[Any, int | None]:
        """Answer the figure now, and the first instant at which it may be another."""
        if state is None:
            return self.reducer.result(self.reducer.empty()), None
        if isinstance(self.window, Moving) and self.window.skip is None:
            first = bisect_right(state, now - self.window.last, key=_time)
            if first == len(state):
                return self.reducer.result(self.reducer.empty()), None
            seen = reduce_items(self.reducer, state[first:] if first else state)
            return self.reducer.result(seen), state[first][0] + self.window.last
        if isinstance(self.window, Moving):
            inside = [item for item in state if self.window.contains(item[0], now)]
            changes = [self.window.changes(item[0], now) for item in state]
            seen = reduce_items(self.reducer, inside)
            return self.reducer.result(seen), earliest(changes)
        if isinstance(self.window, Units):
            seen = self.reducer.empty()
            for number, part in sorted(state.items()):
                if self.window.holds(int(number), now):
                    seen = self.reducer.merge(seen, part)
            changes = [self.window.unit_changes(int(number), now) for number in state]
            return self.reducer.result(seen), earliest(changes)
        return self.reducer.result(state), None


@dataclass(frozen=True, slots=True)
class FigureSince:
    """A figure over events after the last, or first, of another kind: `[anchor, log]`.

    The anchor is the other event's time, None where there was none yet.
    """

    id: str
    selector: EventSelector
    anchor: EventSelector
    last: bool
    names: tuple[str, ...]
    reducer: Reducer

    @property
    def feeds(self) -> tuple[EventSelector, ...]:
        """What is counted, and since when."""
        return (self.selector, self.anchor)

    def add(self, state: State | None, seen: Seen, roles: int) -> State | None:
        """See Feature."""
        anchor, items = state or (None, [])
        parts: list[State] = [[anchor, items]]
        if roles & 1:
            value = look_up(seen.event, self.names) if self.names else None
            if self.reducer.admits(value):
                parts.append([None, [self.reducer.item(seen.at, value, seen.message_id)]])
        if roles & 2:
            parts.append([seen.at, []])
        added = self.fold(parts)
        return None if added == state else added

    def fold(self, states: Sequence[State]) -> State:
        """See Feature; events up to a last anchor are never needed again."""
        anchors = [anchor for anchor, _ in states if anchor is not None]
        anchor = (max(anchors) if self.last else min(anchors)) if anchors else None
        items = sorted_items([items for _, items in states])
        if self.last and anchor is not None:
            items = [item for item in items if item[0] > anchor]
        return [anchor, self.reducer.thin(items)]

    def result(self, state: State | None, now: int) -> tuple[Any, int | None]:  # noqa: ARG002 - as Figure
        """Answer the figure, or None where the anchor has not happened; time changes nothing."""
        if state is None or state[0] is None:
            return None, None
        inside = [item for item in state[1] if item[0] > state[0]]
        return self.reducer.result(reduce_items(self.reducer, inside)), None


def with_item(items: list[Item], item: Item) -> list[Item]:
    """Answer a log with one more event, by time; what decides among equal times is its text."""
    if not items or items[-1][0] < item[0]:
        return [*items, item]
    added = list(items)
    insort(added, item, key=_order)
    return added


def sorted_items(logs: Sequence[Sequence[Item]]) -> list[Item]:
    """Answer several logs as one."""
    return sorted((item for log in logs for item in log), key=_order)


def _time(item: Item) -> int:
    at: int = item[0]
    return at


def _order(item: Item) -> tuple[int, str]:
    return item[0], "" if len(item) == 1 else json.dumps(item[1:])


def earliest(instants: Sequence[int | None]) -> int | None:
    """Answer the first of some instants, of which None is never."""
    return min((one for one in instants if one is not None), default=None)
