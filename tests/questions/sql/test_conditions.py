"""Conditions as SQL against the audiences' own oracle, in both dialects."""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.audiences import conditions as k
from headwater.audiences.comparisons import Comparison
from headwater.errors import BadRequest
from headwater.questions.asking import Circumstances
from headwater.questions.sql.conditions import people_who
from headwater.questions.sql.dialect import Dialect
from headwater.questions.sql.duckdb import DuckDB
from headwater.questions.sql.sqlite import SQLite
from tests.audiences import strategies as made
from tests.audiences.naive import History, truth
from tests.questions.populations import Event, Population, in_duckdb, in_sqlite

EXAMPLES = int(os.environ.get("HEADWATER_EXAMPLES", "2000"))
"""Random cases of the slow test; scripts/test-audiences runs many more."""


def population_of(histories: dict[str, History]) -> Population:
    """Answer people with these histories."""
    events = [
        Event(
            person,
            event["messageId"],
            at,
            event.get("event") or event.get("name"),
            event["type"],
            event["properties"],
            event["context"],
        )
        for person, history in histories.items()
        for at, event in history.events
    ]
    traits = {person: history.traits for person, history in histories.items()}
    members = [(name, person) for person, one in histories.items() for name in one.members]
    accounts = [
        (person, name, held) for person, one in histories.items() for name, held in one.accounts
    ]
    return Population(events, traits, members, accounts)


def people_in(
    dialect: Dialect, database: Any, condition: k.Condition, now: int, zone: str
) -> set[str]:
    """Answer of whom the compiled condition is true."""
    sql = people_who(condition, Circumstances(dialect, now, zone), zone=zone)
    return {person for (person,) in database.execute(sql).fetchall()}


@st.composite
def histories(draw: st.DrawFn) -> History:
    """One person's history."""
    history = History(
        draw(st.shared(st.sampled_from(made.ZONES), key="zone")),
        traits=draw(
            st.fixed_dictionaries(
                {}, optional={"t": made.values, "u": made.values, "o": st.just({"v": 2})}
            )
        ),
        accounts=draw(
            st.lists(
                st.tuples(
                    st.sampled_from(["g1", "g2"]),
                    st.fixed_dictionaries({}, optional={"plan": made.values}),
                ),
                max_size=2,
                unique_by=lambda one: one[0],
            )
        ),
        members=draw(st.sets(st.sampled_from(["other", "third"]))),
    )
    for number, (at, event) in enumerate(draw(st.lists(made.events(), max_size=8))):
        history.events.append((at, {**event, "messageId": f"m{number}"}))
    return history


audiences = st.builds(k.AudienceCondition, st.sampled_from(["other", "third"]), st.booleans())


cases = st.tuples(
    made.conditions | audiences,
    st.lists(histories(), min_size=1, max_size=3),
    st.sampled_from([0, 1, made.HOUR, 40 * 24 * made.HOUR]),
)
how = settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@settings(how, max_examples=30)
@given(case=cases)
def test_sql_says_who_as_the_oracle_does(case: tuple[k.Condition, list[History], int]) -> None:
    """At any instant, for any condition, in DuckDB and in SQLite."""
    check(*case)


@pytest.mark.slow
@settings(how, max_examples=EXAMPLES)
@given(case=cases)
def test_sql_says_who_as_the_oracle_does_in_many_cases(
    case: tuple[k.Condition, list[History], int],
) -> None:
    """The same, for longer."""
    check(*case)


def check(condition: k.Condition, several: list[History], later: int) -> None:
    """Hold both dialects against the oracle."""
    people = {f"p{number}": history for number, history in enumerate(several)}
    zone = several[0].zone
    now = max((at for one in several for at, _ in one.events), default=made.START) + later
    wanted = {name for name, history in people.items() if truth(history, condition, now)}
    population = population_of(people)
    with in_duckdb(population) as duck:
        assert people_in(DuckDB(), duck, condition, now, zone) == wanted
    (lite,) = in_sqlite(population)
    assert people_in(SQLite(), lite, condition, now, zone) == wanted
    lite.close()


MATCHES = [
    ("ab", "ab", True), ("ab", "a*", True), ("ab", "?b", True), ("ab", "a", False),
    ("a.b", "a.b", True), ("axb", "a.b", False), ("a[1]", "a[1]", True), ("a\nb", "a*b", True),
    ("äb", "?b", True), ("a^b", "a^?", True), ("AB", "ab", False),
]  # fmt: skip


@pytest.mark.parametrize(("held", "pattern", "fits"), MATCHES)
def test_patterns_fit_whole_texts(held: str, pattern: str, *, fits: bool) -> None:
    """`*` is any text, `?` any character, and nothing else has a meaning."""
    condition = k.TraitCondition("t", "matches", pattern)
    population = Population(traits={"p": {"t": held}})
    with in_duckdb(population) as duck:
        assert people_in(DuckDB(), duck, condition, 0, "UTC") == ({"p"} if fits else set())
    (lite,) = in_sqlite(population)
    assert people_in(SQLite(), lite, condition, 0, "UTC") == ({"p"} if fits else set())
    lite.close()


@pytest.mark.parametrize("text", ["it's", "'; DROP TABLE people; --", "a\\'b", "%_", "ünï", "--"])
def test_texts_are_texts(text: str) -> None:
    """Whatever they hold, they end no literal."""
    condition = k.And(
        (
            k.TraitCondition("t", "equals", text),
            k.TraitCondition("t", "starts_with", text),
            k.EventCondition(k.EventSelector(text)),
            k.AudienceCondition(text, member=False),
        )
    )
    population = Population([Event("p", "m", 0, text)], {"p": {"t": text}})
    with in_duckdb(population) as duck:
        assert people_in(DuckDB(), duck, condition, 0, "UTC") == {"p"}
    (lite,) = in_sqlite(population)
    assert people_in(SQLite(), lite, condition, 0, "UTC") == {"p"}
    lite.close()


@pytest.mark.parametrize(
    "condition",
    [
        k.TraitCondition('a"b', "exists"),
        k.TraitCondition("a*", "exists"),
        k.TraitCondition("t", "equals", "a\0b"),
        k.EventCondition(k.EventSelector("A", where=(Comparison("integrations.x", "exists"),))),
    ],
    ids=["quotation mark", "star", "NUL", "no column"],
)
def test_what_sql_cannot_reach_is_told(condition: k.Condition) -> None:
    """As a bad request, before anything is asked."""
    with pytest.raises(BadRequest):
        people_who(condition, Circumstances(DuckDB(), 0), zone="UTC")


def test_what_headwater_says_itself_is_nothing_that_people_did() -> None:
    """Unless somebody else sent an event of that name."""
    own = Event("p", "audience:1", 0, "Audience Entered")
    theirs = Event("q", "m1", 0, "Audience Entered")
    for selector in (k.EventSelector(), k.EventSelector("Audience Entered")):
        condition = k.EventCondition(selector)
        (lite,) = in_sqlite(Population([own, theirs]))
        assert people_in(SQLite(), lite, condition, 0, "UTC") == {"q"}
        lite.close()
