"""Features that are not figures: chains of events, first and last events, consent."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from headwater.audiences.comparisons import look_up
from headwater.audiences.conditions import EventSelector
from headwater.audiences.features import Seen, State
from headwater.audiences.windows import TimeWindow

_PREFERENCES = ("context", "consent", "categoryPreferences")

Passes = Callable[[Mapping[str, Any], int], bool]


@dataclass(frozen=True, slots=True)
class Link:
    """One step of a chain: the role of its event, the longest pause in ms, roles not between."""

    role: int
    within: int | None
    without: int


@dataclass(frozen=True, slots=True)
class Chain:
    """Events in an order. Its state is `{time: roles}`, all that happened at the time together.

    As each step is strictly later than the one before it, events of one time never follow each
    other, so nothing more about them is needed. The role `anchor`, if any, only bounds the window.
    """

    id: str
    selectors: tuple[EventSelector, ...]
    links: tuple[Link, ...]
    window: TimeWindow
    anchor: int = 0
    anchor_last: bool = True

    @property
    def feeds(self) -> tuple[EventSelector, ...]:
        """The kinds of events that steps, exclusions and the window name."""
        return self.selectors

    @property
    def reads(self) -> frozenset[tuple[str, ...]]:
        """Nothing more."""
        return frozenset()

    def add(self, state: State | None, seen: Seen, roles: int) -> State | None:
        """See Feature."""
        oldest = self.window.oldest(seen.now)
        if oldest is not None and seen.at <= oldest:
            return None
        held: dict[str, int] = state or {}
        own = str(seen.at)
        if held.get(own, 0) | roles == held.get(own, 0):
            return None
        kept = {at: had for at, had in held.items() if oldest is None or int(at) > oldest}
        kept[own] = kept.get(own, 0) | roles
        return kept

    def fold(self, states: Sequence[State]) -> State:
        """See Feature."""
        folded: dict[str, int] = {}
        for state in states:
            for at, roles in state.items():
                folded[at] = folded.get(at, 0) | roles
        return folded

    def happened(self, state: State | None, now: int) -> tuple[bool, int | None]:
        """Tell whether there is such a chain inside the window, and when that may change."""
        if state is None:
            return False, None
        present = 0
        for roles in state.values():
            present |= roles
        if not all(present & link.role for link in self.links):
            return False, None  # and time brings no events
        times = sorted((int(at), roles) for at, roles in state.items())
        inside = [(at, roles) for at, roles in times if self.window.contains(at, now)]
        if self.anchor:
            anchors = [at for at, roles in times if roles & self.anchor]
            if not anchors:
                return False, None
            since = anchors[-1] if self.anchor_last else anchors[0]
            inside = [(at, roles) for at, roles in inside if at > since]
        exists = self._exists(inside)
        if not exists and len(inside) == len(times):
            return False, None  # time only takes events away, and more are needed
        changes = [self.window.changes(at, now) for at, _ in times]
        return exists, min((one for one in changes if one is not None), default=None)

    def _exists(self, times: Sequence[tuple[int, int]]) -> bool:
        """Look for a chain: at each time, which steps can it be, given those before it?

        For a step, of all the times that the step before it can have, only those that are not too
        long ago and not parted from now by an exclusion count: a queue from which the old leave,
        and which an exclusion empties of what is before it.
        """
        waiting: list[deque[int]] = [deque() for _ in self.links]
        for at, roles in times:
            reached = [False] * len(self.links)
            for number, link in enumerate(self.links):
                if not roles & link.role:
                    continue
                queue = waiting[number]
                while queue and link.within is not None and queue[0] < at - link.within:
                    queue.popleft()
                reached[number] = number == 0 or bool(queue)
            if reached[-1]:
                return True
            for number, link in enumerate(self.links[1:], start=1):
                if roles & link.without:
                    waiting[number].clear()
                if reached[number - 1]:
                    waiting[number].append(at)
        return False


@dataclass(frozen=True, slots=True)
class EndEvent:
    """The first, or last, of some events: `[time, messageId, whether it passed]`.

    With an anchor, the window's beginning is that of another event, kept behind it.
    """

    id: str
    selector: EventSelector
    last: bool
    passes: Passes
    asked: frozenset[tuple[str, ...]]
    anchor: EventSelector | None = None
    anchor_last: bool = True

    @property
    def feeds(self) -> tuple[EventSelector, ...]:
        """The events, and the window's."""
        return (self.selector,) if self.anchor is None else (self.selector, self.anchor)

    @property
    def reads(self) -> frozenset[tuple[str, ...]]:
        """What it asks of the event."""
        return self.asked

    def add(self, state: State | None, seen: Seen, roles: int) -> State | None:
        """See Feature."""
        if roles == 1 and state is not None and state[0] is not None:
            present = (state[0][0], state[0][1])
            if ((seen.at, seen.message_id) > present) != self.last:
                return None  # what it was like does not matter then
        own = None
        if roles & 1:
            own = [seen.at, seen.message_id, self.passes(seen.event, seen.at)]
        added = self.fold([state or [None, None], [own, seen.at if roles & 2 else None]])
        return None if added == state else added

    def fold(self, states: Sequence[State]) -> State:
        """See Feature."""
        events = [event for event, _ in states if event is not None]
        anchors = [anchor for _, anchor in states if anchor is not None]
        choose, choose_anchor = max if self.last else min, max if self.anchor_last else min
        return [
            choose(events, key=lambda event: (event[0], event[1])) if events else None,
            choose_anchor(anchors) if anchors else None,
        ]


@dataclass(frozen=True, slots=True)
class Consent:
    """The latest consent preferences: `[time, messageId, {category: granted}]`."""

    id: str = "consent"

    @property
    def feeds(self) -> tuple[EventSelector, ...]:
        """Any event may carry them."""
        return (EventSelector(call="any"),)

    @property
    def reads(self) -> frozenset[tuple[str, ...]]:
        """Where they are."""
        return frozenset([_PREFERENCES])

    def add(self, state: State | None, seen: Seen, roles: int) -> State | None:  # noqa: ARG002 - it has one
        """See Feature."""
        preferences = look_up(seen.event, _PREFERENCES)
        if not isinstance(preferences, Mapping):
            return None
        own = [
            seen.at,
            seen.message_id,
            {name: held for name, held in preferences.items() if isinstance(held, bool)},
        ]
        return own if state is None or self.fold([state, own]) != state else None

    def fold(self, states: Sequence[State]) -> State:
        """See Feature."""
        return max(states, key=lambda state: (state[0], state[1]))
