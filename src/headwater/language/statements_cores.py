"""The cores of questions, whose adjuncts are taken off before: see `question_adjuncts`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from headwater.language.question_adjuncts import over_json
from headwater.language.reading import Document
from headwater.language.slots_steps import REVENUE, event_of
from headwater.language.statements import Grammar
from headwater.language.windows import SECONDS

Held = Mapping[str, Any]

_ASK = (
    "(show|plot|chart|graph|give|get|tell|what is|what was|what were|what are|what's|compare|"
    "break down|split|group|compute|calculate)? me? (the|our|a|my|a chart of)?"
)
_MANY = "(users|customers|people|visitors|members|accounts|buyers|agents|subscribers)"


def question(kind: str, held: Held, **fields: Any) -> Document:
    """Answer the plan that asks a question of a kind, with what stood beside its core."""
    asked: dict[str, Any] = {"question": kind}
    over = over_json(dict(held))
    if over is not None:
        asked["over"] = over
    asked |= fields
    if held.get("about") is not None and "people" not in asked:
        asked["people"] = held["about"]
    return {"do": "ask", "question": {key: one for key, one in asked.items() if one is not None}}


def only(held: Held, *allowed: str) -> bool:
    """Tell whether nothing stood beside a core but what it can be asked with."""
    return not held.keys() & {"by", "interval", "compare", "within", "about"} - set(allowed)


def trend(held: Held, series: list[dict[str, Any]], *, total: bool = False) -> Document | None:
    """Answer the plan of a trend."""
    if not only(held, "by", "interval", "compare", "about"):
        return None
    fields: dict[str, Any] = {"series": series}
    plan = question("trend", held, **fields)
    asked = plan["question"]
    if "interval" in held:
        asked["interval"] = held["interval"]
    elif "by" in held or total:
        asked["interval"] = None
    if "by" in held:
        is_any = all(one["events"] == {"call": "any"} for one in series)
        is_name = is_any and held["by"].get("name") in _NAMES_OF_EVENTS
        asked["breakdown"] = {"by": "event"} if is_name else held["by"]
    if "compare" in held:
        asked["compare"] = held["compare"]
    return plan


_NAMES_OF_EVENTS = frozenset({"properties.name", "properties.kind", "properties.type"})


def add_cores(grammar: Grammar) -> None:
    """Add the rules of the cores of questions."""
    _amounts(grammar)
    _figures(grammar)
    _funnels(grammar)
    _retention(grammar)
    _lists(grammar)


def _amounts(grammar: Grammar) -> None:
    grammar.add(
        f"{_ASK} <series:series>",
        lambda held: trend(held, held["series"]),
        example="signups and orders per week last quarter",
    )
    grammar.add(
        """
        (how many|number of|count of|total number of|how often were there) <series:series> (did we have|were there|have there been|do we have|did we get|happened|were placed|were made|came in)?
        (what is|what was|what's) (our|the)? total? <series:series>
        (show|get|give)? me? (our|the)? total <series:series>
        """,
        lambda held: trend(held, held["series"], total=True),
        example="how many orders came in yesterday?",
    )
    grammar.add(
        """
        how many <series:series> did <about:people> (place|make|have|do|get|complete|submit|send|start)
        """,
        lambda held: trend(held, held["series"], total=True),
        example="how many orders did Pro users place last month?",
    )
    grammar.add(
        "(how many) (visitors|people|users|customers) did the? <page:step> (get|have|see)",
        lambda held: trend(held, [{"measure": "people", "events": held["page"]}], total=True),
        example="how many visitors did the pricing page get this week?",
    )
    grammar.add(
        "how much (revenue|money)? (did|have|do) we (sell|sold|make|made|earn|earned|take in)",
        lambda held: trend(held, [dict(REVENUE)], total=True),
        example="how much did we sell last month?",
    )
    grammar.add(
        f"{_ASK} (number of|how many)? <events:event> per (customer|user|person|buyer|head|member)",
        lambda held: trend(held, [{"measure": "per_person", "events": held["events"]}], total=True),
        example="purchases per customer this quarter",
    )


_MEASURES = {
    "average": "average", "mean": "average", "median": "median", "biggest": "max",
    "largest": "max", "highest": "max", "maximum": "max", "smallest": "min", "lowest": "min",
    "minimum": "min",
}  # fmt: skip


def _figure(measure: str, held: Held) -> Document | None:
    return trend(held, [{**REVENUE, "measure": measure}], total=True)


def _active(interval: str, held: Held) -> Document | None:
    anybody = {"measure": "people", "events": {"call": "any"}}
    return trend({"interval": interval, **held}, [anybody])


def _figures(grammar: Grammar) -> None:
    value = "(order value|order size|order|purchase|order amount|basket size|basket value|sale)"
    for word, measure in _MEASURES.items():
        grammar.add(
            f"{_ASK} {word} {value}",
            partial(_figure, measure),
            example="biggest order this year",
        )

    def percentile(held: Held) -> Document | None:
        number = int(held["number"])
        series = {**REVENUE, "measure": "percentile", "percentile": number}
        return trend(held, [series], total=True)

    grammar.add(
        f"{_ASK} <number:ordinal> percentile of? the? {value}",
        percentile,
        example="95th percentile of order value last month",
    )
    people = [{"measure": "people", "events": {"call": "any"}}]
    grammar.add(
        f"{_ASK} (active users|actives|active people|active customers)",
        lambda held: trend(held, list(people)) if "interval" in held else None,
        example="weekly active users this quarter",
    )
    for short, interval in (("dau", "day"), ("wau", "week"), ("mau", "month")):
        grammar.add(
            f"{_ASK} {short}",
            partial(_active, interval),
            example="MAU this year",
        )


def funnel(held: Held, steps: list[dict[str, Any]]) -> Document | None:
    """Answer the plan of a funnel."""
    if not only(held, "by", "within", "about"):
        return None
    fields: dict[str, Any] = {"steps": [_named(one) for one in steps]}
    if "within" in held:
        number, unit = held["within"]
        days = {"month": 30, "quarter": 91, "year": 365}.get(unit, 1)
        fields["within"] = number * SECONDS.get(unit, days * SECONDS["day"])
    return question("funnel", held, **fields, breakdown=held.get("by"))


def _named(events: dict[str, Any]) -> Any:
    return events["name"] if set(events) == {"name"} else events


def _funnels(grammar: Grammar) -> None:
    share = "(how many|what share|what percentage|what percent|what fraction|what part|how much)"
    grammar.add(
        f"""
        {_ASK} <steps:steps> (funnel|conversion|conversion rate|conversion funnel|conversions)
        {_ASK} (funnel|conversion funnel|conversion rate|conversion|conversions|drop-off|drop off|time) (from|of|for|:|between) <steps:steps>
        {share} of? (the|our|all)? {_MANY}? (who|that)? <steps:steps>
        (where do|at which step do|when do) {_MANY} (drop off|drop out|fall off|leave|give up) (between|from|in)? <steps:steps>
        how long does it take {_MANY}? (from|between|to get from|to go from)? <steps:steps>
        how long do {_MANY} take (from|between|to get from|to go from)? <steps:steps>
        """,
        lambda held: funnel(held, held["steps"]),
        example="signup to purchase funnel this month",
    )


def _retention(grammar: Grammar) -> None:
    grammar.add(
        f"""
        {_ASK} (user|customer|people|repeat)? (retention|retention rate|retention curve|cohorts|cohort retention|cohort analysis) (of|for|after|from|by)? <start:step>?
        {_ASK} <start:step> (retention|retention rate|cohorts|cohort retention|cohort analysis)
        how many of? (our|the)? <start:event> (come back|return|returned|came back|are retained|stay|stayed)
        """,
        retention,
        example="retention by month for people who signed up",
    )
    grammar.add(
        f"""
        {_ASK} (repurchase|repeat purchase|reorder|repeat order) rate
        do (buyers|customers|people|shoppers) (come back|return) to (buy|purchase|order) again?
        """,
        lambda held: retention({**held, "start": _ORDER, "back": _ORDER}),
        example="repurchase rate by month",
    )


_ORDER = {"name": "Order Completed"}


def retention(held: Held) -> Document | None:
    """Answer the plan of a retention; people of whom it is only said what they did are its start."""
    if not only(held, "by", "interval", "about"):
        return None
    beside = dict(held)
    start = held.get("start")
    about = held.get("about")
    if start is None and about is not None and (only_did := event_of(about)) is not None:
        start = only_did
        del beside["about"]
    fields: dict[str, Any] = {}
    if start is not None:
        fields = {"start": start, "back": held.get("back", {"call": "any"})}
    interval = held.get("interval")
    if interval not in {None, "day", "week", "month"}:
        return None
    return question("retention", beside, **fields, interval=interval, breakdown=held.get("by"))


def _lists(grammar: Grammar) -> None:
    def listed(held: Held, by: Mapping[str, Any] | None = None, **fields: Any) -> Document | None:
        if not only(held, "about"):
            return None
        more = {"limit": held.get("limit"), "by": None if by is None else dict(by)}
        return question("list", held, **more, **fields)

    grammar.add(
        f"""
        {_ASK} (best|biggest|top|most valuable|highest paying) <limit:count>? {_MANY}
        {_ASK} (top|biggest|best|highest) <limit:count>? (spenders|payers)
        (who|which {_MANY[1:-1].replace("|", "|which ")}) (spent|paid|spend|pay|bought for|spends|pays) (the most|most|the most money|most money)
        """,
        lambda held: listed(held, REVENUE),
        example="who spent the most this month?",
    )
    who = f"(who|which {_MANY[1:-1].replace('|', '|which ')})"
    grammar.add(
        f"""
        {who} <events:step> (the most|most|most often|most frequently|the most often) <of:word>?
        {who} (had|has|have|did|made|placed|sent|got) (the most|most) <events:event>
        {_ASK} <limit:count>? {_MANY} (with|having|by) the? (most|highest number of) <events:event>
        {_ASK} (top|best|biggest) <limit:count>? {_MANY} by (number of)? <events:event>
        """,
        lambda held: listed(held, {"events": held["events"]}),
        example="who invited the most people this quarter?",
    )
    grammar.add(
        f"""
        {_ASK} <limit:count>? (least active|least engaged) <limit:count>? <about:people>
        {_ASK} <limit:count>? {_MANY} (with|having) the? (fewest|least) <events:event>
        """,
        lambda held: listed(
            held, {"events": held["events"]} if held.get("events") else None, order="least"
        ),
        example="least active Pro users this month",
    )
    grammar.add(
        f"{_ASK} <limit:count>? (most active|most engaged|busiest) <limit:count>? <about:people>",
        listed,
        example="most active Pro users this month",
    )
