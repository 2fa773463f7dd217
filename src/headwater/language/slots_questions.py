"""Parts of speech that only questions and messages need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from headwater.audiences.comparisons import step, steps
from headwater.language import slots
from headwater.language.conditions import Condition, settled
from headwater.language.lexicon import DETERMINERS, KINDS, SMALL
from headwater.language.patterns import SlotReader
from headwater.language.phrase import Phrase, value_of
from headwater.language.population_clauses import read_clause_condition
from headwater.language.tokens import Token

_INTERVALS = {"hour", "day", "week", "month", "quarter", "year"}
_ADVERBS = {"hourly": "hour", "daily": "day", "weekly": "week", "monthly": "month", "dau": "day"}
_CAMPAIGN = {"campaign": "name", "source": "source", "medium": "medium", "channel": "source",
             "utm_source": "source", "utm_medium": "medium", "utm_campaign": "name"}  # fmt: skip
ONE_PERSON = frozenset({"customer", "user", "person", "buyer", "head", "member"})
"""Of whom one is meant in "orders per customer"."""

_TRAITS = frozenset({"plan", "country", "city", "company", "industry", "language", "gender", "age"})
_PARTS = frozenset({"subject line", "subject lines", "subject", "template", "variant", "email"})


def counted(phrase: Phrase, at: int, end: int) -> dict[str, Any] | None:
    """Events that a question may count: a kind of event, not just anything."""
    is_given = phrase.kind(at) in {"quoted", "bound"}
    if is_given and end - at == len(phrase.tokens):
        return None  # a text and nothing more asks for nothing
    found = slots.events(phrase, at, end)
    if not found or not {"name", "call"} & set(found):
        return None
    if "people" in found or is_given:
        phrase.slot_costs["counted", at, end] = 1
    return found


def by(phrase: Phrase, at: int, end: int) -> dict[str, Any] | None:
    """What a figure is told apart by: `by campaign`, `per country`, `by day`."""
    if phrase.low(at) in _ADVERBS and end == at + 1:
        return {"interval": _ADVERBS[phrase.low(at)]}
    if phrase.low(at) not in {"by", "per"} or end - at not in {2, 3}:
        return None
    start = at + 1
    if phrase.low(start) in {"each", "every"} | DETERMINERS and end - start == 2:
        start += 1
    if end - start == 2 and phrase.kind(start) == "word":
        if slots.window(phrase, start + 1, end) is not None:
            return None
        phrase.slot_costs["by", at, end] = 2
        words = f"{phrase.low(start)} {phrase.low(start + 1)}"
        return {"by": "property", "name": f"properties.{words.replace(' ', '_')}"}
    if phrase.kind(start) in {"quoted", "bound"}:
        name = _path(str(value_of([phrase.tokens[start]])))
        return {"by": "property", "name": f"properties.{name}"}
    if phrase.kind(start) != "word":
        return None
    found = _by_word(phrase.low(start))
    if found.get("by") == "property" and phrase.low(start) not in KINDS:
        phrase.slot_costs["by", at, end] = 2  # a property that nobody has named before
    return found


def _path(said: str) -> str:
    """Answer the path that somebody gave; what is none, as `.` or `a..b`, can only be a name."""
    try:
        steps(said)
    except ValueError:
        return step(said)
    return said


def _by_word(word: str) -> dict[str, Any]:
    one = word[:-1] if word.endswith("s") and not word.endswith("ss") else word
    if one in _INTERVALS:
        return {"interval": one}
    if one in _CAMPAIGN:
        return {"by": "campaign", "name": _CAMPAIGN[one]}
    if one == "event":
        return {"by": "event"}
    if one in _TRAITS or one == "tier":
        return {"by": "trait", "name": "plan" if one == "tier" else one}
    return {"by": "property", "name": f"properties.{one}"}


PATH = {"by": "property", "name": "properties.path"}
"""Which page, as the calls of every SDK of browsers say it."""


def told_apart(by: Mapping[str, Any], series: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Answer what series are told apart by; of page views alone, `by page` is by their path."""
    is_page = all(one["events"].get("call") == "page" for one in series)
    return dict(PATH if is_page and by.get("name") == "properties.page" else by)


def unique(phrase: Phrase, at: int, end: int) -> str | None:
    """How long the periods of a question are: `weekly`."""
    found = _ADVERBS.get(phrase.low(at)) if end - at == 1 else None
    return found if found in {"day", "week", "month"} else None


