"""A whole text read as facts, or as nothing of the kind."""

from __future__ import annotations

from headwater.language.facts import JOINTS, Facts
from headwater.language.lexicon import DESTRUCTIVE
from headwater.language.passives import doer_first
from headwater.language.phrase import Phrase
from headwater.language.reading import Reading

_PARTING = JOINTS | {".", "!", "-", "/", "|"}


def _orders_more(phrase: Phrase) -> bool:
    """Tell whether a sentence about the past also orders something that cannot be taken back."""
    return any(
        phrase.low(at) in DESTRUCTIVE and (not at or phrase.low(at - 1) in _PARTING)
        for at in range(len(phrase.tokens) - 1)
        if phrase.kind(at) == "word"
    )


def read_facts(phrase: Phrase) -> Reading | None:
    """Answer the plan that records what a text says happened, or None where it says nothing so."""
    if not phrase.tokens or _orders_more(phrase):
        return None
    turned = doer_first(phrase, 0, len(phrase.tokens))
    if turned is not None:
        # What was acted on did nothing: the sentence as it stands is no second reading.
        again = Phrase(phrase.text, turned, phrase.words, today=phrase.today)
        again.allows_new_verbs = phrase.allows_new_verbs
        phrase = again
    reader = Facts(phrase)
    if not reader.read():
        return None
    facts = reader.facts
    if any("unclear" in fact.get("when", ()) for fact in facts):
        return None
    if len(facts) == 1 and facts[0]["call"] == "identify":
        return Reading(
            {"do": "identify", "who": facts[0]["who"], "traits": facts[0]["traits"]}, reader.cost
        )
    return Reading({"do": "record", "facts": facts}, reader.cost)
