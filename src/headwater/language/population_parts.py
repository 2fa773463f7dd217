"""The parts of a population that are no sentences: modifiers, states, possessions."""

from __future__ import annotations

from typing import Any

from headwater.language.conditions import (
    Condition,
    did,
    never,
    not_,
    on_plan,
    trait,
    with_window,
)
from headwater.language.definitions import SYNONYMS
from headwater.language.lexicon import DETERMINERS
from headwater.language.meanings import Found, defined, definition_at
from headwater.language.phrase import Phrase, names_of, value_of
from headwater.language.population_places import PLAN_NOUNS, from_source
from headwater.language.sources import SOURCES
from headwater.language.tokens import Token
from headwater.language.windows import NUMBERS, Window, duration_at, window_at
from headwater.language.writing import said_as

_MORE = {
    "more than": ("at_least", 1), "over": ("at_least", 1), "at least": ("at_least", 0),
    "less than": ("at_most", -1), "fewer than": ("at_most", -1), "under": ("at_most", -1),
    "at most": ("at_most", 0), "exactly": ("exactly", 0), "above": ("at_least", 1),
    "below": ("at_most", -1),
}  # fmt: skip
_NUMBERS_ASKED = {
    "more than": "greater_than", "over": "greater_than", "above": "greater_than",
    "at least": "at_least", "less than": "less_than", "under": "less_than",
    "fewer than": "less_than", "below": "less_than", "at most": "at_most", "exactly": "equals",
}  # fmt: skip
_TEXTS_ASKED = {
    "contains": "contains", "containing": "contains", "includes": "contains",
    "starts with": "starts_with", "begins with": "starts_with", "ends with": "ends_with",
}  # fmt: skip
_TRAITS = frozenset(
    {"email", "phone", "name", "plan", "company", "country", "city", "address", "avatar", "title"}
    | {"birthday", "language", "website", "industry", "age", "gender"}
)


def modifier_at(phrase: Phrase, at: int, end: int) -> Found | None:
    """Answer what a word in front of people says of them: `Pro`, `inactive`, `Google Ads`."""
    token = phrase.tokens[at]
    if token.low == "not" and (found := modifier_at(phrase, at + 1, end)) is not None:
        return not_(found[0]), found[1]
    if token.kind == "word" and token.low.startswith("non-"):
        name = token.low.removeprefix("non-")
        if name in phrase.words.plans:
            return not_(on_plan([token._replace(text=name)])), at + 1
        if SYNONYMS.get(name, name) in phrase.words.definitions:
            return not_(defined(phrase, SYNONYMS.get(name, name))), at + 1
    if (found_definition := definition_at(phrase, at, end - 1)) is not None:
        name, stop = found_definition
        return defined(phrase, name), stop
    if token.low in phrase.words.plans:
        stop = at + 2 if phrase.low(at + 1) in PLAN_NOUNS and at + 2 < end else at + 1
        return on_plan([token]), stop
    if (source := _source_words(phrase, at, end - 1)) > 0:
        return from_source(phrase.tokens[at : at + source]), at + source
    if token.kind in {"quoted", "bound"} and at + 1 < end:
        return {"type": "audience", "audience": str(value_of([token]))}, at + 1
    return None


def _source_words(phrase: Phrase, at: int, end: int) -> int:
    for width in (3, 2, 1):
        name = " ".join(phrase.low(place) for place in range(at, at + width))
        if at + width <= end and name in SOURCES and name not in {"direct", "email", "search"}:
            return width
    return 0


def state_at(phrase: Phrase, at: int, end: int) -> Found | None:
    """Answer a state with its time: `inactive for 14 days`, `active in January`."""
    found = definition_at(phrase, at, end)
    if found is None:
        return None
    name, stop = found
    condition = defined(phrase, name)
    timed = _time_at(phrase, stop, end)
    if timed is not None:
        window, stop = timed
        condition = with_window(condition, window)
    return condition, stop


def _time_at(phrase: Phrase, at: int, end: int) -> Any:
    if at >= end:
        return None
    start = at + 1 if phrase.low(at) in {"for", "in", "over", "the"} else at
    if (found := window_at(phrase.tokens, at, end, today=phrase.today)) is not None:
        return found
    # "inactive 14 days": without its preposition.
    tokens = [*phrase.tokens[:at], _FOR, *phrase.tokens[start:]]
    found = window_at(tokens, at, end + 1, today=phrase.today)
    return None if found is None else (found[0], found[1] - 1 + (start - at))


_FOR = Token("word", "for", "for", None, 0, 0)


def having_at(phrase: Phrase, at: int, end: int, *, negated: bool = False) -> Found | None:
    """Answer what people have: `an active subscription`, `no purchase`, `more than 3 orders`."""
    while phrase.low(at) in DETERMINERS | {"no", "zero", "any"} and at + 1 < end:
        negated = negated or phrase.low(at) in {"no", "zero"}
        at += 1
    found = _counted(phrase, at, end) or _had(phrase, at, end)
    if found is None:
        return None
    return (not_(found[0]), found[1]) if negated else found


def _had(phrase: Phrase, at: int, end: int) -> Found | None:
    if (state := state_at(phrase, at, end)) is not None:
        return state
    token = phrase.tokens[at]
    if token.kind == "pair":
        key, value = token.value
        if key.lower().startswith("utm_"):
            return from_source([token]), at + 1
        return trait(key, "one_of", said_as(value)), at + 1
    if (thing := thing_word(phrase, at, end)) is not None:
        return did(thing[0]), thing[1]
    if token.low in _TRAITS:
        return _trait(phrase, at, end), end
    if phrase.low(end - 1) in PLAN_NOUNS and token.low in phrase.words.plans:
        return on_plan([token]), end
    return None


