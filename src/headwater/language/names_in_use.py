"""Names that a workspace's own data uses: of events, and of plans.

They only add to the language. Whoever may send events chooses their names, so that a name never
takes the place of a word that the grammar has, and is one only where an event or a plan is meant.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping
from typing import NamedTuple

from headwater.language.inflection import PERFECT, Form, regular_past, singular
from headwater.language.lexicon import DESTRUCTIVE
from headwater.language.vocabulary import EventWord, Way

_LONGEST = 80
_MOST_WORDS = 6
_PARTS = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])|\d+|[^\W\d_a-zA-Z]+")


class NamesInUse(NamedTuple):
    """Names of `track` events as they are stored, and plans that people are on."""

    events: tuple[str, ...] = ()
    plans: tuple[str, ...] = ()


def words_of(
    names: Iterable[str], verbs: Mapping[str, Form], taken: Container[str]
) -> tuple[EventWord, ...]:
    """Answer how events of these names are said: by name, and as what somebody did.

    `Widget Assembled`, `widget_assembled` and `WidgetAssembled` are said "assembled a widget".
    """
    found = []
    for name in names:
        parts = [part.lower() for part in _PARTS.findall(name)]
        said = " ".join(parts)
        if len(name) > _LONGEST or not 2 <= len(parts) <= _MOST_WORDS or said in taken:
            continue
        if DESTRUCTIVE & set(parts):
            continue  # an order stays one, whatever somebody calls an event
        ways = _ways(parts, verbs)
        nouns = tuple(dict.fromkeys(("-".join(parts), name.lower())))
        found.append(EventWord(name, ways, nouns, "-".join(parts[:-1]) or None, "amount"))
    return tuple(found)


def _ways(parts: list[str], verbs: Mapping[str, Form]) -> tuple[Way, ...]:
    form = verbs.get(parts[-1])
    is_participle = form is not None and PERFECT in form.tenses
    lemma = form.lemma if form is not None and is_participle else regular_past(parts[-1])
    if lemma is None:
        return ()
    heads = frozenset({singular(parts[-2]), parts[-2]})
    return (Way(lemma, None, heads, None, takes_any=False),)


def plan_names(names: Iterable[str], taken: Container[str]) -> frozenset[str]:
    """Answer those of the plans whose names are one word that the grammar has no use for."""
    return frozenset(
        name.lower()
        for name in names
        if 2 <= len(name) <= 40 and name.replace("-", "").isalnum() and name.lower() not in taken
    )
