"""Why a clause is true or not: the events that are shown are those that decide it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, settings

from headwater.audiences.conditions import (
    Condition,
    EventCondition,
    OccurrenceCondition,
    SequenceCondition,
    SinceEvent,
    leaves,
)
from headwater.audiences.conditions_reading import read
from headwater.audiences.evidence import Happened
from headwater.audiences.explaining import explain
from headwater.audiences.membership import Clause
from headwater.audiences.program import Program
from tests.audiences.naive import History, truth
from tests.audiences.strategies import HOUR, START
from tests.audiences.test_evaluation import cases, fold, person_of, program_of

SHOWN = 5


def newest_first(events: list[tuple[int, dict[str, Any]]]) -> Happened:
    """Answer a history's events as they are read for explaining."""
    found = [(at, event["messageId"], event) for at, event in events]
    return sorted(found, key=lambda one: one[:2], reverse=True)


@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(cases())
def test_what_is_shown_decides(
    case: tuple[Condition, History, dict[str, dict[str, Any]], Program, int],
) -> None:
    """As many events as are counted; of a sequence those that make it one, and none that do not."""
    condition, history, parts, program, now = case
    person = person_of(program, parts, history)
    happened = newest_first(history.events)
    for leaf in leaves(condition):
        clause = explain(leaf, person, happened, now, {})
        shown = {one.message_id for one in clause.events}
        assert clause.is_true == truth(history, leaf, now)
        if isinstance(leaf, EventCondition) and shown:
            counted = EventCondition(leaf.event, "at_least", len(shown), leaf.window)
            assert truth(history, counted, now)
            more = replace(counted, count=len(shown) + 1)
            assert len(shown) == SHOWN or not truth(history, more, now)
        if isinstance(leaf, SequenceCondition) and clause.is_true:
            assert [one.timestamp for one in clause.events] == sorted(
                {one.timestamp for one in clause.events}
            )
            chain = [one for one in history.events if one[1]["messageId"] in shown]
            assert len(chain) == len(leaf.steps)
            if not isinstance(leaf.window, SinceEvent):  # its other event is not among them
                assert truth(History(history.zone, chain), leaf, now)
        if isinstance(leaf, OccurrenceCondition) and clause.is_true:
            assert len(shown) == 1


def explained(condition: Any, *events: tuple[str, int, dict[str, Any]]) -> Clause:
    """Answer a condition explained after events, each of a name, an hour and properties."""
    asked = read(condition)
    program = program_of(asked, "UTC")
    part: dict[str, Any] = {}
    history = History("UTC")
    now = START + 100 * HOUR
    for number, (name, hour, more) in enumerate(events):
        at = START + hour * HOUR
        event = {"type": "track", "event": name, "messageId": f"m{number}", **more}
        fold(program, part, at, json.loads(json.dumps(event)), now)
        history.events.append((at, event))
    return explain(
        asked, person_of(program, {"x:1": part}, history), newest_first(history.events), now, {}
    )


def names(clause: Clause) -> list[str]:
    """Answer the ids of the events that are shown."""
    return [one.message_id for one in clause.events]


def paid(total: int) -> dict[str, Any]:
    """Answer an order's properties."""
    return {"properties": {"total": total}}


def test_a_sequence_shows_the_events_that_make_it_one() -> None:
    """In their order, without those that an exclusion parts or that are too far away."""
    sequence = {
        "type": "sequence",
        "steps": ["A", {"event": "B", "within": "2h", "without": ["C"]}],
    }
    history: list[tuple[str, int, dict[str, Any]]]
    history = [("A", 1, {}), ("B", 2, {}), ("A", 5, {}), ("C", 6, {}), ("B", 7, {}), ("B", 20, {})]

    found = explained(sequence, *history)
    assert (found.is_true, found.why) == (True, "they happened in this order")
    assert names(found) == ["m0", "m1"]
    parted = explained(sequence, *history[2:])
    assert (parted.is_true, parted.why) == (False, "they did not happen in this order")
    assert names(parted) == ["m3", "m2", "m0"]


def test_a_first_or_last_event_is_the_one_that_is_shown() -> None:
    """With what became of it: so, not so, or outside of the window."""
    where = [{"path": "properties.total", "operator": "at_least", "value": 50}]
    last = {"type": "occurrence", "which": "last", "event": "Order", "where": where}
    orders = [("Order", 1, paid(90)), ("Order", 2, paid(10)), ("Order", 3, paid(60))]

    found = explained(last, *orders)
    assert (names(found), found.why) == (["m2"], "the last is so")
    found = explained(last, *orders[:2])
    assert (names(found), found.why) == (["m1"], "the last is not so")
    found = explained({**last, "window": "1h"}, *orders)
    assert (names(found), found.why) == (["m2"], "the last is so, but not inside the window")
    found = explained({**last, "which": "first"}, *orders)
    assert (names(found), found.why) == (["m0"], "the first is so")
    assert explained(last).why == "there is no such event"


def test_what_was_before_another_event_is_not_shown() -> None:
    """A count since another event is of what came after it."""
    since = {
        "type": "event",
        "event": "A",
        "window": {"type": "since_event", "event": "B"},
    }

    assert names(explained(since, ("A", 1, {}), ("B", 2, {}), ("A", 3, {}))) == ["m2"]
    assert names(explained(since, ("A", 1, {}))) == []


def test_consent_shows_the_event_that_said_it() -> None:
    """The latest that carries preferences."""
    said = {"context": {"consent": {"categoryPreferences": {"Ads": True}}}}

    found = explained({"type": "consent", "category": "Ads"}, ("A", 1, said), ("B", 2, {}))
    assert (names(found), found.why) == (["m0"], "Ads is granted")
