"""The language of one workspace: text in, the plan that it means out."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from headwater.language import lexicon
from headwater.language.conditions import Condition, opened
from headwater.language.days import MONTHS
from headwater.language.definitions import default_definitions
from headwater.language.destination_names import destination_names
from headwater.language.grammar import readings_of, the_cores, the_grammar, without_fillers
from headwater.language.inflection import forms_of
from headwater.language.meanings import definitions_in
from headwater.language.names_in_use import NamesInUse, plan_names, words_of
from headwater.language.nearest import not_understood
from headwater.language.phrase import Phrase, Words
from headwater.language.reading import Document, Reading
from headwater.language.refusal import Ambiguous, NotUnderstood
from headwater.language.remarks import remarks_on
from headwater.language.spelling import near
from headwater.language.things import PAGE_VIEWS
from headwater.language.tokens import Token, tokenise
from headwater.language.vocabulary import EventWord, by_lemma, by_noun, event_words
from headwater.language.windows import UNITS

DEFAULT_PLANS = frozenset(
    {"pro", "free", "starter", "business", "enterprise", "team", "basic", "premium", "plus"}
    | {"growth", "standard", "professional", "hobby", "scale", "ultimate", "gold", "silver"}
)

# Nothing that cannot be taken back follows from a word that was only meant to be another.
_NEVER_CORRECTED = frozenset({"erase", "merge", "link", "suppress", "unsuppress", "stop_sync"})
_MOST_TRIES = 8


class Understanding(NamedTuple):
    """What a text means.

    Attributes:
        document: the plan as JSON.
        notes: what was corrected or assumed, in words.
        definitions: the words whose meaning is the business's, and what they mean here.
        is_guess: something in it was made up, or taken for what it may not be.
    """

    document: Document
    notes: tuple[str, ...] = ()
    definitions: Mapping[str, Condition] = {}
    is_guess: bool = False


class Language:
    """Reads texts; made once for each version of a workspace's words.

    Args:
        events: rows of events on top of those that are known, as `vocabulary.py` has them.
        definitions: meanings that replace or add to the shipped ones.
        plans: names of plans (tiers) on top of the usual ones.
        destinations: names of destinations on top of the known ones.
        audiences: names and keys of audiences, and the key of each.
        names: what events and plans are called in the workspace's data.
    """

    def __init__(
        self,
        *,
        events: str = "",
        definitions: Mapping[str, Condition] | None = None,
        plans: Iterable[str] = (),
        destinations: Iterable[str] = (),
        audiences: Mapping[str, str] | None = None,
        names: NamesInUse | None = None,
    ) -> None:
        rows = (event_words(events) if events.strip() else ()) + event_words()
        names = names or NamesInUse()
        small = _no_names(rows)
        verbs = lexicon.verbs()
        used = words_of(names.events, verbs, small | set(by_noun(rows)))
        verbs = {**forms_of([way.lemma for one in used for way in one.ways]), **verbs}
        rows += used
        tiers = plan_names(names.plans, small | set(verbs))
        plan_words = DEFAULT_PLANS | {name.lower() for name in plans} | tiers
        named = destination_names() | {name.lower(): name for name in destinations}
        own = {word: opened(dict(meaning)) for word, meaning in (definitions or {}).items()}
        self.definitions = {**default_definitions(), **own}
        self._words = Words(
            verbs=verbs,
            ways=by_lemma(rows),
            things=by_noun(rows),
            known=_no_names(rows) | plan_words | set(named),
            definitions=self.definitions,
            plans=plan_words,
            destinations=named,
            audiences={name.lower(): key for name, key in (audiences or {}).items()},
        )
        self._vocabulary = self._all_words(named)

    def _all_words(self, destinations: Mapping[str, str]) -> frozenset[str]:
        words = self._words
        several = [*words.things, *words.definitions, *destinations]
        return frozenset(
            words.known
            | {word for name in several for word in name.lower().split()}
            | the_grammar().words()
            | the_cores().words()
            | set(MONTHS)
            | set(UNITS)
        )

    def read(
        self,
        text: str,
        params: Mapping[str, Any] | None = None,
        *,
        today: date,
        wants: str | None = None,
    ) -> Understanding:
        """Answer what a text means.

        Args:
            text: what was said, with `{name}` where a value is bound.
            params: the bound values.
            today: the day of speaking, in the workspace's zone.
            wants: take only readings that are this plan (`list_people`, where something is to
                be done with the people).

        Raises:
            NotUnderstood: it quotes the part that is not, and offers what is near.
            Ambiguous: it has several meanings.
        """
        tokens = tokenise(text, params)
        if not tokens:
            raise NotUnderstood(
                "The text is empty; say what happened, whom you mean or what you want to know, "
                "such as 'user-123 signed up' or 'signups this week'."
            )
        phrase = Phrase(text, without_fillers(tokens), self._words, today=today)
        found = self._wanted(readings_of(phrase), wants)
        if not found or found[0].cost:
            found = sorted(
                [*found, *self._wanted(self._corrected(phrase), wants)],
                key=lambda reading: reading.cost,
            )
        if not found:
            phrase.allows_new_verbs = True
            found = self._wanted(readings_of(phrase), wants)
        if not found:
            raise not_understood(phrase, the_grammar(), self._vocabulary)
        best = _best(found)
        if phrase.doubts:
            self._check_doubts(phrase, best, wants)
        notes = (*best.notes, *remarks_on(best.document))
        meanings = definitions_in(phrase, best.document)
        return Understanding(best.document, notes, meanings, is_guess=best.cost > 0)

    def _check_doubts(self, phrase: Phrase, best: Reading, wants: str | None) -> None:
        documents = [best.document]
        for other in ("account", "country"):
            again = Phrase(phrase.text, phrase.tokens, self._words, today=phrase.today)
            again.takes_from = other
            for one in self._wanted(readings_of(again), wants)[:1]:
                if one.document not in documents:
                    documents.append(one.document)
        if len(documents) == 1:
            return  # what was doubtful was no part of the reading
        at, end = max(phrase.doubts, key=lambda span: span[1] - span[0])
        name = phrase.said(at, end)
        raise Ambiguous(
            f"'from {name}' can mean the channel {name}, the account {name} or the country {name}; "
            f"choose a reading, or say 'from utm_source={name}', 'in {name}' or 'at account "
            f"{name}'.",
            readings=documents,
        )

    def _wanted(self, found: Sequence[Reading], wants: str | None) -> list[Reading]:
        return [one for one in found if wants is None or one.document["do"] == wants]

    def _corrected(self, phrase: Phrase) -> list[Reading]:
        """Answer the readings of a phrase with slips of the keyboard mended."""
        choices = []
        slips = 0
        for place, token in enumerate(phrase.tokens):
            options = self._options(token, place)
            slips += bool(options)
            choices.append(options or [token.low])
        if not slips or slips > 3:
            return []
        found: list[Reading] = []
        for words in itertools.islice(itertools.product(*choices), _MOST_TRIES):
            mended = [
                token if token.low == word else token._replace(low=word)
                for token, word in zip(phrase.tokens, words, strict=True)
            ]
            changed = [
                (token.text, word)
                for token, word in zip(phrase.tokens, words, strict=True)
                if token.low != word
            ]
            again = Phrase(phrase.text, mended, self._words, today=phrase.today)
            found += _noted(readings_of(again), changed)
            phrase.reached(again.farthest)
        return found

    def _options(self, token: Token, place: int) -> list[str]:
        if token.kind != "word" or token.low in self._vocabulary:
            return []
        if place and token.text[:1].isupper():
            return []
        return near(token.low, self._vocabulary)


def _no_names(rows: Iterable[EventWord]) -> frozenset[str]:
    """Answer every word that is no bare name of anybody."""
    return (
        lexicon.SMALL_WORDS
        | set(lexicon.verbs())
        | {noun for row in rows for noun in row.nouns}
        | PAGE_VIEWS
        | the_grammar().words()
    )


def _noted(found: Sequence[Reading], changed: Sequence[tuple[str, str]]) -> list[Reading]:
    notes = tuple(f"read {was!r} as {word!r}" for was, word in changed)
    return [
        Reading(one.document, one.cost + 2 * len(changed), (*one.notes, *notes))
        for one in found
        if one.document["do"] not in _NEVER_CORRECTED
    ]


def _best(found: Sequence[Reading]) -> Reading:
    least = [one for one in found if one.cost == found[0].cost]
    documents: list[Document] = []
    for one in least:
        if one.document not in documents:
            documents.append(one.document)
    if len(documents) > 1:
        acts = " or ".join(f"'{one['do']}'" for one in documents)
        raise Ambiguous(
            f"This can mean {len(documents)} things ({acts}); choose one of the readings, or say "
            "it in more words.",
            readings=documents,
        )
    return least[0]
