"""Computed traits: from small states the same as from the whole history."""

from __future__ import annotations

import json
from collections import Counter
from fractions import Fraction
from typing import Any, get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.audiences.audience import ComputedTrait, EventFigure, FigureFunction, text_of
from headwater.audiences.conditions import EventSelector
from headwater.audiences.evaluation import Person
from headwater.audiences.features import Seen
from headwater.audiences.program import CompiledTrait, compile_program
from tests.audiences import naive
from tests.audiences import strategies as made
from tests.audiences.parts import DictPart

FUNCTIONS: tuple[FigureFunction, ...] = get_args(FigureFunction)


def plain(value: Any) -> Any:
    """Answer a number as it is kept."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def expected(figure: EventFigure, history: naive.History, now: int) -> Any:
    """Answer a figure by its definition."""
    inside = naive.windowed(history, naive.selected(history, figure.event), figure.window, now)
    if inside is None:
        return None
    if figure.function == "count":
        return len(inside)
    if figure.function == "days_since":
        return max(now - inside[-1][0], 0) // 86_400_000 if inside else None
    assert figure.property is not None
    return of_values(figure, [naive.get(event, figure.property) for _, event in inside])


def of_values(figure: EventFigure, values: list[Any]) -> Any:
    """Answer a figure over values, by time."""
    there = [plain(one) for one in values if one is not None]
    scalars = [one for one in there if isinstance(one, (str, bool, int, float))]
    keys = [json.dumps(one, ensure_ascii=False) for one in scalars]
    match figure.function:
        case "first":
            return there[0] if there else None
        case "last":
            return there[-1] if there else None
        case "most_frequent":
            counts = Counter(keys)
            best = max(counts.values(), default=0)
            often = [key for key, count in counts.items() if count == best]
            return json.loads(min(often)) if often and best >= figure.minimum_frequency else None
        case "unique_list":
            return [json.loads(key) for key in sorted(set(keys))]
        case "unique_count":
            return len(set(keys))
    held = naive.figure(figure.function, values)
    return None if held is None else plain(float(Fraction(held)))


@st.composite
def figures(draw: st.DrawFn) -> EventFigure:
    """Any figure over events."""
    function = draw(st.sampled_from(FUNCTIONS))
    window = draw(made.windows)
    if function == "days_since" and getattr(window, "type", "") == "since_event":
        window = None
    return EventFigure(
        function,
        draw(st.sampled_from([EventSelector("A"), EventSelector(call="any")])),
        None if function in {"count", "days_since"} else "properties.v",
        window,
        draw(st.integers(1, 2)),
    )


@settings(max_examples=300, deadline=None)
@given(
    figures(),
    st.sampled_from(made.ZONES),
    st.lists(st.tuples(made.events(), st.booleans()), max_size=10),
    st.randoms(use_true_random=False),
)
def test_a_figure_is_what_the_history_says(
    figure: EventFigure, zone: str, drawn: list[Any], random: Any
) -> None:
    """Now, until the instant that was foretold, and at it; whatever order events came in."""
    trait = ComputedTrait("t", "t", "T", text_of(figure))
    program = compile_program([], [trait], zone=zone, version=1, since={})
    assert program is not None
    compiled = program.order[0]
    assert isinstance(compiled, CompiledTrait)
    history = naive.History(zone)
    parts = {"x:1": DictPart(), "x:2": DictPart()}
    now = made.START
    order = list(enumerate(drawn))
    random.shuffle(order)
    for number, ((at, event), first) in order:
        event["messageId"] = f"m{number:02}"
        now = max(now, at)
        history.events.append((at, event))
        part = parts["x:1" if first else "x:2"]
        seen = Seen(at, event["messageId"], event, now)
        for id_, step, _ in program.feeds.steps(event, at).each:
            if step(part, seen) is not None:
                part[id_] = json.loads(json.dumps(part[id_]))
    for _ in range(4):
        value, change = compiled.value(Person(program, parts), now)
        assert value == expected(figure, history, now)
        until = now + 50 * 86_400_000 if change is None else change - 1
        assert expected(figure, history, until) == value
        if change is None:
            return
        now = change
