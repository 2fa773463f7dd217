"""What is worked out from small states is what the whole history says, at every instant."""

from __future__ import annotations

import json
import os
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.audiences.audience import Audience, text_of
from headwater.audiences.conditions import Condition
from headwater.audiences.evaluation import Person, settled
from headwater.audiences.features import Seen
from headwater.audiences.program import CompiledAudience, Program, compile_program
from tests.audiences import strategies as made
from tests.audiences.naive import History, truth

EXAMPLES = int(os.environ.get("HEADWATER_EXAMPLES", "1500"))
"""Random cases; scripts/test-audiences runs many more."""


def program_of(condition: Condition, zone: str) -> Program:
    """Answer a program of one audience."""
    program = compile_program(
        [Audience("a", "a", "A", text_of(condition))], [], zone=zone, version=1, since={}
    )
    assert program is not None
    return program


def fold(program: Program, part: dict[str, Any], at: int, event: dict[str, Any], now: int) -> None:
    """Let an event into the states of its identifier; these go to JSON and back, as when stored."""
    seen = Seen(at, event["messageId"], program.feeds.read(json.dumps(event)), now)
    for id_, step, _ in program.feeds.steps(seen.event, at).each:
        if step(part, seen) is not None:
            part[id_] = json.loads(json.dumps(part[id_]))


@st.composite
def cases(draw: st.DrawFn) -> tuple[Condition, History, dict[str, dict[str, Any]], Program, int]:
    """A condition, a history, and the states that it made when its events came in some order."""
    condition = draw(made.conditions)
    zone = draw(st.sampled_from(made.ZONES))
    program = program_of(condition, zone)
    history = History(
        zone,
        traits=draw(st.dictionaries(st.sampled_from(["t", "u"]), made.values, max_size=2))
        | {"o": {"v": draw(made.scalars)}},
        accounts=draw(
            st.dictionaries(
                st.sampled_from(["g1", "g2"]),
                st.fixed_dictionaries({"plan": made.values}),
                max_size=2,
            ).map(lambda accounts: list(accounts.items()))
        ),
    )
    drawn = draw(st.lists(made.events(), max_size=12))
    arrive = draw(st.permutations(range(len(drawn))))
    parts: dict[str, dict[str, Any]] = {"x:1": {}, "x:2": {}}
    now = made.START
    for place in arrive:
        at, event = drawn[place]
        event["messageId"] = f"m{place}"
        now = max(now, at - draw(st.sampled_from([0, 0, 0, made.HOUR])))
        fold(program, parts[draw(st.sampled_from(sorted(parts)))], at, event, now)
        history.events.append((at, event))
    return condition, history, parts, program, now + draw(st.sampled_from([0, 1, made.HOUR]))


def person_of(program: Program, parts: dict[str, dict[str, Any]], history: History) -> Person:
    """Answer the person that evaluation sees."""
    return Person(program, parts, history.traits, lambda: history.accounts)


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(cases())
def test_states_answer_as_the_whole_history_does(
    case: tuple[Condition, History, dict[str, dict[str, Any]], Program, int],
) -> None:
    """Now, at every flip that was foretold, and one second before and after it."""
    condition, history, parts, program, now = case
    audience = program.order[0]
    assert isinstance(audience, CompiledAudience)

    for _ in range(6):
        person = person_of(program, parts, history)
        answer, flip = settled(audience.check, person, now)
        assert answer == truth(history, condition, now)
        if flip is None:
            for later in (1, 1000, made.HOUR, 26 * made.HOUR, 40 * 24 * made.HOUR):
                assert truth(history, condition, now + later) == answer
            return
        assert flip > now
        for instant in (flip - 1, max(flip - 1000, now), (now + flip) // 2):
            assert truth(history, condition, instant) == answer
        changed, _ = settled(audience.check, person, flip)
        assert changed == truth(history, condition, flip)
        later_answer, _ = audience.check(person, flip + 1000)
        assert later_answer == truth(history, condition, flip + 1000)
        now = flip
