"""Steps of counts, the commonest figures: what `Feature.add` says, in the state's place, sooner."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Callable
from typing import Any

from headwater.audiences.calendar import numbering
from headwater.audiences.features import Seen, State, Step
from headwater.audiences.figures import FigureSince, LogFigure, UnitFigure, WholeFigure
from headwater.audiences.reducers import Count
from headwater.audiences.watching import Watched


def whole_count(feature: WholeFigure, most: int | None, who: Watched) -> Step:
    """Answer the step of a count of all events there ever were, or of those between two dates."""
    id_, always, by_size = feature.id, who.always, who.by_size
    contains = None if feature.is_endless else feature.window.contains

    def step(held: dict[str, State], seen: Seen) -> tuple[int, ...] | None:
        count = held.get(id_, 0)
        if count == most or (contains is not None and not contains(seen.at, seen.now)):
            return None
        held[id_] = count = count + 1
        return by_size.get(count, always)

    return step


def recent_count(feature: LogFigure, most: int | None, who: Watched) -> Step:
    """Answer the step of a count up to now: the times of the newest events."""
    id_, last = feature.id, feature.window.last
    always, by_size = who.always, who.by_size

    def step(held: dict[str, State], seen: Seen) -> tuple[int, ...] | None:
        at, oldest = seen.at, seen.now - last
        if at <= oldest:
            return None
        items = held.get(id_)
        if not items:
            held[id_] = [at]
            return by_size.get(1, always)
        _put(items, at)
        if items[0] <= oldest:
            held[id_] = items = items[bisect_right(items, oldest) :]
        if most is not None and len(items) > most:
            del items[:-most]
        return by_size.get(len(items), always)

    return step


def unit_count(feature: UnitFigure, most: int | None, who: Watched) -> Step:
    """Answer the step of a count over units of the calendar."""
    id_, window = feature.id, feature.window
    number_of = numbering(window.unit, window.zone)
    kept, span = window.ago + window.span, window.span
    inside = _inside if window.ago == 0 else None

    def step(held: dict[str, State], seen: Seen) -> tuple[int, ...] | None:
        number, present = number_of(seen.at), number_of(seen.now)
        if number <= present - kept:
            return None
        own, state = str(number), held.get(id_)
        count = 0 if state is None else state.get(own, 0)
        if count == most:
            return None
        if state is None:
            held[id_] = state = {}
        elif not count:
            oldest = present - kept
            held[id_] = state = {name: part for name, part in state.items() if int(name) > oldest}
        state[own] = count + 1
        if inside is None:  # a unit that comes in later may do so at any time
            return who.every
        if len(state) == 1 and number <= present:
            return who.by_size.get(count + 1, who.always)
        return inside(state, present, span, who)

    return step


def _inside(state: dict[str, int], present: int, span: int, who: Watched) -> tuple[int, ...]:
    """Answer who is to be decided where a window ends with the present unit."""
    count = 0
    for name, part in state.items():
        number = int(name)
        if number > present:
            return who.every
        if number > present - span:
            count += part
    return who.by_size.get(count, who.always)


def count_since(feature: FigureSince, most: int | None, who: Watched) -> Step:
    """Answer the step of a count since the last event of another kind, which this is not."""
    id_ = feature.id

    def step(held: dict[str, State], seen: Seen) -> tuple[int, ...] | None:
        at, state = seen.at, held.get(id_)
        if state is None:
            held[id_] = [None, [at]]
            return who.always
        anchor, items = state
        if anchor is not None and at <= anchor:
            return None
        if not items:
            state[1] = items = [at]
        else:
            _put(items, at)
        if most is not None and len(items) > most:
            first = items.pop(0)
            if first == at:
                return None
        # Before there was any, there is no figure, whatever is counted.
        return who.always if anchor is None else who.by_size.get(len(items), who.always)

    return step


def _put(times: list[int], at: int) -> None:
    if times[-1] <= at:
        times.append(at)
    else:
        insort(times, at)


def count_step(feature: Any, roles: int, who: Watched) -> Step | None:
    """Answer the step of a feature that counts; None where it takes the general one."""
    make: Callable[[Any, int | None, Watched], Step] | None = None
    match feature:
        case WholeFigure():
            make = whole_count
        case LogFigure():
            make = recent_count if feature.window.skip is None else None
        case UnitFigure():
            make = unit_count
        case FigureSince():
            make = count_since if feature.last and roles == 1 else None
    reducer = feature.reducer
    if make is None or not isinstance(reducer, Count):
        return None
    return make(feature, reducer.most, who)
