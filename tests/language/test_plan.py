"""Plans are typed: JSON goes in and out unchanged, and the same plan has the same hash."""

from __future__ import annotations

from typing import Any

import pytest

from headwater.errors import BadRequest
from headwater.language.plan import (
    effect_of,
    hash_of,
    kinds,
    needs_confirmation,
    read_plan,
    write_plan,
)

PLANS: list[dict[str, Any]] = [
    {"do": "record", "facts": [{"who": "user_id:1", "name": "Signed Up"}]},
    {"do": "identify", "who": "email:a@b.co", "traits": {"plan": "Pro"}},
    {"do": "link", "first": "anonymous_id:x", "second": "user_id:1"},
    {"do": "merge", "first": "user_id:1", "second": "user_id:2"},
    {"do": "show_person", "who": "user_id:1", "part": "activity", "over": {"this": "week"}},
    {"do": "list_people", "people": {"type": "everyone"}},
    {"do": "erase", "who": "user_id:1"},
    {"do": "route_events", "events": {"name": "Signed Up"}, "destinations": ["slack"]},
    {
        "do": "ask",
        "question": {
            "question": "trend",
            "over": {"previous": "month"},
            "series": [{"events": {"name": "Signed Up"}}],
        },
    },
    {
        "do": "chain",
        "people": {"type": "everyone"},
        "steps": [
            {"notify": "Hello"},
            {"wait": 3600},
            {"each": [{"do": "erase", "who": "user_id:3"}]},
        ],
    },
]


@pytest.mark.parametrize("plan", PLANS, ids=[one["do"] for one in PLANS])
def test_a_plan_goes_to_json_and_back(plan: dict[str, Any]) -> None:
    """What was written is read as the same plan, with the same hash."""
    typed = read_plan(plan)

    assert write_plan(typed) == plan
    assert read_plan(write_plan(typed)) == typed
    assert hash_of(read_plan(write_plan(typed))) == hash_of(typed)


def test_a_hash_names_one_plan() -> None:
    """Different plans have different hashes; the order of keys makes no difference."""
    assert len({hash_of(read_plan(one)) for one in PLANS}) == len(PLANS)
    turned = dict(reversed(PLANS[2].items()))

    assert hash_of(read_plan(turned)) == hash_of(read_plan(PLANS[2]))


@pytest.mark.parametrize(
    ("plan", "effect"),
    [(0, "records"), (2, "merges"), (4, "reads"), (6, "erases"), (7, "routes"), (9, "erases")],
)
def test_a_plan_knows_what_it_does(plan: int, effect: str) -> None:
    """Effects are the type's; a chain has the strongest of its steps."""
    typed = read_plan(PLANS[plan])

    assert effect_of(typed) == effect
    assert needs_confirmation(typed) == (effect in {"merges", "erases", "routes", "sends"})


@pytest.mark.parametrize(
    ("plan", "told"),
    [
        ({"do": "sned"}, "Did you mean 'send'"),
        ({}, "'do' says what to do"),
        ([], "JSON object"),
        ({"do": "erase", "who": "alice"}, "who"),
        ({"do": "erase", "who": "each"}, "who"),
        ({"do": "merge", "first": "user_id:1", "second": "visitor"}, "second"),
        ({"do": "erase", "who": "user_id:1", "really": True}, "really: there is no such field"),
        ({"do": "send", "to": {}, "content": {"text": "x"}}, "one of them"),
        ({"do": "list_people", "people": {"type": "x"}}, "people.type"),
        ({"do": "ask", "question": {"question": "trend"}}, "series"),
    ],
)
def test_what_is_no_plan_is_refused(plan: Any, told: str) -> None:
    """The message says what is wrong, and where."""
    with pytest.raises(BadRequest, match=told):
        read_plan(plan)


def test_every_kind_says_what_it_does() -> None:
    """Each type of plan has a docstring: what a program that is offered it is told."""
    assert [name for name, kind in kinds().items() if not kind.__doc__] == []
