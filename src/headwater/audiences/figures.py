"""Features that are figures over events, one for each way in which windows move.

What a reducer has seen of some events is small; which of them a window holds is known by keeping
it for all, for each unit of the calendar, or for each event as long as that may still be inside.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from headwater.audiences.calendar import number_of
from headwater.audiences.comparisons import look_up
from headwater.audiences.conditions import EventSelector
from headwater.audiences.features import Seen, State, earliest, sorted_items, time_of, with_item
from headwater.audiences.reducers import Item, Reducer, reduce_items
from headwater.audiences.windows import Always, Fixed, Moving, Units

Result = tuple[Any, int | None]
"""A figure, and the first instant (ms) at which time alone may make it another."""


@dataclass(frozen=True, slots=True)
class WholeFigure:
    """A figure over all events, or those between two dates: what the reducer has seen of them."""

    id: str
    selector: EventSelector
    names: tuple[str, ...]
    reducer: Reducer
    window: Always | Fixed

    @property
    def is_endless(self) -> bool:
        """Whether all events are in the window."""
        return isinstance(self.window, Always)

    @property
    def feeds(self) -> tuple[EventSelector, ...]:
        """The one kind of event."""
        return (self.selector,)

    @property
    def reads(self) -> frozenset[tuple[str, ...]]:
        """The property's place."""
        return frozenset([self.names] if self.names else ())

    def add(self, state: State | None, seen: Seen, roles: int) -> State | None:  # noqa: ARG002 - it has one
        """See Feature."""
        value = look_up(seen.event, self.names) if self.names else None
        reducer = self.reducer
        if not reducer.admits(value) or not self.window.contains(seen.at, seen.now):
            return None
        item = reducer.item(seen.at, value, seen.message_id)
        after = reducer.add(reducer.empty() if state is None else state, item)
        return None if after == state else after

    def fold(self, states: Sequence[State]) -> State:
        """See Feature."""
        folded = states[0]
        for state in states[1:]:
            folded = self.reducer.merge(folded, state)
        return folded

    def result(self, state: State | None, now: int) -> Result:  # noqa: ARG002 - time changes nothing
        """Answer the figure."""
        return self.reducer.result(self.reducer.empty() if state is None else state), None

    def only_loses(self, state: State | None, now: int) -> bool:  # noqa: ARG002 - nothing moves
        """Tell whether time alone can only make the figure less."""
        return True


@dataclass(frozen=True, slots=True)
class UnitFigure:
    """A figure over units of the calendar: what the reducer has seen of each, by its number."""

    id: str
    selector: EventSelector
    names: tuple[str, ...]
    reducer: Reducer
    window: Units

    @property
    def feeds(self) -> tuple[EventSelector, ...]:
        """The one kind of event."""
        return (self.selector,)

    @property
    def reads(self) -> frozenset[tuple[str, ...]]:
        """The property's place."""
        return frozenset([self.names] if self.names else ())

    def add(self, state: State | None, seen: Seen, roles: int) -> State | None:  # noqa: ARG002 - it has one
        """See Feature."""
        value = look_up(seen.event, self.names) if self.names else None
        reducer, window = self.reducer, self.window
        if not reducer.admits(value):
            return None
        unit, zone = window.unit, window.zone
        number = number_of(unit, seen.at, zone)
        oldest = number_of(unit, seen.now, zone) - window.ago - window.span
        if number <= oldest:
            return None
        own, held = str(number), state or {}
        before = held.get(own)
        item = reducer.item(seen.at, value, seen.message_id)
        after = reducer.add(reducer.empty() if before is None else before, item)
        if after == before:
            return None
        if before is None:
            held = {name: part for name, part in held.items() if int(name) > oldest}
        return {**held, own: after}

    def fold(self, states: Sequence[State]) -> State:
        """See Feature."""
        folded: dict[str, Any] = dict(states[0])
        for state in states[1:]:
            for number, part in state.items():
                before = folded.get(number)
                folded[number] = part if before is None else self.reducer.merge(before, part)
        return folded

    def result(self, state: State | None, now: int) -> Result:
        """Answer the figure, and when a unit comes in or goes out."""
        reducer, window = self.reducer, self.window
        seen = reducer.empty()
        if not state:
            return reducer.result(seen), None
        change: int | None = None
        newest = number_of(window.unit, now, window.zone) - window.ago
        oldest = newest - window.span
        for number, part in sorted(state.items()) if len(state) > 1 else state.items():
            place = int(number)
            if oldest < place <= newest:
                seen = reducer.merge(seen, part)
            moves = window.unit_changes(place, now)
            if moves is not None and (change is None or moves < change):
                change = moves
        return reducer.result(seen), change

    def only_loses(self, state: State | None, now: int) -> bool:
        """Tell whether time alone can only make the figure less: no unit is still to come in."""
        if self.window.ago or self.reducer.name == "sum":
            return False
        present = number_of(self.window.unit, now, self.window.zone)
        return not state or max(map(int, state)) <= present


