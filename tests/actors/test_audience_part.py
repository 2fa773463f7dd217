"""What is stored of one identifier's events, and how what older versions stored is read."""

from __future__ import annotations

import pytest

from headwater.actors.audience_part import Part
from headwater.audiences import conditions as k
from headwater.audiences.audience import Audience, text_of
from headwater.audiences.evaluation import Person
from headwater.audiences.program import CompiledAudience, compile_program

AT = 1_790_000_000_000


@pytest.mark.parametrize(
    ("older", "state"),
    [
        ("[[5],[7]]", [5, 7]),
        ("[null,[[5],[7]]]", [None, [5, 7]]),
        ("[3,[[5]]]", [3, [5]]),
        ("[3,[]]", [3, []]),
        ("[[5,1.5],[7,2]]", [[5, 1.5], [7, 2]]),
        ("[3,[[5,1.5]]]", [3, [[5, 1.5]]]),
        ('[[5,"m",true],null]', [[5, "m", True], None]),
        ('[[5,"m",true],4]', [[5, "m", True], 4]),
        ('[5,"m",{"ads":true}]', [5, "m", {"ads": True}]),
        ('["a","b"]', ["a", "b"]),
        ('["0",0]', ["0", 0]),
        ('{"5":1}', {"5": 1}),
        ("7", 7),
        ("[]", []),
    ],
)
def test_states_of_older_versions_are_read(older: str, state: object) -> None:
    """Where each time was a list of its own it is bare now; all other states stay as they are."""
    part = Part.from_json(f'{{"v":3,"f":{{"a":{older}}},"h":2}}')
    assert part == Part(3, {"a": state}, 2)
    assert Part.from_json(part.to_json()) == part


@pytest.mark.parametrize("window", [k.Rolling("30d"), k.SinceEvent(k.EventSelector("B"))])
def test_conditions_hold_of_what_older_versions_stored(window: k.Window) -> None:
    """A count goes on from the events that were counted before the change of form."""
    condition = k.EventCondition(k.EventSelector("A"), "at_least", 2, window)
    program = compile_program(
        [Audience("a", "a", "A", text_of(condition))], [], zone="UTC", version=1, since={}
    )
    assert program is not None
    (audience,) = program.order
    assert isinstance(audience, CompiledAudience)
    (feature,) = program.features
    for times, is_member in ((f"[[{AT}]]", False), (f"[[{AT}],[{AT + 1}]]", True)):
        older = times if isinstance(window, k.Rolling) else f"[{AT - 1},{times}]"
        part = Part.from_json(f'{{"v":1,"f":{{"{feature}":{older}}}}}')
        assert audience.check(Person(program, {"x": part}), AT + 2)[0] is is_member
