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
    ({"segment": {"id": 4, "inverse": True}}, Not(AudienceCondition("4"))),
    ({"segment": {"id": 4, "inverse": False}}, AudienceCondition("4")),
    (
        {"and": [{"attribute": {"field": "x", "operator": "exists", "inverse": True}}]},
        And((Not(TraitCondition("x", "exists")),)),
    ),
    ({"event": "A", "inverse": True}, Not(EventCondition(EventSelector("A")))),
    (
        {"attribute": {"field": "plan", "operator": "eq", "value": ["pro", 1]}},
        TraitCondition("plan", "one_of", ("pro", "1", 1)),
    ),
    (
        {"attribute": {"field": "plan", "operator": "not_eq", "value": "pro"}},
        TraitCondition("plan", "none_of", ("pro",)),
    ),
    (
        {"attribute": {"field": "age", "operator": "gt", "value": "30"}},
        TraitCondition("age", "greater_than", 30),
    ),
    (
        {"attribute": {"field": "trial_ends", "operator": "within_next", "value": "3 days"}},
        TraitCondition("trial_ends", "within_next", "3d"),
    ),
    (
        {"attribute": "seen_at", "operator": "within_last", "value": "2 weeks"},
        TraitCondition("seen_at", "within_last", "2w"),
    ),
    (
        {"attribute": "plan", "operator": "in", "value": ["a", "b"]},
        TraitCondition("plan", "one_of", ("a", "b")),
    ),
    (
        {"event": {"name": "A", "call": "page"}, "operator": "did_not", "timeframe": "24 hours"},
        EventCondition(EventSelector("A", "page"), "exactly", 0, Rolling("24h")),
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
    (
        {"type": "trait", "path": "a", "operator": "before", "value": "30d"},
        (
            "condition.value: 'before' takes a date or time, such as '2026-01-31'; for one that"
            " moves there are before_last"
        ),
    ),
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
        (
            "condition.window.type: should be one of rolling, between, calendar, since_event, not"
            " 'roling' (did you mean 'rolling'?)."
        ),
    ),
    (
        {"type": "event", "event": {}, "window": {"last": "7d"}},
        "condition.window.type: is missing; there are rolling, between, calendar, since_event.",
    ),
    (
        {"type": "event", "event": {}, "window": {"type": "rolling", "lasts": "7d"}},
        "condition.window.lasts: there is no such field (did you mean 'last'?).",
    ),
    (
        {"type": "event", "event": {}, "windw": {}},
        "condition.windw: there is no such field (did you mean 'window'?).",
    ),
    (
        {"type": "trait", "field": "plan", "operator": "exists"},
        "condition.field: there is no such field; there are path, operator, value, type.",
    ),
    (
        {"type": "event", "event": {"where": {"path": "properties.a", "operator": "exists"}}},
        "condition.event.where: should be a list, not an object.",
    ),
    ({"type": "event", "event": 5}, "condition.event: should be an object, not 5."),
    ({"type": "event", "event": {}, "count": 2.5}, "condition.count: should be a whole number,"),
    ({"type": "traits"}, "condition.type: 'traits' is no type of condition; there are and, or"),
    (
        {"type": "consent", "category": "Ads", "state": "grant"},
        (
            "condition.state: should be one of granted, refused, unknown, not 'grant'"
            " (did you mean 'granted'?)."
        ),
    ),
    (
        {"type": "event", "event": {"call": "identify", "name": "X"}},
        "condition.event.name: events of call 'identify' have no name",
    ),
    ({"not": {"type": "sequence", "steps": []}}, "condition.not.steps: should be 2 to 10."),
    ({"event": "X", "operator": "done"}, "condition: operator should be one of did, did_not"),
    ({"segment": 4}, "condition: segment should be such as"),
    (
        {"attribute": {"field": "plan", "operator": "like", "value": 1}},
        "condition: attribute.operator should be such as eq or exists, not 'like'",
    ),
    (
        {"attribute": {"field": "plan", "operator": "eq", "value": None}},
        "condition: attribute.value is missing; the operator eq needs it. People without any are",
    ),
    (
        {"and": [{"event": "A"}], "or": [{"event": "B"}]},
        "condition: 'and' stands alone in its object; put 'or' inside of it",
    ),
    (
        {"segment": {"id": 4, "inverse": "yes"}},
        "condition: segment should be such as",
    ),
]


