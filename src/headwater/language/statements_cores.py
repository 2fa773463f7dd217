"""The cores of questions, whose adjuncts are taken off before: see `question_adjuncts`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from headwater.language.question_adjuncts import over_json
from headwater.language.reading import Document
from headwater.language.slots_questions import told_apart
from headwater.language.slots_steps import REVENUE, event_of
from headwater.language.statements import Grammar
from headwater.language.windows import SECONDS

Held = Mapping[str, Any]

ASK = (
    "(show|plot|chart|graph|give|get|tell|what is|what was|what were|what are|what's|compare|"
    "break down|split|group|compute|calculate)? me? (the|our|a|my|a chart of)?"
)
MANY = "(users|customers|people|visitors|members|accounts|buyers|agents|subscribers)"


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
        asked["breakdown"] = {"by": "event"} if is_name else told_apart(held["by"], series)
    if "compare" in held:
        asked["compare"] = held["compare"]
    return plan


def _periods(held: Held) -> Document | None:
    """Answer a stretch of the calendar beside the one before; no others can be compared so."""
    then, now = sorted((held["over"], held["then"]), key=lambda one: one.kind == "this")
    is_before = (now.kind, then.kind, then.number) == ("this", "previous", 1)
    is_same = held.get("again", held["series"]) == held["series"]
    if not is_before or now.unit != then.unit or not is_same:
        return None
    return trend({**held, "over": now, "compare": "previous_period"}, held["series"])


_NAMES_OF_EVENTS = frozenset({"properties.name", "properties.kind", "properties.type"})


def add_cores(grammar: Grammar) -> None:
    """Add the rules of the cores of questions."""
    _amounts(grammar)
    _figures(grammar)
    _funnels(grammar)
    _retention(grammar)


def _amounts(grammar: Grammar) -> None:
    # "what is" asks for one figure, see below.
    grammar.add(
        """
        (show|plot|chart|graph|give|get|tell|what were|what are|compare|break down|split|group|compute|calculate)? me? (the|our|a|my|a chart of)? <series:series>
        (how did|how do|how does|how is|how are|how's|how was|how were|how have|how has) (the|our|my)? (number of)? <series:series> (develop|developing|developed|trend|trending|doing|do|look|looking|going|go|change|changed|changing|evolve|evolved|evolving|grow|growing|grown|been|been doing)
        """,
        lambda held: trend(held, held["series"]),
        example="signups and orders per week last quarter",
    )
    grammar.add(
        """
        (how many|number of|count of|total number of|how often were there) <series:series> (did we have|were there|have there been|do we have|did we get|happened|were placed|were made|came in)?
        (what is|what was|what's) (our|the|my|a)? total? <series:series>
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
        "compare <over:window> 's <series:series> (with|to|and|vs|versus|against) (that of|those of)? <then:window> 's? <again:series>?",
        _periods,
        example="compare this month's signups with last month's",
    )
    grammar.add(
        "how much (revenue|money)? (did|have|do) we (sell|sold|make|made|earn|earned|take in)",
        lambda held: trend(held, [dict(REVENUE)], total=True),
        example="how much did we sell last month?",
    )
    grammar.add(
        f"{ASK} (number of|how many)? <events:event> per (customer|user|person|buyer|head|member)",
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
            f"{ASK} {word} {value}",
            partial(_figure, measure),
            example="biggest order this year",
        )

    def percentile(held: Held) -> Document | None:
        number = int(held["number"])
        series = {**REVENUE, "measure": "percentile", "percentile": number}
        return trend(held, [series], total=True)

    grammar.add(
        f"{ASK} <number:ordinal> percentile of? the? {value}",
        percentile,
        example="95th percentile of order value last month",
    )
    people = [{"measure": "people", "events": {"call": "any"}}]
    grammar.add(
        f"{ASK} (active users|actives|active people|active customers)",
        lambda held: trend(held, list(people)) if "interval" in held else None,
        example="weekly active users this quarter",
    )
    for short, interval in (("dau", "day"), ("wau", "week"), ("mau", "month")):
        grammar.add(
            f"{ASK} {short}",
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
        {ASK} <steps:steps> (funnel|conversion|conversion rate|conversion funnel|conversions)
        {ASK} (average|median|typical|usual)? (funnel|conversion funnel|conversion rate|conversion|conversions|drop-off|drop off|time) (from|of|for|:|between) <steps:steps>
        {share} of? (the|our|all)? {MANY}? (who|that)? <steps:steps>
        (where do|at which step do|when do) {MANY} (drop off|drop out|fall off|leave|give up) (between|from|in)? <steps:steps>
        how long does it take {MANY}? (from|between|to get from|to go from)? <steps:steps>
        how long do {MANY} take (from|between|to get from|to go from)? <steps:steps>
        """,
        lambda held: funnel(held, held["steps"]),
        example="signup to purchase funnel this month",
    )
    become = "(lead to|led to|become|became|turn into|turned into|convert to|converted to|convert into|end in|ended in|result in|resulted in)"
    grammar.add(
        f"""
        {share} of? (the|our|all)? <first:event> {become} (a|an|paying)? <second:step>
        how long (does|did) it take (for|until)? {MANY}? to? <second:step> after <first:step>
        how long (do|did) {MANY} (take|need) to <second:step> after <first:step>
        how long after <first:step> (do|did) {MANY} <second:step>
        """,
        lambda held: funnel(held, [held["first"], held["second"]]),
        example="how long does it take people to buy after signing up?",
    )


def _retention(grammar: Grammar) -> None:
    grammar.add(
        f"""
        {ASK} (user|customer|people|repeat)? (retention|retention rate|retention curve|cohorts|cohort retention|cohort analysis) (of|for|after|from|by)? <start:step>?
        {ASK} <start:step> (retention|retention rate|cohorts|cohort retention|cohort analysis)
        how many of? (our|the)? <start:event> (come back|return|returned|came back|are retained|stay|stayed)
        """,
        retention,
        example="retention by month for people who signed up",
    )
    grammar.add(
        f"""
        {ASK} (repurchase|repeat purchase|reorder|repeat order) rate
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
