"""What stands beside the core of a question, in any order, and is taken off its end.

    revenue · by campaign · from Pro users · this month · compared to last month

A question's kind is in its core; when, by what, of whom and compared with what is said alike of
all kinds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from headwater.language import slots, slots_questions
from headwater.language.phrase import Phrase
from headwater.language.statements import range_json
from headwater.language.windows import Window, duration_at, window_at

Adjuncts = dict[str, Any]
"""`over`, `by`, `interval`, `about`, `compare` and `within`, as far as they were said."""

_COMPARED = (
    ("compared", "to"), ("compared", "with"), ("in", "comparison", "to"), ("relative", "to"),
    ("vs",), ("versus",), ("vs.",), ("against",),
)  # fmt: skip
_SPLIT = frozenset({"split", "grouped", "broken", "divided", "segmented", "down"})
_OF = frozenset({"of", "for", "from", "by", "among", "amongst"})
_EACH = frozenset({"each", "every", "per"})
_INTERVALS = frozenset({"hour", "day", "week", "month", "quarter", "year"})
_ADVERBS = {"hourly": "hour", "daily": "day", "weekly": "week", "monthly": "month",
            "quarterly": "quarter", "yearly": "year"}  # fmt: skip
_WIDEST = 12
"""Tokens that one adjunct has at most."""


def cores(phrase: Phrase, start: int, end: int) -> Iterator[tuple[int, int, Adjuncts]]:
    """Answer where the core of a question may begin and end, and what stood beside it.

    The shortest core comes first.
    """
    held: Adjuncts = {}
    begin = start
    if phrase.low(start) in _ADVERBS and start + 1 < end:
        held, begin = {"interval": _ADVERBS[phrase.low(start)]}, start + 1
    found = [(begin, end, held)]
    while (taken := _taken(phrase, begin, end, held)) is not None:
        end, held = taken
        found.append((begin, end, held))
    if not held and begin == start and len(found) == 1:
        yield start, end, {}
        return
    yield from reversed(found)


def _taken(phrase: Phrase, start: int, end: int, held: Adjuncts) -> tuple[int, Adjuncts] | None:
    """Take one adjunct off the end."""
    for read in (_compare, _within, _over, _by, _about):
        found = read(phrase, start, end, held)
        if found is not None and found[0] > start:
            return found[0], {**held, **found[1]}
    return None


def _compare(phrase: Phrase, start: int, end: int, held: Adjuncts) -> tuple[int, Adjuncts] | None:
    if held.keys() & {"compare", "over"}:
        return None
    for at in range(start + 1, end - 1):
        for words in _COMPARED:
            if all(phrase.low(at + place) == word for place, word in enumerate(words)):
                kind = _compared_with(phrase, at + len(words), end)
                return None if kind is None else (at, {"compare": kind})
    return None


def _compared_with(phrase: Phrase, at: int, end: int) -> str | None:
    words = [phrase.low(place) for place in range(at, end) if phrase.low(place) != "the"]
    if words[:1] == ["same"] and words[-2:] in (["last", "year"], ["previous", "year"]):
        return "previous_year"
    if words in (["last", "year"], ["a", "year", "ago"], ["previous", "year"], ["year", "before"]):
        return "previous_year"
    is_before = len(words) == 2 and words[0] in {"last", "previous", "prior"}
    if is_before and words[1] in _INTERVALS | {"period"}:
        return "previous_period"
    if len(words) == 2 and words[1] == "before" and words[0] in _INTERVALS | {"period"}:
        return "previous_period"
    return None


def _within(phrase: Phrase, start: int, end: int, held: Adjuncts) -> tuple[int, Adjuncts] | None:
    if "within" in held:
        return None
    for at in range(max(start + 1, end - 4), end - 1):
        if phrase.low(at) != "within":
            continue
        found = duration_at(phrase.tokens, at + 1, end)
        if found is not None and found[1] == end:
            return at, {"within": found[0]}
    return None


def _over(phrase: Phrase, start: int, end: int, held: Adjuncts) -> tuple[int, Adjuncts] | None:
    if "over" in held:
        return None
    for at in range(max(start + 1, end - _WIDEST), end):
        found = window_at(phrase.tokens, at, end, today=phrase.today)
        if found is not None and found[1] == end and _is_stretch(found[0]):
            return at, {"over": found[0]}
    return None


def _is_stretch(window: Window) -> bool:
    return window.kind != "ago" or window.number == 1


def _by(phrase: Phrase, start: int, end: int, held: Adjuncts) -> tuple[int, Adjuncts] | None:
    if end - start > 2 and phrase.low(end - 2) in _EACH and phrase.low(end - 1) in _INTERVALS:
        return None if "interval" in held else (end - 2, {"interval": phrase.low(end - 1)})
    unit = phrase.low(end - 1)
    is_repeated = end - start > 3 and [phrase.low(end - 3), phrase.low(end - 2)] == [unit, "over"]
    if is_repeated and unit in _INTERVALS and "interval" not in held:
        return end - 3, {"interval": unit}
    for at in range(max(start + 1, end - 4), end - 1):
        found = slots_questions.by(phrase, at, end)
        if found is None or phrase.slot_costs.get(("by", at, end), 0) > 2:
            continue
        if phrase.low(end - 1) in slots_questions.ONE_PERSON:
            return None  # "orders per customer" is a measure
        key = "interval" if "interval" in found else "by"
        if key in held:
            return None
        begin = at
        while begin - 1 > start and phrase.low(begin - 1) in _SPLIT:
            begin -= 1
        return begin, {key: found.get("interval", found)}
    return None


def _about(phrase: Phrase, start: int, end: int, held: Adjuncts) -> tuple[int, Adjuncts] | None:
    if "about" in held:
        return None
    for at in range(start + 1, end - 1):
        if phrase.low(at) not in _OF:
            continue
        found = slots.people(phrase, at + 1, end)
        if found is not None and not phrase.slot_costs.get(("people", at + 1, end), 0):
            return at, {"about": found}
    return None


def over_json(held: Adjuncts) -> dict[str, Any] | None:
    """Answer the stretch of time as questions have it."""
    return range_json(held.get("over"))