def _trait(phrase: Phrase, at: int, end: int) -> Condition:
    path = phrase.low(at)
    is_whole = at + 1 == end or (at + 2 == end and phrase.low(at + 1) in {"number", "address"})
    if is_whole:
        return trait(path, "exists")
    start = at + 2 if phrase.low(at + 1) in {"is", "=", ":"} else at + 1
    return trait(path, *names_of(phrase.tokens[start:end]))


def thing_word(phrase: Phrase, at: int, end: int) -> tuple[str, int] | None:
    """Answer the longest event that is named as a thing, and what is behind."""
    for width in range(min(phrase.words.longest_thing, end - at), 0, -1):
        name = " ".join(phrase.low(place) for place in range(at, at + width))
        if (word := phrase.words.things.get(name)) is not None:
            return word.name, at + width
    return None


def comparison_at(phrase: Phrase, at: int) -> tuple[str, int]:
    """Answer the words that compare (`more than`), or nothing, and what is behind."""
    for width in (2, 1):
        words = " ".join(phrase.low(place) for place in range(at, at + width))
        if words in _NUMBERS_ASKED or words in _TEXTS_ASKED:
            return words, at + width
    return "", at


def _counted(phrase: Phrase, at: int, end: int) -> Found | None:
    words, start = comparison_at(phrase, at)
    if start >= end:
        return None
    token = phrase.tokens[start]
    if token.kind == "money":
        return total(words, token.value[0]), _behind_money(phrase, start + 1, end)
    number = token.value if token.kind in {"number", "bound"} else NUMBERS.get(token.low)
    if not isinstance(number, int) or isinstance(number, bool) or token.low in {"a", "an"}:
        return None
    stop = start + 1
    if phrase.low(stop) == "or" and phrase.low(stop + 1) in {"more", "fewer", "less"}:
        words = "at least" if phrase.low(stop + 1) == "more" else "at most"
        stop += 2
    thing = thing_word(phrase, stop, end)
    if thing is None:
        return None
    comparison, more = _MORE.get(words, ("at_least", 0))
    return did(thing[0], times=(comparison, max(number + more, 0))), thing[1]


def _behind_money(phrase: Phrase, at: int, end: int) -> int:
    while at < end and phrase.low(at) in {"in", "of", "revenue", "orders", "purchases", "total"}:
        at += 1
    return at


def total(words: str, amount: Any) -> Condition:
    """Answer the condition to have spent so much."""
    return {
        "type": "aggregate",
        "event": {"name": "Order Completed"},
        "function": "sum",
        "property": "properties.revenue",
        "operator": _NUMBERS_ASKED.get(words, "at_least"),
        "value": amount,
        "window": {"said": None},
    }


def whose_at(phrase: Phrase, at: int, end: int) -> Found | None:
    """Answer a question about a trait: `whose plan is pro`, `whose age is over 30`."""
    verb = next((place for place in range(at + 1, end) if phrase.low(place) in _SAYING), end)
    if verb + 1 >= end:
        return None
    if phrase.low(at) in {"last", "latest", "most"} and phrase.low(end - 1) == "ago":
        return _long_ago(phrase, at + 1, verb, end)
    path = "_".join(phrase.low(place).replace("-", "_") for place in range(at, verb))
    start = (
        verb if phrase.low(verb) in _TEXTS_ASKED or phrase.low(verb) in _BEGINNINGS else verb + 1
    )
    negated = phrase.low(verb) in {"isn't", "isnt", "aren't"} or phrase.low(start) == "not"
    start += 1 if phrase.low(start) == "not" else 0
    words, start = comparison_at(phrase, start)
    if start >= end:
        return None
    value = value_of(phrase.tokens[start:end])
    if phrase.tokens[start].kind == "money":
        value = phrase.tokens[start].value[0]
    if words in _TEXTS_ASKED:
        found = trait(path, _TEXTS_ASKED[words], str(value))
    elif words:
        found = trait(path, _NUMBERS_ASKED[words], value)
    elif isinstance(value, str):
        found = trait(path, *names_of(phrase.tokens[start:end]))
    else:
        found = trait(path, "equals", value)
    return (not_(found) if negated else found), end


def _long_ago(phrase: Phrase, at: int, verb: int, end: int) -> Found | None:
    """Answer `whose last login was more than 30 days ago`: none since."""
    at += 1 if phrase.low(at) == "recent" else 0
    thing = thing_word(phrase, at, verb)
    words, start = comparison_at(phrase, verb + 1)
    found = duration_at(phrase.tokens, start, end - 1)
    if thing is None or thing[1] != verb or found is None or found[1] != end - 1:
        return None
    if words not in {"more than", "over", "at least", "less than", "under", "fewer than"}:
        return None
    lately = with_window(did(thing[0]), Window("last", found[0][1], found[0][0]))
    return (not_(lately) if words in {"more than", "over", "at least"} else lately), end


_BEGINNINGS = frozenset({"starts", "begins", "ends"})
_SAYING = frozenset(
    {"is", "are", "was", "=", "isn't", "isnt", "aren't", *_TEXTS_ASKED, *_BEGINNINGS}
)


def absent(phrase: Phrase, at: int, end: int) -> Condition | None:
    """Answer the condition to have none of something: `no purchase`."""
    found = thing_word(phrase, at, end)
    return never(found[0]) if found is not None and found[1] == end else None
