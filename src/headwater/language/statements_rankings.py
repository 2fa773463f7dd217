"""The cores of questions after the most and the least: which people, which pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headwater.language.reading import Document
from headwater.language.slots_questions import PATH
from headwater.language.slots_steps import REVENUE
from headwater.language.statements import Grammar
from headwater.language.statements_cores import ASK, MANY, only, question, trend
from headwater.language.statements_questions import SHOW, ask, selection

Held = Mapping[str, Any]

_WHO = f"(who|which {MANY[1:-1].replace('|', '|which ')})"


_WHICH = (
    "(show|give|get|list|name|tell|who are|who were|which are|which were|what are)? me? "
    "(the|our|my|a list of)?"
)
_BEST = "(top|best|biggest|highest|highest paying|most valuable)"


def add_lists(grammar: Grammar) -> None:
    """Add the rules that need no core: what stands beside them has its place."""

    def listed(held: Held, **fields: Any) -> Document:
        limit = held.get("limit")
        return ask("list", held, **({"limit": limit} if limit else {}), **fields)

    many = "(users|customers|people|agents|visitors|members|accounts)"
    anybody = "(users|customers|people|agents|visitors|members|accounts|buyers|subscribers)"
    one = "(user|customer|person|agent|visitor|member)"
    most = "(most active|most productive|busiest|most engaged|top)"
    grammar.add(
        f"""
        {SHOW} <limit:count>? {most} <limit:count>? {many} <over:window>?
        (who are|which are) the? {most} {many} <over:window>?
        {SHOW} (agent|user|customer|team) activity <over:window>?
        """,
        listed,
        example="most active users this week",
    )
    grammar.add(
        f"""
        {SHOW} {most} {one} <over:window>?
        (who is|who was) the? {most} {one} <over:window>?
        """,
        lambda held: listed({**held, "limit": 1}),
        example="most productive agent today",
    )
    grammar.add(
        f"""
        {SHOW} <limit:count>? (least active|least engaged) <limit:count>? {many} <over:window>?
        """,
        lambda held: listed(held, order="least"),
        example="least active users this month",
    )
    grammar.add(
        f"""
        {_WHICH} <limit:count>? {_BEST} <limit:count>? {anybody} by (revenue|sales|spend|spending|money spent|amount spent) <over:window>?
        {_WHICH} <limit:count>? {_BEST} <limit:count>? (spenders|buyers) <over:window>?
        (show|list|name|who are|who were|which are) me? <limit:count>? (my|our|the) <limit:count>? (best|biggest) {many} <over:window>?
        (my|our|the) (best|biggest) {many} <over:window>?
        """,
        lambda held: listed(held, by=dict(REVENUE)),
        example="top 10 customers by revenue this month",
    )
    grammar.add(
        f"""
        {_WHICH} <limit:count>? {_BEST} <limit:count>? {anybody} by <events:event> <over:window>?
        """,
        lambda held: listed(held, by={"events": selection(held["events"])}),
        example="top 10 users by purchases",
    )


def add_rankings(grammar: Grammar) -> None:
    """Add the rules of the cores of these questions."""
    _people(grammar)
    _pages(grammar)


def _people(grammar: Grammar) -> None:
    def listed(held: Held, by: Mapping[str, Any] | None = None, **fields: Any) -> Document | None:
        if not only(held, "about"):
            return None
        more = {"limit": held.get("limit"), "by": None if by is None else dict(by)}
        return question("list", held, **more, **fields)

    grammar.add(
        f"""
        {ASK} (best|biggest|top|most valuable|highest paying) <limit:count>? {MANY}
        {ASK} (top|biggest|best|highest) <limit:count>? (spenders|payers)
        {_WHO} (spent|paid|spend|pay|bought for|spends|pays) (the most|most|the most money|most money)
        {_WHO} (brought|bring|brings|generated|generate|generates|made|make|makes) (in|us)? (the most|most) (revenue|money|sales|income|turnover)
        (which|what) <limit:count> {MANY} (spent|paid|spend|pay|brought|bring|generated|generate) (in|us)? (the most|most) (revenue|money|sales|income|turnover)?
        {ASK} <limit:count>? {MANY} (with|by|having) the? (most|highest|biggest|largest|top) (revenue|sales|spend|spending|order value|money spent)
        """,
        lambda held: listed(held, REVENUE),
        example="who spent the most this month?",
    )
    grammar.add(
        f"""
        {_WHO} <events:step> (the most|most|most often|most frequently|the most often) <of:word>?
        {_WHO} (had|has|have|did|made|placed|sent|got) (the most|most) <events:event>
        {ASK} <limit:count>? {MANY} (with|having|by) the? (most|highest number of) <events:event>
        {ASK} (top|best|biggest) <limit:count>? {MANY} by (number of)? <events:event>
        """,
        lambda held: listed(held, {"events": held["events"]}),
        example="who invited the most people this quarter?",
    )
    grammar.add(
        f"""
        {ASK} <limit:count>? (least active|least engaged) <limit:count>? <about:people>
        {ASK} <limit:count>? {MANY} (with|having) the? (fewest|least) <events:event>
        """,
        lambda held: listed(
            held, {"events": held["events"]} if held.get("events") else None, order="least"
        ),
        example="least active Pro users this month",
    )
    grammar.add(
        f"{ASK} <limit:count>? (most active|most engaged|busiest) <limit:count>? <about:people>",
        listed,
        example="most active Pro users this month",
    )


def _viewed(held: Held) -> Document | None:
    if "by" in held:
        return None
    return trend({**held, "by": PATH}, [{"events": {"call": "page"}}])


def _pages(grammar: Grammar) -> None:
    grammar.add(
        """
        (show|list|give|what are|which are|what were)? me? (the|our|my)? (top|most viewed|most visited|most popular|best|busiest) pages
        (which|what) pages (get|got|have|had|receive|received|attract|attracted) the? most (views|visits|traffic|visitors|page views|hits)
        (which|what) pages (are|were|do people|did people) (viewed|visited|seen|opened|view|visit|see|open) (the most|most|most often)
        """,
        _viewed,
        example="most viewed pages last week",
    )
