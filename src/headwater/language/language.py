"""The language of one workspace: text in, readings out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from headwater.language import lexicon
from headwater.language.facts import read_facts
from headwater.language.phrase import Phrase, Words
from headwater.language.reading import Reading
from headwater.language.tokens import tokenise
from headwater.language.vocabulary import by_lemma, by_noun, event_words

DEFAULT_PLANS = frozenset(
    {"pro", "free", "starter", "business", "enterprise", "team", "basic", "premium", "plus"}
    | {"growth", "standard", "professional", "hobby", "scale", "ultimate", "gold", "silver"}
)


class Language:
    """Reads texts; made once for each version of a workspace's words."""

    def __init__(self) -> None:
        events = event_words()
        self._words = Words(
            verbs=lexicon.VERBS,
            ways=by_lemma(events),
            things=by_noun(events),
            known=lexicon.KNOWN | DEFAULT_PLANS,
            definitions={},
            plans=DEFAULT_PLANS,
            destinations={},
        )

    def read(
        self, text: str, params: Mapping[str, Any] | None = None, *, today: date
    ) -> Reading | None:
        """Answer what a text means."""
        tokens = tokenise(text, params)
        phrase = Phrase(text, tokens, self._words, today=today)
        return read_facts(phrase)
