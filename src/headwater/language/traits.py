"""What somebody is, said in a sentence: `is on the Pro plan`, `'s name is Ada`."""

from __future__ import annotations

from typing import Any

from headwater.language.countries import place_trait
from headwater.language.inflection import PERFECT
from headwater.language.lexicon import CROWDS, DETERMINERS
from headwater.language.phrase import Phrase, is_bound, value_of

_NAMES = frozenset({"email", "name", "phone", "plan", "company", "country", "city", "age", "title"})


def read_traits(phrase: Phrase, at: int, end: int) -> dict[str, Any] | None:
    """Answer the traits in `is on the Pro plan`, `'s name is Ada`, `has plan pro`."""
    if phrase.kind(at) == "possessive":
        return _trait(phrase, at + 1, end)
    if (said := _of_life(phrase, at, end)) is not None:
        return said
    if phrase.low(at) in {"is", "was", "'s"} and at + 1 < end:
        return _state(phrase, at + 1, end)
    if phrase.low(at) in _NAMES and phrase.low(at + 1) in {"is", "was"} and at + 2 < end:
        return {phrase.low(at): value_of(phrase.tokens[at + 2 : end])}
    if phrase.low(at) == "has" and phrase.low(end - 1) in {"plan", "tier", "subscription"}:
        start = at + 2 if phrase.low(at + 1) in DETERMINERS else at + 1
        name = phrase.tokens[start : end - 1]
        is_plan = len(name) == 1 and name[0].low in phrase.words.plans
        return {"plan": value_of(name)} if is_plan else None
    if phrase.low(at) == "has" and at + 2 < end and phrase.low(at + 1) in {"plan", "name", "email"}:
        return {phrase.low(at + 1): value_of(phrase.tokens[at + 2 : end])}
    return None


_LIFE = {
    ("lives", "in"): "place", ("resides", "in"): "place", ("is", "based", "in"): "place",
    ("is", "located", "in"): "place", ("is", "living", "in"): "place",
    ("is", "from", "the", "city", "of"): "city", ("works", "at"): "company",
    ("works", "for"): "company", ("is", "employed", "by"): "company",
    ("is", "employed", "at"): "company", ("is", "called"): "name", ("is", "named"): "name",
    ("speaks",): "language",
}  # fmt: skip


def _of_life(phrase: Phrase, at: int, end: int) -> dict[str, Any] | None:
    """Answer the trait in `lives in Berlin`, `works at Acme`, `is called Ada`."""
    for words, name in _LIFE.items():
        start = at + len(words)
        if start < end and all(phrase.low(at + place) == one for place, one in enumerate(words)):
            tokens = phrase.tokens[start:end]
            if len(tokens) > 5 or any(one.kind not in _OF_NAMES for one in tokens):
                return None
            value = value_of(tokens)
            if name != "place":
                return {name: value}
            # What is bound decides nothing: it is a city, whatever it says.
            return {"city" if is_bound(tokens) else place_trait(str(value)): value}
    return None


_OF_NAMES = frozenset({"word", "quoted", "bound", "number"})


def _trait(phrase: Phrase, at: int, end: int) -> dict[str, Any] | None:
    verb = next(
        (place for place in range(at + 1, end) if phrase.low(place) in {"is", "was", ":", "="}), 0
    )
    if not verb or verb + 1 >= end:
        return None
    form = phrase.form(verb + 1)
    if phrase.low(verb) == "was" and form is not None and PERFECT in form.tenses:
        return None  # "'s order was shipped" is something that happened
    if any(phrase.kind(place) != "word" for place in range(at, verb)):
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
        return {last: True} if last in {"beta", "vip"} else None
    if last in {"plan", "tier", "subscription"}:
        return {"plan": value_of(name)}
    is_plan = len(name) == 1 and name[0].kind == "word" and name[0].low in phrase.words.plans
    if last in CROWDS and is_plan:
        return {"plan": value_of(name)}
    if last in CROWDS and len(name) == 1 and name[0].low in {"beta", "vip"}:
        return {name[0].low: True}
    return None
