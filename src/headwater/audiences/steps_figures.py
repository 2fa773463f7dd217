"""Steps of the commoner figures over a property: what `Feature.add` says, sooner."""

from __future__ import annotations

from headwater.audiences.comparisons import is_number, reader
from headwater.audiences.features import Seen, State, Step, with_item
from headwater.audiences.figures import LogFigure, WholeFigure
from headwater.audiences.reducers import Extreme, is_scalar, plain
from headwater.audiences.reducers_values import Distinct
from headwater.audiences.watching import Watched


def greatest(feature: WholeFigure, who: Watched) -> Step:
    """Answer the step of the greatest number there ever was."""
    id_, read, touched = feature.id, reader(feature.names), who.telling()

    def step(held: dict[str, State], seen: Seen) -> tuple[int, ...] | None:
        value = read(seen.event)
        if type(value) is not float and not is_number(value):
            return None
        before = held.get(id_)
        if before is not None and value <= before:
            return None
        held[id_] = value = plain(value)
        return touched(before, value, seen)

    return step


def distinct(feature: WholeFigure, most: int | None, who: Watched) -> Step:
    """Answer the step of the different values there ever were."""
    id_, read, reducer = feature.id, reader(feature.names), feature.reducer
    always, by_size = who.always, who.by_size

    def step(held: dict[str, State], seen: Seen) -> tuple[int, ...] | None:
        value, state = read(seen.event), held.get(id_)
        if state is not None and (len(state) == most or (type(value) is str and value in state)):
            return None
        if not is_scalar(value):
            return None
        if state is None:
            held[id_] = [plain(value)]
            return by_size.get(1, always)
        after = reducer.add(state, [seen.at, plain(value)])
        if after == state:
            return None
        held[id_] = after
        return by_size.get(len(after), always)

    return step


def recent_sum(feature: LogFigure, who: Watched) -> Step:
    """Answer the step of a sum, or an average, up to now: each number with its time."""
    id_, last, names = feature.id, feature.window.last, feature.names
    read, touched = reader(names), who.telling()

    def step(held: dict[str, State], seen: Seen) -> tuple[int, ...] | None:
        at, oldest = seen.at, seen.now - last
        if at <= oldest:
            return None
        value = read(seen.event)
        if type(value) is not float and not is_number(value):
            return None
        items = held.get(id_)
        if not items:
            held[id_] = items = [[at, plain(value)]]
            return touched(None, items, seen)
        if items[0][0] <= oldest:
            items = [item for item in items if item[0] > oldest]
        if not items or items[-1][0] < at:
            items.append([at, plain(value)])
        else:
            items = with_item(items, [at, plain(value)])
        held[id_] = items
        return touched(items, items, seen)

    return step


def figure_step(feature: WholeFigure | LogFigure, who: Watched) -> Step | None:
    """Answer the step of a figure over a property; None where it takes the general one."""
    reducer = feature.reducer
    if isinstance(feature, LogFigure):
        if reducer.name == "sum" and feature.window.skip is None:
            return recent_sum(feature, who)
    elif feature.is_endless:
        if isinstance(reducer, Extreme) and reducer.greatest:
            return greatest(feature, who)
        if isinstance(reducer, Distinct) and not who.asked:
            return distinct(feature, reducer.most, who)
    return None
