"""Questions about populations: how much, by what, how many got through, who the most."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headwater.language.conditions import any_of, did, settled
from headwater.language.reading import Document
from headwater.language.slots_questions import told_apart
from headwater.language.sources import source_filter
from headwater.language.statements import Grammar, over

Held = Mapping[str, Any]

REVENUE = {
    "measure": "sum",
    "property": "properties.revenue",
    "events": {"name": "Order Completed"},
}


def ask(kind: str, held: Held, **fields: Any) -> Document:
    """Answer the plan that asks a question of a kind."""
    question = {"question": kind, **over(held.get("over")), **fields}
    if held.get("about"):
        question["people"] = held["about"]
    return {"do": "ask", "question": question}


def selection(events: Mapping[str, Any]) -> dict[str, Any]:
    """Answer events as questions have them; without a name and a call they are any."""
    found = {key: value for key, value in events.items() if key != "people"}
    return found or {"call": "any"}


def _series(held: Held) -> tuple[list[dict[str, Any]], Any]:
    events = held["events"]
    one: dict[str, Any] = {"events": selection(events)}
    if held.get("unique"):
        one["measure"] = "people"
    return [one], events.get("people") or held.get("about")


def _trend(held: Held, series: list[dict[str, Any]], *, about: Any = None) -> Document | None:
    fields: dict[str, Any] = {"series": series}
    by = held.get("by")
    if by is not None and "interval" in by:
        fields["interval"] = by["interval"]
    elif by is not None:
        fields |= {"interval": None, "breakdown": told_apart(by, series)}
    elif held.get("total"):
        fields["interval"] = None
    return ask("trend", {**held, "about": about or held.get("about")}, **fields)


def _things(held: Held, *, total: bool = False) -> Document | None:
    series, about = _series(held)
    return _trend({**held, "total": total}, series, about=about)


def _revenue(held: Held, *, total: bool = False) -> Document | None:
    return _trend({**held, "total": total}, [dict(REVENUE)])


def add_questions(grammar: Grammar) -> None:
    """Add the rules of questions."""
    _amounts(grammar)
    _funnels(grammar)
    _others(grammar)


SHOW = "(show|plot|chart|graph|give|get)? me? (the|a chart of|our)?"


def _amounts(grammar: Grammar) -> None:
    grammar.add(
        f"""
        {SHOW} (daily|total)? <events:counted> <by:by>? <over:window>?
        {SHOW} <events:counted> <over:window>? <by:by>?
        """,
        _things,
        example="signups this week",
    )
    grammar.add(
        """
        (how many|number of|count of|total number of|how often were there) <events:counted> (did we have|were there|have there been|do we have|did we get|happened)? <over:window>?
        (how many|number of|count of|total number of) <events:counted> <over:window>? (did we have|were there|have there been|do we have|did we get)
        """,
        lambda held: _things(held, total=True),
        example="how many signups this week?",
    )
    grammar.add(
        f"""
        {SHOW} sales? (revenue|turnover|sales|income) <by:by>? <over:window>?
        {SHOW} sales? (revenue|turnover|sales|income) <over:window>? <by:by>?
        """,
        _revenue,
        example="revenue by campaign last month",
    )
    grammar.add(
        """
        (how much revenue|how much money|how much|what is our revenue|what was our revenue|what was the revenue) (did we|have we)? (make|made|earn|earned)? <over:window>?
        """,
        lambda held: _revenue(held, total=True),
        example="how much revenue did we make last month?",
    )
    grammar.add(
        f"""
        {SHOW} (average order value|aov|mean order value|average revenue per order) <by:by>? <over:window>?
        """,
        lambda held: _trend({**held, "total": True}, [{**REVENUE, "measure": "average"}]),
        example="average order value this month",
    )
    grammar.add(
        f"""
        {SHOW} <each:unique> (active users|actives|users) <over:window>?
        """,
        lambda held: ask(
            "trend",
            held,
            series=[{"measure": "people", "events": {"call": "any"}}],
            interval=held["each"],
        ),
        example="daily active users",
    )


def _funnel(held: Held) -> Document:
    steps = [selection(held[name]) for name in ("first", "second", "third") if held.get(name)]
    within = held.get("within")
    fields: dict[str, Any] = {"steps": [one.get("name", one) for one in steps]}
    if within is not None:
        number, unit = within
        fields["within"] = number * {"hour": 3600, "day": 86_400, "week": 604_800}.get(unit, 60)
    if held.get("by") is not None:
        fields["breakdown"] = held["by"]
    return ask("funnel", held, **fields)


def _funnels(grammar: Grammar) -> None:
    grammar.add(
        """
        (how many|what share of|what percentage of) <first:event> (lead to|led to|become|became|turn into|turned into|convert to|end in) (a|an)? <second:event> <over:window>?
        """,
        _funnel,
        example="how many signups lead to a purchase this month?",
    )

    def compared(held: Held) -> Document:
        sources = [held["a"], held["b"]]
        people = any_of(
            [did(None, call="any", where=[dict(source_filter(one))]) for one in sources]
        )
        breakdown = {"by": "campaign", "name": "source"}
        about = settled(people)
        if held.get("revenue"):
            return ask(
                "trend",
                {**held, "about": about},
                series=[dict(REVENUE)],
                interval=None,
                breakdown=breakdown,
            )
        return ask(
            "funnel",
            {**held, "about": about},
            steps=["Signed Up", "Order Completed"],
            breakdown=breakdown,
        )

    versus = "(vs|versus|vs.|and|with|to|against|or)"
    grammar.add(
        f"""
        compare (conversion|conversions|conversion rate|conversion rates) (of|for|from|between)? <a:source> {versus} <b:source> <over:window>?
        compare <a:source> {versus} <b:source> (conversion|conversions|conversion rate) <over:window>?
        (conversion|conversion rate) <a:source> {versus} <b:source> <over:window>?
        """,
        compared,
        example="compare conversion Facebook vs Google Q1",
    )
    grammar.add(
        f"""
        compare (revenue|sales) (of|for|from|between)? <a:source> {versus} <b:source> <over:window>?
        """,
        lambda held: compared({**held, "revenue": True}),
        example="compare revenue Facebook vs Google last month",
    )


def _others(grammar: Grammar) -> None:
    def retention(held: Held) -> Document:
        fields: dict[str, Any] = {}
        if held.get("each"):
            fields["interval"] = held["each"]
        if held.get("events"):
            fields["start"] = selection(held["events"])
            fields["back"] = {"call": "any"}
        return ask("retention", held, **fields)

    grammar.add(
        f"""
        {SHOW} <each:unique>? (user|customer)? (retention|cohorts|cohort retention) (of|for|after)? <events:event>? <over:window>?
        {SHOW} <events:event> (retention|cohorts) <over:window>?
        """,
        retention,
        example="weekly retention of signups",
    )
    grammar.add(
        """
        what do (users|people|customers|they) do (after|before) (a|the)? <anchor:event> <over:window>?
        (paths|user paths|journeys) (after|from) (a|the)? <anchor:event> <over:window>?
        """,
        lambda held: ask("paths", held, anchor=selection(held["anchor"])),
        example="what do users do after signup?",
    )
    grammar.add(
        f"""
        {SHOW} <each:unique>? (lifecycle|growth accounting) <over:window>?
        """,
        lambda held: ask(
            "lifecycle", held, **({"interval": held["each"]} if held.get("each") else {})
        ),
        example="weekly lifecycle",
    )
    grammar.add(
        f"""
        {SHOW} stickiness <over:window>?
        """,
        lambda held: ask("stickiness", held),
        example="stickiness this month",
    )
    grammar.add(
        """
        (attribution|attribution of|attribution for) <events:event>? <over:window>?
        (which|what) (campaigns|campaign|channels|channel|sources|source) (drive|drives|drove|brought|bring|brings|lead to|led to|generated|generate) (the most)? <events:event> <over:window>?
        """,
        lambda held: ask(
            "attribution",
            held,
            conversion=selection(held.get("events") or {"name": "Order Completed"}),
        ),
        example="attribution of purchases last month",
    )
