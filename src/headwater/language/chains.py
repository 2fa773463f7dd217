"""Chains: what is to be done with the people of a phrase, as one plan.

A step is `{"notify": text}`, `{"wait": "3 days"}`, `{"each": [phrase, …]}` (done for each person),
`{"then": [phrase, …]}` (done with each outcome of the step before), or, alone, `{"count": true}`.
A phrase inside is `{"text": …, "params": …}`; the parameter `{"$": "each"}` stands for the person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from headwater.language.language import Language, Understanding
from headwater.language.reading import Document
from headwater.language.refusal import NotUnderstood
from headwater.language.tokens import tokenise
from headwater.language.windows import duration_at

_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}
_MOST_STEPS = 50


def read_chain(
    language: Language,
    text: str,
    params: Mapping[str, Any] | None,
    steps: Sequence[Mapping[str, Any]],
    *,
    today: date,
) -> Understanding:
    """Answer the one plan of a phrase and what is chained to it.

    Raises:
        NotUnderstood: the phrase names no people, or a step is none.
        Ambiguous: the phrase or a step has several meanings.
    """
    if not steps:
        return language.read(text, params, today=today)
    if len(steps) > _MOST_STEPS:
        raise NotUnderstood(f"There are {len(steps)} steps; at most {_MOST_STEPS} make a chain.")
    base = language.read(text, params, today=today, wants="list_people")
    people = base.document["people"]
    if any("count" in step for step in steps):
        if len(steps) > 1:
            raise NotUnderstood("count() stands alone: nothing can be done with a number.")
        document: Document = {"do": "count_people", "people": people}
        return base._replace(document=document)
    done = [_step(language, step, today=today) for step in steps]
    return base._replace(document={"do": "chain", "people": people, "steps": done})


def _step(language: Language, step: Mapping[str, Any], *, today: date) -> Document:
    if len(step) != 1:
        raise NotUnderstood(
            "A step is one of {'notify': text}, {'wait': duration}, {'each': [phrases]}, "
            "{'then': [phrases]} and {'count': true}."
        )
    ((kind, given),) = step.items()
    if kind == "notify" and isinstance(given, str) and given.strip():
        return {"notify": given}
    if kind == "wait":
        return {"wait": seconds_of(given)}
    if kind in {"each", "then"} and isinstance(given, list) and given:
        return {kind: [_inner(language, one, today=today) for one in given]}
    raise NotUnderstood(
        f"{kind!r} is no step that can be taken with {str(given)[:40]!r}; there are notify, wait, "
        "each, then and count."
    )


def _inner(language: Language, phrase: Any, *, today: date) -> Document:
    if not isinstance(phrase, Mapping) or not isinstance(phrase.get("text"), str):
        raise NotUnderstood("What is done for each is a phrase: {'text': …, 'params': …}.")
    read = language.read(phrase["text"], phrase.get("params"), today=today)
    return read.document


def seconds_of(given: Any) -> int:
    """Answer a length of time in seconds: a number of them, or words such as `3 days`.

    Raises:
        NotUnderstood: it is none.
    """
    if isinstance(given, int) and not isinstance(given, bool) and given > 0:
        return given
    if isinstance(given, str):
        tokens = tokenise(given)
        found = duration_at(tokens, 0, len(tokens))
        if found is not None and found[1] == len(tokens) and found[0][1] in _SECONDS:
            number, unit = found[0]
            return number * _SECONDS[unit]
    raise NotUnderstood(
        f"{str(given)[:40]!r} is no length of time; say it like '3 days', '1 hour' or '2 weeks'."
    )
