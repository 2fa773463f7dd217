"""Sentences whose doer stands behind: turned so that whoever did it comes first.

v2.1.0 was deployed to production by ralph      ralph deployed v2.1.0 to production
user-123's order #456 was completed             user-123 completed order #456
the subscription of user-123 was renewed        user-123 renewed the subscription
"""

from __future__ import annotations

from collections.abc import Sequence

from headwater.language.inflection import PERFECT, singular
from headwater.language.lexicon import DETERMINERS, KINDS
from headwater.language.phrase import Phrase
from headwater.language.subjects import subject_at
from headwater.language.tokens import Token

_PASSIVE = frozenset({"was", "were", "been", "got"})
_BESIDE = frozenset({"has", "have", "had", "just", "also", "already", "successfully", "finally"})


def doer_first(phrase: Phrase, start: int, end: int) -> list[Token] | None:
    """Answer the tokens with the doer in front; None where they are not such a sentence."""
    if any(phrase.kind(at) in {"newline", "bullet"} for at in range(start, end)):
        return None
    return _by_somebody(phrase, start, end) or _of_somebody(phrase, start, end)


def _participle(phrase: Phrase, start: int, end: int) -> tuple[int, int] | None:
    """Answer where what was acted on ends, and where the participle is."""
    for at in range(start + 1, end):
        form = phrase.form(at)
        if form is None or PERFECT not in form.tenses:
            continue
        stop = at
        while stop > start + 1 and phrase.low(stop - 1) in _PASSIVE | _BESIDE:
            stop -= 1
        return stop, at
    return None


def _by_somebody(phrase: Phrase, start: int, end: int) -> list[Token] | None:
    found = _participle(phrase, start, end)
    if found is None:
        return None
    stop, verb = found
    is_passive = any(phrase.low(at) in _PASSIVE for at in range(stop, verb))
    for at in range(verb + 1, end - 1):
        if phrase.low(at) != "by":
            continue
        doer = subject_at(phrase, at + 1)
        if doer is None or not (is_passive or (doer[0].is_exact and not _acts(phrase, start))):
            continue
        tokens = phrase.tokens
        return [
            *tokens[at + 1 : doer[1]],
            tokens[verb],
            *tokens[start:stop],
            *tokens[verb + 1 : at],
            *tokens[doer[1] : end],
        ]
    return None


def _acts(phrase: Phrase, at: int) -> bool:
    """Tell whether somebody stands at the beginning, who then is the doer."""
    return subject_at(phrase, at) is not None


def _of_somebody(phrase: Phrase, start: int, end: int) -> list[Token] | None:
    whole = _owned(phrase, start, end)
    if whole is None:
        return None
    owner, thing, behind = whole
    at = behind
    while at < end and phrase.low(at) in _PASSIVE | _BESIDE:
        at += 1
    form = phrase.form(at) if at < end else None
    if form is None or PERFECT not in form.tenses or not any(map(_is_kind, thing)):
        return None
    return [*owner, phrase.tokens[at], *thing, *phrase.tokens[at + 1 : end]]


def _owned(
    phrase: Phrase, start: int, end: int
) -> tuple[Sequence[Token], Sequence[Token], int] | None:
    """Answer the owner, what is theirs, and where the verb or what is beside it stands."""
    tokens = phrase.tokens
    owner = subject_at(phrase, start)
    if owner is not None and owner[0].is_exact and phrase.kind(owner[1]) == "possessive":
        thing = owner[1] + 1
        stop = next((at for at in range(thing, end) if phrase.low(at) in _PASSIVE), end)
        while stop > thing and phrase.low(stop - 1) in _BESIDE:
            stop -= 1
        return (tokens[start : owner[1]], tokens[thing:stop], stop) if thing < stop < end else None
    at = start
    while phrase.low(at) in DETERMINERS:
        at += 1
    of = next((place for place in range(at + 1, min(end, at + 4)) if phrase.low(place) == "of"), 0)
    owner = subject_at(phrase, of + 1) if of else None
    if owner is None or not owner[0].is_exact or owner[1] >= end:
        return None
    return tokens[of + 1 : owner[1]], tokens[at:of], owner[1]


def _is_kind(token: Token) -> bool:
    return token.kind == "word" and singular(token.low) in KINDS
