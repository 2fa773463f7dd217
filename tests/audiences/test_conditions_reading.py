"""What conditions in JSON are read as, and what is said of those that are none."""

from __future__ import annotations

from typing import Any

import pytest

from headwater.audiences.comparisons import AnyOf, Comparison
from headwater.audiences.conditions import (
    AccountCondition,
    AggregateCondition,
    And,
    AudienceCondition,
    Between,
    Calendar,
    Condition,
    ConsentCondition,
    EventCondition,
    EventSelector,
    Everyone,
    Not,
    OccurrenceCondition,
    Or,
    Rolling,
    SequenceCondition,
    SinceEvent,
    Step,
    TraitCondition,
    leaves,
    walk,
)
from headwater.audiences.conditions_reading import ConditionError, read, to_json

ORDERS = EventSelector(
    "Order Completed",
    where=(
        Comparison("properties.total", "at_least", 50),
        AnyOf((Comparison("properties.sku", "one_of", ("a", "b")),)),
    ),
)
EVERY_KIND: list[Condition] = [
    Everyone(),
    TraitCondition("address.city", "equals", "Ulm"),
    TraitCondition("age", "between", (18, 30)),
    EventCondition(ORDERS, "at_least", 2, Rolling("10d", skip="7d")),
    EventCondition(EventSelector(call="any"), "exactly", 0, Between("2026-01-01", "2026-02-01")),
    EventCondition(EventSelector("Home", call="page"), window=Calendar("week", ago=1, span=4)),
    EventCondition(ORDERS, "at_most", 3, SinceEvent(EventSelector("Refunded"), "first")),
    SequenceCondition(
        (Step(EventSelector("A")), Step(ORDERS, "2h", (EventSelector("C"),))), Rolling("30d")
    ),
    AggregateCondition(ORDERS, "sum", "properties.total", "greater_than", 99.5, Rolling("1w")),
    OccurrenceCondition(
        "last", ORDERS, (Comparison("properties.paid", "equals", value=True),), Rolling("1d")
    ),
    AccountCondition((Comparison("plan", "equals", "enterprise"),), group="acme"),
    ConsentCondition("Advertising", "refused"),
    AudienceCondition("big-spenders", member=False),
]


@pytest.mark.parametrize("condition", EVERY_KIND, ids=[str(n) for n in range(len(EVERY_KIND))])
def test_every_kind_comes_back_from_its_json(condition: Condition) -> None:
    """What is written is read again as the same value, alone and inside of others."""
    tree = And((condition, Or((Not(condition), condition))))

    assert read(to_json(condition)) == condition
    assert read(to_json(tree)) == tree
    assert hash(read(to_json(tree))) == hash(tree)


OTHER_SHAPES: list[tuple[Any, Condition]] = [
    (
        {"and": [{"attribute": {"field": "plan", "operator": "eq", "value": "pro"}}]},
        And((TraitCondition("plan", "one_of", ("pro",)),)),
    ),
    (
        {"or": [{"segment": {"id": 4}}, {"not": {"segment": {"id": 5}}}]},
        Or((AudienceCondition("4"), Not(AudienceCondition("5")))),
    ),
    (
        {"attribute": {"field": "a.b", "operator": "eq", "value": "42"}},
        TraitCondition("a\\.b", "one_of", ("42", 42)),
    ),
    (
        {"attribute": {"field": "vip", "operator": "eq", "value": True}},
        TraitCondition("vip", "one_of", ("true", True)),
    ),
    ({"attribute": {"field": "x", "operator": "exists"}}, TraitCondition("x", "exists")),
    (
        {"object_attribute": {"field": "plan", "operator": "eq", "value": "pro", "type_id": "1"}},
        AccountCondition((Comparison("plan", "one_of", ("pro",)),)),
    ),
    (
        {"attribute": "plan", "operator": "equals", "value": "pro"},
        TraitCondition("plan", "equals", "pro"),
    ),
    ({"attribute": "age", "operator": ">=", "value": 3}, TraitCondition("age", "at_least", 3)),
    (
        {"event": "Order Completed", "operator": "did", "timeframe": "7d"},
        EventCondition(EventSelector("Order Completed"), window=Rolling("7d")),
    ),
    (
        {"event": "Login", "operator": "did_not"},
        EventCondition(EventSelector("Login"), "exactly", 0),
    ),
    (
        {"all": [{"event": "Login", "operator": "at_least", "count": 3, "timeframe": "12h"}]},
        And((EventCondition(EventSelector("Login"), "at_least", 3, Rolling("12h")),)),
    ),
    (
        {
            "type": "event",
            "event": {
                "name": "Login",
                "where": [{"path": "context.os", "operator": "exists"}],
            },
        },
        EventCondition(EventSelector("Login", where=(Comparison("context.os", "exists"),))),
    ),
]


