"""What somebody is, said in a sentence: `is on the Pro plan`, `'s name is Ada`."""

from __future__ import annotations

from typing import Any

from headwater.language.lexicon import CROWDS
from headwater.language.phrase import Phrase, value_of

_NAMES = frozenset({"email", "name", "phone", "plan", "company", "country", "city", "age", "title"})


def read_traits(phrase: Phrase, at: int, end: int) -> dict[str, Any] | None:
    """Answer the traits in `is on the Pro plan`, `'s name is Ada`, `has plan pro`."""
    if phrase.kind(at) == "possessive":
        return _trait(phrase, at + 1, end)
    if phrase.low(at) in {"is", "was", "'s"} and at + 1 < end:
        return _state(phrase, at + 1, end)
    if phrase.low(at) in _NAMES and phrase.low(at + 1) in {"is", "was"} and at + 2 < end:
        return {phrase.low(at): value_of(phrase.tokens[at + 2 : end])}
    if phrase.low(at) == "has" and at + 2 < end and phrase.low(at + 1) in {"plan", "name", "email"}:
        return {phrase.low(at + 1): value_of(phrase.tokens[at + 2 : end])}
    return None


def _trait(phrase: Phrase, at: int, end: int) -> dict[str, Any] | None:
    verb = next(
        (place for place in range(at + 1, end) if phrase.low(place) in {"is", "was", ":", "="}), 0
    )
    if not verb or verb + 1 >= end:
        return None
    words = [
        phrase.low(place).replace("-", "_")
        for place in range(at, verb)
        if phrase.low(place) != "now"
    ]
    start = verb + 1
    while phrase.low(start) in {"now", "the"} and start + 1 < end:
        start += 1
    return {"_".join(words): value_of(phrase.tokens[start:end])}


def _state(phrase: Phrase, at: int, end: int) -> dict[str, Any] | None:
    while phrase.low(at) in {"now", "on", "a", "an", "the", "using", "already"} and at + 1 < end:
        at += 1
    last = phrase.low(end - 1)
    name = phrase.tokens[at : end - 1]
    if not name:
        return None
    if last in {"plan", "tier", "subscription"}:
        return {"plan": value_of(name)}
    is_plan = len(name) == 1 and name[0].kind == "word" and name[0].low in phrase.words.plans
    if last in CROWDS and is_plan:
        return {"plan": value_of(name)}
    if last in CROWDS and len(name) == 1 and name[0].low in {"beta", "vip"}:
        return {name[0].low: True}
    return None
