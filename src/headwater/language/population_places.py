"""Where people come from or are: channels, countries, accounts, plans, days of a trial."""

from __future__ import annotations

from collections.abc import Sequence

from headwater.language.conditions import Condition, any_of, did, on_plan, trait
from headwater.language.countries import place_trait
from headwater.language.lexicon import DETERMINERS
from headwater.language.meanings import Found, defined
from headwater.language.phrase import Phrase, is_bound, names_of, value_of
from headwater.language.sources import SOURCES, source_filter
from headwater.language.tokens import Token
from headwater.language.windows import window_at

PLAN_NOUNS = frozenset({"plan", "plans", "tier", "subscription", "subscriptions", "package"})


def place_at(phrase: Phrase, at: int, end: int) -> Found | None:
    """Answer where people come from or are: a channel, a plan, a day of the trial, an audience."""
    preposition, start = phrase.low(at), at + 1
    while phrase.low(start) in DETERMINERS and start + 1 < end:
        start += 1
    if start >= end:
        return None
    if preposition == "on":
        return _on(phrase, start, end)
    if preposition in {"at", "in"}:
        return _in(phrase, start, end, is_in=preposition == "in")
    if preposition not in {"from", "via", "through"}:
        return None
    stop = _until_window(phrase, start, end)
    if phrase.low(start) == "webinar" and stop == start + 1:
        return any_of([did("Webinar Registered"), did("Webinar Attended")]), stop
    return _from(phrase, start, stop), stop


def _in(phrase: Phrase, at: int, end: int, *, is_in: bool) -> Found | None:
    if phrase.low(at) in {"account", "company"} and at + 1 < end:
        return {"type": "account", "where": [_called(phrase, at + 1, end)]}, end
    if not is_in:
        return None
    if phrase.low(at) in _AUDIENCES:
        return _audience(phrase, at + 1, end), end
    if phrase.low(end - 1) in _AUDIENCES:
        return _audience(phrase, at, end - 1), end
    if (kept := audience_at(phrase, at, end)) is not None:
        return kept
    stop = _until_window(phrase, at, end)
    tokens = phrase.tokens[at:stop]
    path = "country" if is_bound(tokens) else place_trait(str(value_of(tokens)))
    return trait(path, *names_of(tokens)), stop


def audience_at(phrase: Phrase, at: int, end: int) -> Found | None:
    """Answer the longest name of one of the workspace's audiences here."""
    known = phrase.words.audiences
    if not known:
        return None
    for width in range(min(_LONGEST_NAME, end - at), 0, -1):
        said = " ".join(phrase.low(place) for place in range(at, at + width))
        if said in known:
            return {"type": "audience", "audience": known[said]}, at + width
    return None


def _audience(phrase: Phrase, at: int, end: int) -> Condition:
    """Answer that somebody is in the audience of a name, which may be none of the workspace's."""
    name = text_of(phrase, at, end)
    return {"type": "audience", "audience": phrase.words.audiences.get(name.lower(), name)}


_LONGEST_NAME = 6
_AUDIENCES = frozenset({"segment", "audience", "group", "cohort"})


def _called(phrase: Phrase, at: int, end: int) -> Condition:
    operator, value = names_of(phrase.tokens[at:end])
    return {"path": "name", "operator": operator, "value": value}


def _from(phrase: Phrase, at: int, end: int) -> Condition:
    """Answer where people come from: a channel that is known, or what the phrase takes it for."""
    tokens = phrase.tokens[at:end]
    is_known = end - at == 1 and tokens[0].kind == "pair"
    if not is_known and not is_bound(tokens) and text_of(phrase, at, end).lower() not in SOURCES:
        phrase.doubts.add((at, end))
        if phrase.takes_from == "account":
            return {"type": "account", "where": [_called(phrase, at, end)]}
        if phrase.takes_from == "country":
            return trait("country", *names_of(tokens))
    return from_source(tokens)


def text_of(phrase: Phrase, at: int, end: int) -> str:
    """Answer what a stretch of a phrase means, as text."""
    return str(value_of(phrase.tokens[at:end])) if at < end else ""


def _until_window(phrase: Phrase, at: int, end: int) -> int:
    """Answer where a name ends: where a stretch of time begins, or a verb or a joint."""
    for place in range(at + 1, end):
        if window_at(phrase.tokens, place, end, today=phrase.today) is not None:
            return place
        if phrase.low(place) in {"who", "that", "with", "without", "on", "and", "but", "in"}:
            return place
    return end


def from_source(tokens: Sequence[Token]) -> Condition:
    """Answer the condition to have come by a channel, or by a link with a parameter."""
    one = tokens[0] if len(tokens) == 1 else None
    if one is not None and one.kind == "pair":
        key, value = one.value
        field = key.lower().removeprefix("utm_")
        path = f"context.campaign.{'name' if field == 'campaign' else field}"
        return did(None, call="any", where=[{"path": path, "operator": "equals", "value": value}])
    return did(None, call="any", where=[source_filter(tokens)])


def _on(phrase: Phrase, at: int, end: int) -> Found | None:
    if phrase.low(at) == "day" and phrase.kind(at + 1) == "number":
        day = phrase.tokens[at + 1].value
        stop = at + 2
        while phrase.low(stop) in {"of", "the", "their", "trial", "a", "free", "in"} and stop < end:
            stop += 1
        window = {"type": "calendar", "unit": "day", "ago": max(day - 1, 0)}
        return {**did("Trial Started"), "window": window}, stop
    if phrase.low(at) in {"trial", "trials"} or phrase.low(at + 1) == "trial":
        return defined(phrase, "trial"), at + (1 if phrase.low(at) in {"trial", "trials"} else 2)
    noun = next((place for place in range(at, end) if phrase.low(place) in PLAN_NOUNS), None)
    if noun is not None:
        return (on_plan(phrase.tokens[at:noun]), noun + 1) if noun > at else None
    if phrase.low(at) in phrase.words.plans or phrase.kind(at) in {"bound", "quoted"}:
        return on_plan([phrase.tokens[at]]), at + 1
    if phrase.low(at) in {"mobile", "ios", "android", "desktop"}:
        return (defined(phrase, "mobile"), at + 1) if phrase.low(at) == "mobile" else None
    return None