@pytest.mark.parametrize(("given", "meant"), OTHER_SHAPES, ids=lambda one: type(one).__name__)
def test_the_shapes_that_people_have_are_read(given: Any, meant: Condition) -> None:
    """Customer.io's segment conditions and the small form become the same tree."""
    assert read(given) == meant


MISTAKES: list[tuple[Any, str]] = [
    ([], "condition: should be an object, not a list."),
    ({}, 'condition: has no "type".'),
    ({"type": "unknown"}, "condition.type: 'unknown' is no type of condition; there are and, or"),
    ({"and": []}, "condition.and: should hold at least one"),
    ({"type": "or"}, "condition.conditions: is missing."),
    ({"type": "not", "condition": {"type": "everyone"}, "x": 1}, "condition.x: there is no such"),
    ({"or": [{"type": "trait", "path": "a", "operator": "like"}]}, "condition.or[0].operator: "),
    ({"type": "trait", "operator": "exists"}, "condition.path: is missing."),
    (
        {"type": "trait", "path": "a..b", "operator": "exists"},
        "condition.path: 'a..b' has an",
    ),
    ({"type": "trait", "path": "a", "operator": "between", "value": [2, 1]}, "condition.value: "),
    ({"type": "trait", "path": "a", "operator": "within_last", "value": "7"}, "condition.value: "),
    ({"type": "trait", "path": "a", "operator": "exists", "value": 1}, "condition.value: 'exists'"),
    (
        {
            "type": "event",
            "event": {
                "name": "X",
                "where": [
                    {"path": "properties.a", "operator": "exists"},
                    {"path": "properties.a", "operator": "at_least", "value": "x"},
                ],
            },
        },
        "condition.event.where[1].value: 'at_least' takes a number.",
    ),
    (
        {"type": "event", "event": {}, "window": {"type": "rolling", "last": "7q"}},
        "condition.window.last: '7q' is not a duration",
    ),
    (
        {"type": "event", "event": {}, "window": {"type": "roling", "last": "7d"}},
        "condition.window: input tag 'roling'",
    ),
    ({"type": "event", "event": {}, "windw": {}}, "condition.windw: there is no such field."),
    (
        {"type": "event", "event": {"call": "identify", "name": "X"}},
        "condition.event.name: events of call 'identify' have no name",
    ),
    ({"not": {"type": "sequence", "steps": []}}, "condition.not.steps: should be 2 to 10."),
    ({"event": "X", "operator": "done"}, "condition: operator should be one of did, did_not"),
    ({"segment": 4}, "condition: segment should be such as"),
    (
        {"attribute": {"field": "plan", "operator": "gt", "value": 1}},
        "condition: attribute.operator should be eq or exists, not 'gt'.",
    ),
]


@pytest.mark.parametrize(("given", "told"), MISTAKES, ids=[str(n) for n in range(len(MISTAKES))])
def test_a_mistake_is_told_with_its_place(given: Any, told: str) -> None:
    """The message begins with where it is wrong."""
    with pytest.raises(ConditionError) as caught:
        read(given)

    assert caught.value.message.startswith(told)


def test_a_tree_may_not_be_endless() -> None:
    """Depth and size have limits, so that no condition costs everybody else."""
    deep: Any = {"type": "everyone"}
    for _ in range(30):
        deep = {"not": deep}
    with pytest.raises(ConditionError, match="nested more than 20 deep"):
        read(deep)
    with pytest.raises(ConditionError, match="more than 500"):
        read({"or": [{"type": "everyone"}] * 600})


def test_a_tree_can_be_walked() -> None:
    """Every condition is found with its place."""
    tree = And((Everyone(), Not(TraitCondition("a", "exists"))))

    assert [place for place, _ in walk(tree)] == [
        "",
        "conditions[0]",
        "conditions[1]",
        "conditions[1].condition",
    ]
    assert list(leaves(tree)) == [Everyone(), TraitCondition("a", "exists")]
