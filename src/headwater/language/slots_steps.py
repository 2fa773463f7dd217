"""Events as questions say them: `signups and orders`, `viewed a product`, `signing up`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headwater.language import slots
from headwater.language.clause import read_clause
from headwater.language.conditions import Condition
from headwater.language.events import happening
from headwater.language.happenings import title
from headwater.language.lexicon import (
    AUXILIARIES,
    CROWDS,
    DETERMINERS,
    KINDS,
    PARTICLES,
    SMALL_WORDS,
)
from headwater.language.patterns import SlotReader
from headwater.language.phrase import Phrase, value_of

Events = dict[str, Any]

_JOINTS = frozenset({"to", "then", "and", "->", "→", ">", ",", "into", "who"})
_SKIPPED = DETERMINERS | AUXILIARIES | {"who", "they", "first", "next", "new", "it", "actually"}
_PAGE_WORDS = frozenset({"page", "pages", "screen"})
_VIEWS = frozenset({"views", "view", "visits", "visit", "visitors", "hits"})
_REVENUE = frozenset({"revenue", "sales", "turnover", "income"})
_STARTED_PAYING = frozenset({"paid", "paying", "customer", "customers", "subscriber"})
_MOST_STEPS = 12

REVENUE: Mapping[str, Any] = {
    "measure": "sum",
    "property": "properties.revenue",
    "events": {"name": "Order Completed"},
}
"""What is earned: the series of a trend, the order of a list."""


def event_of(condition: Condition) -> Events | None:
    """Answer the events of a condition that is only that they happened; else None."""
    if condition.get("type") != "event" or set(condition) - {"type", "event", "window"}:
        return None
    found: Events = condition["event"]
    return found if "name" in found else None


def step(phrase: Phrase, at: int, end: int) -> Events | None:
    """One kind of event: a noun, a name, a page, or a verb in any form."""
    while at + 1 < end and phrase.low(at) in _SKIPPED:
        at += 1
    if at >= end:
        return None
    if (named := slots.event_name(phrase, at, end)) is not None:
        return named
    last = phrase.low(end - 1)
    if last in _PAGE_WORDS and end - at > 1:
        return _page(phrase, at, end - 1, "screen" if last == "screen" else "page")
    if last in _VIEWS and end - at > 2 and phrase.low(end - 2) in _PAGE_WORDS:
        return _page(phrase, at, end - 2, "page")
    if end == at + 1 and last in _STARTED_PAYING:
        return {"name": "Subscription Started"}
    return _verb(phrase, at, end)


def _page(phrase: Phrase, at: int, end: int, call: str) -> Events | None:
    tokens = phrase.tokens[at:end]
    is_name = len(tokens) <= 3 and all(
        one.kind in {"quoted", "bound", "path", "url"}
        or (one.kind == "word" and one.low not in SMALL_WORDS - KINDS and one.low not in _VIEWS)
        for one in tokens
    )
    if not is_name:
        return None
    text = str(value_of(tokens))
    is_given = tokens[0].kind in {"bound", "quoted", "path", "url"}
    return {"call": call, "name": text if is_given else title(text)}


def _verb(phrase: Phrase, at: int, end: int) -> Events | None:
    form = phrase.form(at)
    if form is None:
        return None
    if form.lemma == "churn" and end == at + 1:
        return _first_event(phrase.words.definitions["churned"])
    particle, start = None, at + 1
    if start < end and phrase.low(start) in PARTICLES:
        particle, start = phrase.low(start), start + 1
    clause = read_clause(phrase, start, end)
    clause.object = [one for one in clause.object if one.low not in {"it", "them", "something"}]
    if clause.window is not None or clause.times is not None:
        return None
    said = happening(phrase.words, form.lemma, particle, clause)
    if said.cost or said.call == "group":
        return None
    if said.call == "page":
        return {"call": "page", "name": said.name}
    known = {"products", "currency"}
    if set(said.properties) - known or said.campaign:
        return None
    return {"name": said.name}


def _first_event(condition: Any) -> Events | None:
    """Answer the first event that a definition asks to have happened."""
    if isinstance(condition, list):
        return next((found for one in condition if (found := _first_event(one))), None)
    if not isinstance(condition, Mapping):
        return None
    if condition.get("type") == "event" and condition.get("comparison") != "exactly":
        name = condition["event"].get("name")
        return {"name": name} if name else None
    return _first_event([condition.get(key) for key in ("and", "or", "conditions")])


def steps(phrase: Phrase, at: int, end: int) -> list[Events] | None:
    """Two kinds of events or more, in order: `signup to trial to subscription`.

    Of several ways to part them the one with the most steps is meant.
    """
    found = _parted(phrase, at, end, {})
    return found if found is not None and 2 <= len(found) <= _MOST_STEPS else None


def _parted(
    phrase: Phrase, at: int, end: int, known: dict[int, list[Events] | None]
) -> list[Events] | None:
    if at in known:
        return known[at]
    start = at
    while start + 1 < end and phrase.low(start) in _SKIPPED | CROWDS:
        start += 1
    best: list[Events] | None = None
    for stop in range(start + 1, end + 1):
        following = stop
        while following < end and phrase.low(following) in _JOINTS:
            following += 1
        is_parted = stop == end or following > stop or phrase.form(stop) is not None
        if not is_parted or (following == end and stop != end):
            continue
        one = step(phrase, start, stop)
        rest = [] if one is None or stop == end else _parted(phrase, following, end, known)
        if one is not None and rest is not None and (best is None or len(rest) >= len(best)):
            best = [one, *rest]
    known[at] = best
    return best


def series(phrase: Phrase, at: int, end: int) -> list[dict[str, Any]] | None:
    """What is counted beside each other: `signups and orders`, `events`."""
    found: list[dict[str, Any]] = []
    start = at
    for place in range(at + 1, end + 1):
        if place < end and phrase.low(place) not in {"and", ",", "&", "vs", "versus"}:
            continue
        one = _counted(phrase, start, place)
        if one is None:
            return None
        found.append(one)
        start = place + 1
        while start < end and phrase.low(start) in {"and", "&"}:
            start += 1
    return found if 0 < len(found) <= 10 else None


def _counted(phrase: Phrase, at: int, end: int) -> dict[str, Any] | None:
    if end == at + 2 and phrase.low(at) == "new" and phrase.low(at + 1) in CROWDS:
        return {"events": {"name": "Signed Up"}}
    while at + 1 < end and phrase.low(at) in DETERMINERS | {"new", "all"}:
        at += 1
    if at >= end:
        return None
    if end == at + 1 and phrase.low(at) in _REVENUE:
        return dict(REVENUE)
    if end == at + 1 and phrase.low(at) in {"events", "everything"}:
        return {"events": {"call": "any"}}
    if phrase.kind(at) in {"quoted", "bound"} and end - at == len(phrase.tokens):
        return None
    found = slots.event_name(phrase, at, end)
    is_page = phrase.low(end - 1) in _VIEWS | _PAGE_WORDS
    if found is None and is_page:
        found = step(phrase, at, end)
    return None if not found else {"events": found}


def audiences(phrase: Phrase, at: int, end: int) -> list[str] | None:
    """Audiences by their names: `big-spenders and newsletter`."""
    found: list[str] = []
    start = at
    for place in range(at + 1, end + 1):
        if place < end and phrase.low(place) not in {"and", ",", "&"}:
            continue
        while start < place and phrase.low(start) in DETERMINERS | {"audience", "segment", "and"}:
            start += 1
        name = slots.name(phrase, start, place) if start < place else None
        if name is None:
            return None
        found.append(phrase.words.audiences.get(name.lower(), name))
        start = place + 1
    return found if 2 <= len(found) <= 8 else None


STEP_SLOTS: Mapping[str, SlotReader] = {
    "step": step,
    "steps": steps,
    "series": series,
    "audiences": audiences,
}
