"""Steps are `Feature.add` at work: sooner, in the state's place, and telling whom they may flip."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.actors.audience_part import Part
from headwater.audiences import conditions as k
from headwater.audiences.audience import Audience, text_of
from headwater.audiences.comparing import passes
from headwater.audiences.evaluation import Person
from headwater.audiences.features import Seen
from headwater.audiences.program import CompiledAudience, Program, compile_program
from tests.audiences import strategies as made

EVENT = k.EventSelector("A")


def program_of(condition: k.Condition) -> Program:
    """Answer a program of one audience."""
    program = compile_program(
        [Audience("a", "a", "A", text_of(condition))], [], zone="UTC", version=1, since={}
    )
    assert program is not None
    return program


class Fed:
    """The state of a program's one feature, as one event after the other comes in."""

    def __init__(self, condition: k.Condition) -> None:
        self.program = program_of(condition)
        self.held: dict[str, Any] = {}

    def touched(self, at: int, now: int, value: Any = None, name: str = "A") -> bool | None:
        """Let an event in; tell whether the audience is to be decided, None if nothing changed."""
        event = {"type": "track", "event": name, "properties": {"v": value}}
        (_, step, _), *rest = self.program.feeds.steps(event, at).each
        assert not rest
        flipped = step(self.held, Seen(at, f"m{at}", event, now))
        return None if flipped is None else bool(flipped)


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(made.event_leaves, st.lists(made.events(), max_size=25), st.data())
def test_a_step_leaves_what_adding_answers(
    condition: k.Condition, events: list[tuple[int, dict[str, Any]]], data: st.DataObject
) -> None:
    """Of any feature, with events late, early and at the same instant.

    What no window can need any more may be dropped at another event, so what is compared is the
    answers, now and later; and a step that says that it has changed nothing has not.
    """
    program = program_of(condition)
    (audience,) = program.order
    assert isinstance(audience, CompiledAudience)
    stepped: dict[str, Any] = {}
    added: dict[str, Any] = {}
    now = made.START
    for number, (at, event) in enumerate(events):
        now = max(now, at - data.draw(st.sampled_from([0, made.HOUR])))
        seen = Seen(at, f"m{number}", program.feeds.read(json.dumps(event)), now)
        for id_, step, _ in program.feeds.steps(seen.event, at).each:
            before = deepcopy(stepped)
            if step(stepped, seen) is None:
                assert stepped == before
            roles = roles_of(program, id_, event, at)
            after = program.features[id_].add(added.get(id_), seen, roles)
            if after is not None:
                added[id_] = after
        for later in (0, made.HOUR, 30 * made.HOUR, 10 * 24 * made.HOUR):
            answers = [
                audience.check(Person(program, {"x": Part(1, states)}), now + later)[0]
                for states in (stepped, added)
            ]
            assert answers[0] is answers[1]


def roles_of(program: Program, id_: str, event: dict[str, Any], at: int) -> int:
    """Answer in which roles an event is for a feature."""
    return sum(
        1 << number
        for number, selector in enumerate(program.features[id_].feeds)
        if selector.call in {"any", event["type"]}
        and selector.name in {None, event.get("event", event.get("name"))}
        and all(passes(one, "UTC")(event, at) for one in selector.where)
    )


def test_a_count_is_decided_where_it_is_reached() -> None:
    """Neither before nor beyond, within a window and without one."""
    for window in (None, k.Rolling("30d"), k.Calendar("day")):
        fed = Fed(k.EventCondition(EVENT, "at_least", 3, window))
        said = [bool(fed.touched(made.START + at, made.START + at)) for at in range(5)]
        assert said == [False, False, True, False, False]


def test_a_sum_is_decided_where_it_passes() -> None:
    """And at each step while a negative number may leave the window."""
    fed = Fed(k.AggregateCondition(EVENT, "sum", "properties.v", "at_least", 10, k.Rolling("1d")))
    numbers = [4, 5.5, 1.5, 3, -1, 1]
    said = [fed.touched(made.START + place, made.START + 9, v) for place, v in enumerate(numbers)]
    assert said == [False, False, True, False, True, True]


def test_a_chain_is_decided_once_each_step_was_there() -> None:
    """The first event of a chain alone makes nobody a member."""
    steps = (k.Step(EVENT), k.Step(k.EventSelector("B")))
    fed = Fed(k.SequenceCondition(steps, k.Rolling("7d")))
    assert fed.touched(made.START, made.START) is False
    assert fed.touched(made.START + 1, made.START + 1, name="B") is True


def test_two_moving_clauses_are_decided_at_each_step() -> None:
    """`a and not b` may flip sooner by one more a, if b ends before it and a now after it."""
    count = k.EventCondition(EVENT, "at_least", 1, k.Rolling("1d"))
    other = k.EventCondition(k.EventSelector("B"), "at_least", 1, k.Rolling("1d"))
    fed = Fed(k.And((count, k.Not(other))))
    assert [fed.touched(made.START + at, made.START + at) for at in range(3)] == [True] * 3
    alone = Fed(k.And((count, k.TraitCondition("t", "exists"))))
    said = [bool(alone.touched(made.START + at, made.START + at)) for at in range(3)]
    assert said == [True, False, False]
