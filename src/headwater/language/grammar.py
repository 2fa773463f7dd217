"""All rules, made once at the first use, and the reading of one text by all that may fit."""

from __future__ import annotations

from functools import cache

from headwater.language.facts import read_facts
from headwater.language.patterns import COST, Matcher
from headwater.language.phrase import Phrase
from headwater.language.reading import Reading
from headwater.language.refusal import NotUnderstood
from headwater.language.slots import SLOTS
from headwater.language.slots_questions import QUESTION_SLOTS
from headwater.language.statements import Grammar
from headwater.language.statements_messages import add_messages
from headwater.language.statements_people import add_people
from headwater.language.statements_questions import add_questions
from headwater.language.statements_routing import add_routing

_POLITE = (
    ("please",), ("can", "you"), ("could", "you"), ("would", "you"), ("i", "want", "to"),
    ("i", "would", "like", "to"), ("i'd", "like", "to"), ("let's",), ("lets",), ("hey",), ("hi",),
    ("ok",), ("i", "need", "to"), ("we", "need", "to"), ("kindly",), ("now",), (",",),
    ("headwater",), ("go", "ahead", "and"), ("just",),
)  # fmt: skip
_ENDINGS = frozenset({"?", "!", ".", "please", "thanks", ",", ";"})


@cache
def the_grammar() -> Grammar:
    """Answer the rules of the language; nothing is made at import."""
    grammar = Grammar()
    add_people(grammar)
    add_routing(grammar)
    add_questions(grammar)
    add_messages(grammar)
    return grammar


def readings_of(phrase: Phrase) -> list[Reading]:
    """Answer every way to understand a phrase, the nearest first."""
    start, end = _trimmed(phrase)
    found: list[Reading] = []
    if any(token.kind == "newline" for token in phrase.tokens) or start < end:
        facts = read_facts(phrase)
        if facts is not None:
            found.append(facts)
    if any(token.kind == "newline" for token in phrase.tokens):
        return found
    refusals: list[NotUnderstood] = []
    matcher = Matcher(phrase, {**SLOTS, **QUESTION_SLOTS}, end=end)
    for rule in the_grammar().rules_for(phrase.low(start)):
        if found and rule.cost > found[0].cost:
            continue
        for held in matcher.matches(rule.pattern, start):
            try:
                document = rule.build(held)
            except NotUnderstood as refusal:
                refusals.append(refusal)
                continue
            if document is not None and all(one.document != document for one in found):
                found.append(Reading(document, rule.cost + held[COST]))
    if refusals and not found:
        raise refusals[0]
    return sorted(found, key=lambda reading: reading.cost)


def _trimmed(phrase: Phrase) -> tuple[int, int]:
    start, end = 0, len(phrase.tokens)
    while end > 1 and phrase.low(end - 1) in _ENDINGS:
        end -= 1
    is_polite = True
    while is_polite:
        is_polite = False
        for words in _POLITE:
            if all(phrase.low(start + place) == word for place, word in enumerate(words)):
                if start + len(words) < end:
                    start, is_polite = start + len(words), True
                break
    return start, end
