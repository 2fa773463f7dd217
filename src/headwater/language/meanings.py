"""Words of a phrase that have a definition, and what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headwater.language.conditions import Condition, settled
from headwater.language.definitions import SYNONYMS
from headwater.language.lexicon import DETERMINERS
from headwater.language.phrase import Phrase

Found = tuple[Condition, int]
"""A condition, and the token behind the words that it was made of."""


def definition_at(phrase: Phrase, at: int, end: int) -> tuple[str, int] | None:
    """Answer the longest word or words at a place that have a definition, and what is behind."""
    for width in range(min(3, end - at), 0, -1):
        words = [phrase.low(place) for place in range(at, at + width)]
        if width > 1:
            if words[-1] in DETERMINERS:
                continue  # "active this week": it belongs to what follows
            words = [word for word in words if word not in DETERMINERS]
        name = " ".join(words)
        name = SYNONYMS.get(name, name)
        if name in phrase.words.definitions:
            return name, at + width
    return None


_VERBS = {"churn": "churned", "convert": "converted", "activate": "activated"}


def definitions_in(phrase: Phrase, document: Mapping[str, Any]) -> dict[str, Condition]:
    """Answer the words of a phrase that have a definition, and their meaning."""
    if not _speaks_of_people(document):
        return {}
    found: dict[str, Condition] = {}
    for at in range(len(phrase.tokens)):
        form = phrase.form(at)
        names = [_VERBS[form.lemma]] if form is not None and form.lemma in _VERBS else []
        if (here := definition_at(phrase, at, len(phrase.tokens))) is not None:
            names.append(here[0])
        if phrase.low(at + 1) in {"abandoners", "abandoner"}:
            names.append(f"abandoned {phrase.low(at)}".replace("basket", "cart"))
        for name in names:
            if name in phrase.words.definitions:
                found[name] = settled(dict(phrase.words.definitions[name]))
    return found


def _speaks_of_people(document: Any) -> bool:
    if isinstance(document, Mapping):
        return "people" in document or any(map(_speaks_of_people, document.values()))
    return isinstance(document, list) and any(map(_speaks_of_people, document))


def defined(phrase: Phrase, name: str) -> Condition:
    """Answer the meaning of a word that has a definition."""
    return dict(phrase.words.definitions[name])
