"""The cores of questions about what people do over time: paths, habits, phases, and why."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from headwater.language.reading import Document
from headwater.language.slots_steps import event_of
from headwater.language.statements import Grammar
from headwater.language.statements_cores import only, question

Held = Mapping[str, Any]

_ASK = "(show|plot|chart|graph|give|get|tell|what is|what was|what are|what's)? me? (the|our|a|my)?"
_MANY = "(users|customers|people|visitors|members|they|buyers|agents|subscribers|someone)"
_AHEAD = "(after|from|starting from|starting with|starting at|beginning with|following)"
_BACK = "(before|to|leading to|leading up to|ending in|ending with|until|towards)"


def add_courses(grammar: Grammar) -> None:
    """Add the rules of the cores of these questions."""
    _paths(grammar)
    _stickiness(grammar)
    _lifecycle(grammar)
    _attribution(grammar)
    _overlap(grammar)


def _paths(grammar: Grammar) -> None:
    def paths(direction: str | None, held: Held) -> Document | None:
        if not only(held, "about"):
            return None
        anchor, number = held["anchor"], held.get("number")
        return question(
            "paths",
            held,
            anchor=anchor["name"] if set(anchor) == {"name"} else anchor,
            direction=direction,
            steps=number if number != 3 else None,
        )

    right = "(right|immediately|directly|just|next)?"
    kinds = "(paths|path|user paths|journeys|user journeys|customer journeys|flows|user flows|user flow|routes)"
    common = "(most common|common|typical|main|popular|usual)?"
    for words, direction in ((_AHEAD, None), (_BACK, "before")):
        beside = "(after|following)" if direction is None else "before"
        grammar.add(
            f"""
            what (do|did|does) {_MANY} do {right} {beside} {_MANY}? <anchor:step>
            what (happens|happened|comes|do people do) {right} {beside} {_MANY}? <anchor:step>
            {_ASK} {common} {kinds} {words} <anchor:step>
            {_ASK} <number:count> (steps|events|things|pages) {beside} <anchor:step>
            """,
            partial(paths, direction),
            example=f"what do people do {'after signing up' if not direction else 'before a purchase'}?",
        )


def _stickiness(grammar: Grammar) -> None:
    def stickiness(held: Held) -> Document | None:
        if not only(held, "interval", "about"):
            return None
        interval = held.get("interval")
        if interval not in {None, "hour", "day", "week", "month"}:
            return None
        return question("stickiness", held, events=held.get("events"), interval=interval)

    comes = "(come back|return|visit|are active|come|log in|show up)"
    grammar.add(
        f"""
        {_ASK} (product|user|app)? stickiness (of|for)? <events:step>?
        how sticky (is|are) (our|the|my)? (product|app|site|website|service|users|<events>)?
        on how many days (a month|a week|per month|per week)? (do|did) {_MANY} {comes}
        on how many days (a month|a week|per month|per week)? (do|did) {_MANY} use? <events:step>
        how many days (a month|a week|per month|per week) (do|did) {_MANY} {comes}
        """.replace("|<events>", ""),
        stickiness,
        example="how sticky is our product?",
    )


def _lifecycle(grammar: Grammar) -> None:
    def lifecycle(held: Held) -> Document | None:
        if not only(held, "interval", "about"):
            return None
        interval, beside = held.get("interval"), dict(held)
        if interval not in {None, "day", "week", "month"}:
            return None
        events = held.get("events")
        about = held.get("about")
        if events is None and about is not None and (events := event_of(about)) is not None:
            del beside["about"]
        return question("lifecycle", beside, events=events, interval=interval)

    phase = "(new|returning|dormant|resurrected|churned|inactive)"
    joint = "(vs|versus|and|,|against)"
    grammar.add(
        f"""
        {_ASK} (user|customer|people)? (lifecycle|lifecycles|life cycle|growth accounting) (of)? <events:step>?
        {_ASK} {phase} {joint} and? {phase} {_MANY}
        {_ASK} {phase} {joint} {phase} {joint} and? {phase} {_MANY}
        {_ASK} {phase} {joint} {phase} {joint} {phase} {joint} and? {phase} {_MANY}
        """,
        lifecycle,
        example="new vs returning users per month this year",
    )


_SOURCES = "channels|channel|sources|source|referrers"


def _attribution(grammar: Grammar) -> None:
    def attribution(
        held: Held, model: str | None = None, *, source: bool = False
    ) -> Document | None:
        if not only(held, "by"):
            return None
        (series,) = held["of"] if len(held["of"]) == 1 else (None,)
        if series is None:
            return None
        by = held.get("by")
        if by is not None and by.get("by") != "campaign":
            return None
        events = series["events"]
        return question(
            "attribution",
            held,
            conversion=events["name"] if set(events) == {"name"} else events,
            value=series.get("property"),
            model=model,
            by=["source"] if source else ([by["name"]] if by else None),
        )

    for words, model in (
        ("first touch|first-touch|first click|first-click", "first"),
        ("last touch|last-touch|last click|last-click", None),
        ("linear|multi-touch|multi touch", "linear"),
    ):
        grammar.add(
            f"{_ASK} ({words}) attribution (of|for) <of:series>",
            partial(attribution, model=model),
            example="first touch attribution of signups last month",
        )
    grammar.add(
        f"{_ASK} attribution (of|for) <of:series>",
        attribution,
        example="attribution of purchases last month",
    )
    drives = (
        "(drive|drives|drove|brought|bring|brings|lead to|led to|generated|generate|generates|"
        "get the credit for|gets the credit for|deserve the credit for|deserves the credit for|"
        "is responsible for|are responsible for|caused|cause|produce|produced) the? most?"
    )
    for words, is_source in ((_SOURCES, True), ("campaigns|campaign|ads", False)):
        grammar.add(
            f"(which|what) ({words}) {drives} <of:series>",
            partial(attribution, source=is_source),
            example="which channel gets the credit for revenue last month?",
            cost=1,
        )


def _overlap(grammar: Grammar) -> None:
    grammar.add(
        f"""
        {_ASK} (overlap|intersection) (of|between) <audiences:audiences>
        how many {_MANY} are (in both|both in|in all of|in) <audiences:audiences> (at once|at the same time)?
        {_MANY} in both <audiences:audiences>
        """,
        lambda held: (
            {
                "do": "ask",
                "question": {"question": "overlap", "audiences": held["audiences"]},
            }
            if only(held) and "over" not in held
            else None
        ),
        example="overlap of big-spenders and newsletter",
    )