def source(phrase: Phrase, at: int, end: int) -> list[Token] | None:
    """A channel that people come from, as its tokens."""
    if any(slots.window(phrase, place, end) for place in range(at + 1, end)):
        return None
    is_name = end - at <= 3 and slots.name(phrase, at, end) is not None
    return list(phrase.tokens[at:end]) if is_name else None


def topic(phrase: Phrase, at: int, end: int) -> str | None:
    """What something is about: content that begins with no small word."""
    while phrase.low(at) in DETERMINERS and at + 1 < end:
        at += 1
    first = phrase.tokens[at]
    if first.kind in {"symbol", "newline"} or first.low in {
        "who",
        "that",
        "to",
        "and",
        "or",
        "but",
    }:
        return None
    return slots.text(phrase, at, end)


def template(phrase: Phrase, at: int, end: int) -> str | None:
    """The name of a template: no small words, and no channel."""
    words = {phrase.low(place) for place in range(at, end)}
    if words & (SMALL - {"new"}) or words & (set(slots.CHANNELS) | _NO_TEMPLATE):
        return None
    return slots.name(phrase, at, end)


_NO_TEMPLATE = frozenset({"show", "see", "preview", "send", "write", "draft", "users", "customers"})


def states(phrase: Phrase, at: int, end: int) -> Condition | None:
    """What people are, without the people: `inactive for 60 days`."""
    condition = read_clause_condition(phrase, at, end)
    return None if condition is None else settled(condition)


def computation(phrase: Phrase, at: int, end: int) -> dict[str, Any] | None:
    """A figure over events: `sum of revenue`, `number of purchases`, `days since last login`."""
    said = [phrase.low(place) for place in range(at, end)]
    text = " ".join(word for word in said if word not in {"of", "the", "all", "order", "orders"})
    if (function := _OF_REVENUE.get(text)) is not None:
        events = {"name": "Order Completed"}
        return _figure(function, events) | {"property": "properties.revenue"}
    for words, function in _OF_EVENTS:
        if tuple(said[: len(words)]) == words:
            start = at + len(words)
            found = slots.event_name(phrase, start, end) if start < end else None
            return None if found is None else _figure(function, found)
    return None


def _figure(function: str, events: dict[str, Any]) -> dict[str, Any]:
    return {"type": "figure", "function": function, "event": events}


_OF_REVENUE = {
    **dict.fromkeys(("revenue", "sum revenue", "total revenue", "total spend"), "sum"),
    **dict.fromkeys(("total spending", "total amount spent", "spend", "total value"), "sum"),
    **dict.fromkeys(("average revenue", "mean revenue", "average value"), "average"),
    **dict.fromkeys(("biggest value", "largest value", "maximum revenue"), "maximum"),
}
_OF_EVENTS = (
    (("total", "number", "of"), "count"),
    (("number", "of"), "count"),
    (("count", "of"), "count"),
    (("count",), "count"),
    (("days", "since", "the", "last"), "days_since"),
    (("days", "since", "last"), "days_since"),
    (("days", "since"), "days_since"),
)


def ordinal(phrase: Phrase, at: int, end: int) -> int | None:
    """A whole number from 1 to 99 in order: `95th`."""
    text = phrase.low(at)
    digits = text[:-2] if text[-2:] in {"st", "nd", "rd", "th"} else ""
    is_one = end - at == 1 and digits.isdigit() and 1 <= int(digits) <= 99
    return int(digits) if is_one else None


def word(phrase: Phrase, at: int, end: int) -> str | None:
    """A word to define: one to three plain words."""
    if phrase.low(at) in {"audience", "segment", "cohort", "trait"}:
        return None
    is_plain = 0 < end - at <= 3 and all(
        phrase.kind(place) in {"word", "quoted"} for place in range(at, end)
    )
    return slots.text(phrase, at, end) if is_plain else None


def outcome(phrase: Phrase, at: int, end: int) -> str | None:
    """What people will do: one to three words that begin with a verb."""
    if end - at > 3 or phrase.form(at) is None:
        return None
    return slots.text(phrase, at, end)


def part(phrase: Phrase, at: int, end: int) -> str | None:
    """A part of a message that has variants."""
    words = " ".join(phrase.low(place) for place in range(at, end))
    return words if words in _PARTS else None


QUESTION_SLOTS: Mapping[str, SlotReader] = {
    "counted": counted,
    "by": by,
    "unique": unique,
    "source": source,
    "topic": topic,
    "outcome": outcome,
    "part": part,
    "template": template,
    "states": states,
    "ordinal": ordinal,
    "computation": computation,
    "word": word,
}
