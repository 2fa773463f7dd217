"""Questions as JSON: what is understood, what is refused and how, and the way back."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from headwater.questions.funnel import Funnel
from headwater.questions.question import KINDS, QuestionInvalid, read_question, write_question
from headwater.questions.ranges import Between, Ever, Last, Previous, This
from headwater.questions.selection import Events
from headwater.questions.trend import Trend

DOCUMENT = (Path(__file__).parents[2] / "docs" / "questions.md").read_text("utf-8")
EXAMPLES = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", DOCUMENT, re.DOTALL)]

TREND = {"question": "trend", "series": [{"events": "Order Completed"}]}
FUNNEL = {"question": "funnel", "steps": ["A", "B"]}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: one["question"])
def test_every_example_of_the_docs_is_a_question(example: dict[str, Any]) -> None:
    """And written out it is read as the same question."""
    question = read_question(example)

    assert read_question(json.loads(json.dumps(write_question(question)))) == question


def test_the_docs_have_an_example_of_every_kind() -> None:
    """A kind without an example would be found by nobody."""
    assert {one["question"] for one in EXAMPLES} == set(KINDS)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("today", This(this="day")),
        ("Yesterday", Previous(previous="day")),
        ("this week", This(this="week")),
        ("last month", Previous(previous="month")),
        ("previous quarter", Previous(previous="quarter")),
        ("last 7 days", Last(last=7, unit="day")),
        ("last  1 hour", Last(last=1, unit="hour")),
        ("2026-10-01..2026-10-31", Between(since="2026-10-01", until="2026-10-31")),
        ("2026-10-01..", Between(since="2026-10-01")),
        ("2026-10-01", Between(since="2026-10-01", until="2026-10-01")),
        ("2026-10-01T06:00:00Z", Between(since="2026-10-01T06:00:00Z")),
        ("ever", Ever()),
        ("all time", Ever()),
    ],
)
def test_ranges_have_words(words: str, expected: Any) -> None:
    """What people say is read as what programs write."""
    assert read_question({**TREND, "over": words}).over == expected  # type: ignore[union-attr]  # a trend has it


def test_all_time_is_written_as_it_is_read() -> None:
    """Also where what is left to defaults is left out."""
    question = read_question({**TREND, "over": "ever"})

    assert write_question(question)["over"] == {"ever": True}
    assert read_question(write_question(question)) == question


def test_a_name_alone_is_a_track_event() -> None:
    """The short form and the long one are one question."""
    long = {"question": "trend", "series": [{"events": {"name": "Order Completed"}}]}

    assert read_question(TREND) == read_question(long)


def test_durations_are_read() -> None:
    """From words to seconds."""
    for words, seconds in (("30m", 1800), ("12h", 43_200), ("7d", 604_800), ("2 weeks", 1_209_600)):
        question = read_question({**FUNNEL, "within": words})
        assert isinstance(question, Funnel)
        assert question.within == seconds


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ([], "A question is a JSON object"),
        ({}, "'question' is missing"),
        ({"question": "trends"}, "Did you mean 'trend'?"),
        ({"question": ["trend"]}, "There is no question"),
        ({"question": "trend"}, "series: it is required"),
        ({**TREND, "seris": 1}, "seris: there is no such field (did you mean 'series'?)"),
        ({**TREND, "over": "last 7 dayz"}, "over: 'last 7 dayz' is no time range; say it like"),
        ({**TREND, "over": {"last": 7}}, "over.unit: it is required"),
        ({**TREND, "over": {"since": "soon"}}, "over: since 'soon' is neither a day"),
        ({**TREND, "zone": "Mars/Base"}, "zone: 'Mars/Base' is no time zone"),
        ({**TREND, "zone": "../etc/passwd"}, "is no time zone"),
        ({**TREND, "series": []}, "series: "),
        ({**TREND, "series": [{"measure": "sum"}]}, "series[0]: sum is measured of a property"),
        ({**TREND, "series": [{"property": "properties.x"}]}, "count counts events"),
        (
            {**TREND, "series": [{"measure": "percentile", "property": "properties.x"}]},
            "'percentile' goes with the measure percentile",
        ),
        ({**TREND, "breakdown": {"by": "trait"}}, "breakdown: say which trait in 'name'"),
        ({**TREND, "breakdown": {"by": "event", "name": "x"}}, "'event' stands alone"),
        ({**FUNNEL, "steps": ["A"]}, "steps: "),
        ({**FUNNEL, "within": "soon"}, "within: 'soon' is no duration"),
        (
            {**FUNNEL, "exclusions": [{"events": "X", "after": 2}]},
            "lies between no two of the 2 steps",
        ),
        (
            {**FUNNEL, "steps": ["A", {"name": "B", "where": [{"path": "properties.x"}]}]},
            "steps[1].where[0].operator: is missing",
        ),
        (
            {**FUNNEL, "people": {"type": "and", "conditions": []}},
            "people.conditions: should hold at least one",
        ),
        (
            {**FUNNEL, "steps": ["A", {"name": "B", "call": "identify"}]},
            "steps[1].name: events of call 'identify' have no name",
        ),
        (
            {**TREND, "series": [{"measure": "sum", "property": "total"}]},
            "series[0].property: 'total' should begin at the event's root",
        ),
        ({"question": "overlap", "audiences": ["a", "a"]}, "name each audience once"),
        ({**TREND, "series": "A"}, "series: should be a list, not 'A'."),
        ({**TREND, "series": []}, "series: should hold at least 1, not 0."),
        ({**TREND, "breakdown": "plan"}, "breakdown: should be an object, not 'plan'."),
        (
            {**TREND, "interval": "daily"},
            "interval: should be one of hour, day, week, month, quarter, year, not 'daily' (did",
        ),
        (
            {**TREND, "series": [{"events": "A", "mesure": "people"}]},
            "series[0].mesure: there is no such field (did you mean 'measure'?).",
        ),
        (
            {**FUNNEL, "exclusions": [{"events": "C", "until": 3}]},
            "exclusions[0].until: there is no such field; there are events, after, before.",
        ),
        (
            {**TREND, "series": [{"events": {"where": [{"path": "sku", "operator": "exists"}]}}]},
            "series[0].events.where[0].path: 'sku' is nowhere in an event",
        ),
        (
            {**TREND, "people": {"event": "A", "where": [{"path": "sku", "operator": "exists"}]}},
            "people.event.where[0].path: 'sku' is nowhere in an event",
        ),
        (
            {**FUNNEL, "steps": ["A", {"name": "B", "where": {"path": "properties.x"}}]},
            "steps[1].where: should be a list, not an object.",
        ),
        ({**TREND, "people": 5}, "people: should be an object, not a number."),
        (
            {**TREND, "breakdown": {"by": "trait", "name": "a..b"}},
            "breakdown: 'a..b' has an empty name",
        ),
    ],
    ids=lambda one: str(one)[:40] if isinstance(one, str) else "",
)
def test_what_is_wrong_is_told(given: Any, told: str) -> None:
    """With its place, and what to do about it."""
    with pytest.raises(QuestionInvalid) as raised:
        read_question(given)

    assert told in raised.value.message
    assert raised.value.status == 400


def test_one_mistake_is_told_once() -> None:
    """A list is not called too short for what is wrong inside of it."""
    with pytest.raises(QuestionInvalid) as raised:
        read_question({**TREND, "series": [{"measure": "sum"}]})

    told = "series[0]: sum is measured of a property: name it in 'property'."
    assert raised.value.message == told


def test_a_name_alone_is_counted_or_excluded() -> None:
    """Where a series or an exclusion stands."""
    assert read_question({**TREND, "series": ["A"]}) == read_question(
        {**TREND, "series": [{"events": "A"}]}
    )
    assert read_question({**FUNNEL, "exclusions": ["C"]}) == read_question(
        {**FUNNEL, "exclusions": [{"events": "C"}]}
    )


def test_series_and_events_have_names_of_their_own() -> None:
    """Where nobody gave a label."""
    question = read_question(
        {
            "question": "trend",
            "series": [
                {"events": "A"},
                {"events": {"call": "page", "name": "Home"}},
                {"events": {"call": "any"}},
                {
                    "events": "A",
                    "measure": "percentile",
                    "percentile": 95,
                    "property": "properties.ms",
                },
                {"events": "A", "measure": "people", "label": "buyers"},
            ],
        }
    )

    assert isinstance(question, Trend)
    assert [one.called for one in question.series] == [
        "A",
        "page Home",
        "any event",
        "A: percentile 95 of ms",
        "buyers",
    ]
    assert Events(call="page").called == "any page"