@pytest.mark.parametrize(("given", "told"), MISTAKES, ids=[str(n) for n in range(len(MISTAKES))])
def test_a_mistake_is_told_with_its_place(given: Any, told: str) -> None:
    """The message begins with where it is wrong."""
    with pytest.raises(ConditionError) as caught:
        read(given)

    assert caught.value.message.startswith(told)


UNMEANT: list[tuple[Any, str]] = [
    (
        {"and": [{"event": "A", "where": [{"path": "total", "operator": "exists"}]}]},
        ("condition.and[0].event.where[0].path: 'total' is nowhere in an event; paths begin at its"
        " root, such as 'properties.total'."),
    ),
    (
        {"not": {"type": "event", "event": {"where": [
            {"type": "any_of", "filters": [{"path": "plan.name", "operator": "exists"}]}
        ]}}},
        "condition.not.event.where[0].filters[0].path: 'plan.name' is nowhere in an event",
    ),
    (
        {"type": "sequence", "steps": ["A", {"event": "B", "without": [
            {"name": "C", "where": [{"path": "sku", "operator": "exists"}]}
        ]}]},
        "condition.steps[1].without[0].where[0].path: 'sku' is nowhere",
    ),
    (
        {"type": "aggregate", "event": "A", "function": "sum", "property": "total",
         "operator": "at_least", "value": 1},
        "condition.property: 'total' is nowhere",
    ),
    (
        {"type": "occurrence", "which": "last", "event": "A",
         "where": [{"path": "total", "operator": "exists"}]},
        "condition.where[0].path: 'total' is nowhere",
    ),
    ({"event": ""}, "condition.event.name: is empty; leave it out for events of any name."),
    (
        {"type": "event", "event": "A",
         "window": {"type": "between", "since": "2026-03-01", "until": "2026-02-28"}},
        "condition.window.until: '2026-02-28' is before since, '2026-03-01'; swap them.",
    ),
    (
        {"type": "event", "event": "A",
         "window": {"type": "since_event", "event": {"name": ""}}},
        "condition.window.event.name: is empty",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("given", "told"), UNMEANT, ids=[str(n) for n in range(len(UNMEANT))])
def test_what_would_never_be_true_is_told_to_who_writes_it(given: Any, told: str) -> None:
    """And is read where it was kept before, as a workspace must start with what it has."""
    with pytest.raises(ConditionError) as caught:
        read(given, is_new=True)

    assert caught.value.message.startswith(told)
    assert read(to_json(read(given))) == read(given)


MEANT: list[Any] = [
    {"event": "A", "where": [{"path": "context.campaign.source", "operator": "exists"}]},
    {"event": "A", "where": [{"path": "userId", "operator": "exists"}]},
    {"type": "account", "where": [{"path": "plan", "operator": "exists"}]},
    {"type": "event", "event": "A",
     "window": {"type": "between", "since": "2026-03-01", "until": "2026-03-01"}},
    {"type": "event", "event": "A",
     "window": {"type": "between", "since": "2026-03-01T10:00+14:00", "until": "2026-03-01T00:00"}},
]  # fmt: skip


@pytest.mark.parametrize("given", MEANT, ids=[str(n) for n in range(len(MEANT))])
def test_what_may_be_true_is_nobody_s_mistake(given: Any) -> None:
    """An event's own fields, accounts' traits, one day, and times that may be in any zone."""
    assert read(given, is_new=True) == read(given)


def test_events_and_lengths_of_time_may_be_written_short() -> None:
    """An event by its name, wherever one stands, and a rolling window by its length."""
    short = {
        "or": [
            {"type": "event", "event": "A", "window": "7d"},
            {"type": "sequence", "steps": ["A", {"event": "B", "without": ["C"]}]},
            {"type": "event", "event": "A", "window": {"type": "since_event", "event": "B"}},
        ]
    }

    assert read(short) == Or(
        (
            EventCondition(EventSelector("A"), window=Rolling("7d")),
            SequenceCondition(
                (Step(EventSelector("A")), Step(EventSelector("B"), None, (EventSelector("C"),)))
            ),
            EventCondition(EventSelector("A"), window=SinceEvent(EventSelector("B"))),
        )
    )


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