@dataclass(frozen=True, slots=True)
class LogFigure:
    """A figure over the time up to now, or up to some time ago: a log of what may be inside."""

    id: str
    selector: EventSelector
    names: tuple[str, ...]
    reducer: Reducer
    window: Moving

    @property
    def feeds(self) -> tuple[EventSelector, ...]:
        """The one kind of event."""
        return (self.selector,)

    @property
    def reads(self) -> frozenset[tuple[str, ...]]:
        """The property's place."""
        return frozenset([self.names] if self.names else ())

    def add(self, state: State | None, seen: Seen, roles: int) -> State | None:  # noqa: ARG002 - it has one
        """See Feature."""
        oldest = seen.now - self.window.last
        if seen.at <= oldest:
            return None
        value = look_up(seen.event, self.names) if self.names else None
        reducer = self.reducer
        if not reducer.admits(value):
            return None
        items = state or []
        if items and time_of(items[0]) <= oldest:
            items = [one for one in items if time_of(one) > oldest]
        return self._thinned(with_item(items, reducer.item(seen.at, value, seen.message_id)))

    def _thinned(self, items: list[Item]) -> list[Item]:
        return self.reducer.thin(items) if self.window.skip is None else items

    def fold(self, states: Sequence[State]) -> State:
        """See Feature."""
        return states[0] if len(states) == 1 else self._thinned(sorted_items(states))

    def result(self, state: State | None, now: int) -> Result:
        """Answer the figure, and when an event comes in or goes out."""
        reducer = self.reducer
        if not state:
            return reducer.result(reducer.empty()), None
        if self.window.skip is not None:
            inside = [item for item in state if self.window.contains(time_of(item), now)]
            changes = [self.window.changes(time_of(item), now) for item in state]
            return reducer.result(reduce_items(reducer, inside)), earliest(changes)
        last = self.window.last
        oldest = time_of(state[0])
        if oldest > now - last:
            return reducer.result(reduce_items(reducer, state)), oldest + last
        first = bisect_right(state, now - last, key=time_of)
        if first == len(state):
            return reducer.result(reducer.empty()), None
        change = time_of(state[first]) + last
        return reducer.result(reduce_items(reducer, state[first:])), change

    def only_loses(self, state: State | None, now: int) -> bool:  # noqa: ARG002 - what is inside leaves
        """Tell whether time alone can only make the figure less."""
        if self.window.skip is not None:
            return False
        return self.reducer.name != "sum" or all(item[1] >= 0 for item in state or ())


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

    @property
    def reads(self) -> frozenset[tuple[str, ...]]:
        """The property's place."""
        return frozenset([self.names] if self.names else ())

    def add(self, state: State | None, seen: Seen, roles: int) -> State | None:
        """See Feature."""
        anchor, items = state or (None, [])
        if roles == 1:
            return self._counted(anchor, items, seen)
        if roles & 1:
            value = look_up(seen.event, self.names) if self.names else None
            if self.reducer.admits(value):
                item = self.reducer.item(seen.at, value, seen.message_id)
                items = with_item(items, item)
        added = self.fold([[anchor, items], [seen.at if roles & 2 else None, []]])
        return None if added == state else added

    def _counted(self, anchor: int | None, items: list[Item], seen: Seen) -> State | None:
        """Answer the state with an event that the anchor stays as it is for."""
        if self.last and anchor is not None and seen.at <= anchor:
            return None
        value = look_up(seen.event, self.names) if self.names else None
        if not self.reducer.admits(value):
            return None
        added = with_item(items, self.reducer.item(seen.at, value, seen.message_id))
        added = self.reducer.thin(added)
        return None if added == items else [anchor, added]

    def fold(self, states: Sequence[State]) -> State:
        """See Feature; events up to a last anchor are never needed again."""
        anchors = [anchor for anchor, _ in states if anchor is not None]
        anchor = (max(anchors) if self.last else min(anchors)) if anchors else None
        logs = [items for _, items in states if items]
        items = logs[0] if len(logs) == 1 else sorted_items(logs)
        if self.last and anchor is not None and items and time_of(items[0]) <= anchor:
            items = [item for item in items if time_of(item) > anchor]
        return [anchor, self.reducer.thin(items)]

    def result(self, state: State | None, now: int) -> Result:  # noqa: ARG002 - time changes nothing
        """Answer the figure, or None where the anchor has not happened."""
        if state is None or state[0] is None:
            return None, None
        inside = [item for item in state[1] if time_of(item) > state[0]]
        return self.reducer.result(reduce_items(self.reducer, inside)), None

    def only_loses(self, state: State | None, now: int) -> bool:  # noqa: ARG002 - nothing moves
        """Tell whether time alone can only make the figure less."""
        return True


Figure = WholeFigure | UnitFigure | LogFigure | FigureSince
