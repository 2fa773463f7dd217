"""All rules, made once at the first use, and the reading of one text by all that may fit."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from headwater.language.facts_reading import read_facts
from headwater.language.patterns import COST, Matcher
from headwater.language.phrase import Phrase
from headwater.language.question_adjuncts import cores
from headwater.language.reading import Reading
from headwater.language.refusal import NotUnderstood
from headwater.language.slots import SLOTS
from headwater.language.slots_questions import QUESTION_SLOTS
from headwater.language.slots_steps import STEP_SLOTS
from headwater.language.statements import Grammar, Rule
from headwater.language.statements_cores import add_cores
from headwater.language.statements_courses import add_courses
from headwater.language.statements_messages import add_messages
from headwater.language.statements_people import add_people
from headwater.language.statements_questions import add_questions
from headwater.language.statements_rankings import add_lists, add_rankings
from headwater.language.statements_routing import add_routing
from headwater.language.tokens import Token
from headwater.language.windows import window_at

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
    add_lists(grammar)
    add_messages(grammar)
    return grammar


@cache
def the_cores() -> Grammar:
    """Answer the rules of questions' cores."""
    grammar = Grammar()
    add_cores(grammar)
    add_courses(grammar)
    add_rankings(grammar)
    return grammar


_FILLERS = (
    ("so", "far"), ("right", "now"), ("at", "the", "moment"), ("in", "total"), ("as", "of", "now"),
)  # fmt: skip
_HAD = (("did", "we", "have"), ("do", "we", "have"), ("have", "we", "had"))
"""Fillers where it is asked how many."""

_SHORT = {
    "ppl": "people",
    "whats": "what's",
    "hows": "how's",
    "wheres": "where's",
    "thats": "that's",
}


def without_fillers(tokens: Sequence[Token]) -> list[Token]:
    """Answer tokens without words that add nothing, `so far`, and with short ones in full."""
    is_number = [one.low for one in tokens[:2]] == ["how", "many"]
    fillers = _FILLERS + _HAD if is_number else _FILLERS
    kept: list[Token] = []
    at = 0
    while at < len(tokens):
        width = next(
            (
                len(words)
                for words in fillers
                if at and tuple(one.low for one in tokens[at : at + len(words)]) == words
            ),
            0,
        )
        if not width:
            token = tokens[at]
            low = _SHORT.get(token.low) if token.kind == "word" else None
            kept.append(token if low is None else token._replace(low=low))
        at += width or 1
    return kept


def readings_of(phrase: Phrase) -> list[Reading]:
    """Answer every way to understand a phrase, the nearest first."""
    found = _readings(phrase)
    if found:
        return found
    turned = _turned(phrase) or _time_behind(phrase)
    if turned is None:
        return []
    found = _readings(turned)
    phrase.doubts |= turned.doubts
    return found


_BEHIND = frozenset({"to", "as", "into", "in", "by", "for", "from", "on", "with", "per", "of"})


def _time_behind(phrase: Phrase) -> Phrase | None:
    """Answer the phrase with the time that owns something behind it.

    `export last month's orders as csv` is `export orders last month as csv`.
    """
    start, end = _trimmed(phrase)
    for at in range(start + 1, end - 2):
        found = window_at(phrase.tokens, at, end, today=phrase.today)
        if found is None or phrase.kind(found[1]) != "possessive":
            continue
        thing = found[1] + 1
        stop = next((place for place in range(thing, end) if phrase.low(place) in _BEHIND), end)
        tokens = phrase.tokens
        moved = [*tokens[start:at], *tokens[thing:stop], *tokens[at : found[1]], *tokens[stop:end]]
        return Phrase(phrase.text, moved, phrase.words, today=phrase.today)
    return None


def _turned(phrase: Phrase) -> Phrase | None:
    """Answer the phrase with the time at its end that stands at its beginning.

    `last month's revenue by campaign` is `revenue by campaign last month`.
    """
    start, end = _trimmed(phrase)
    found = window_at(phrase.tokens, start, end, today=phrase.today)
    if found is None or found[1] >= end:
        return None
    behind = found[1]
    rest = (
        behind + 1 if phrase.kind(behind) == "possessive" or phrase.low(behind) == "," else behind
    )
    tokens = [*phrase.tokens[rest:end], *phrase.tokens[start:behind]]
    if any(token.kind == "newline" for token in tokens):
        return None
    turned = Phrase(phrase.text, tokens, phrase.words, today=phrase.today)
    turned.takes_from = phrase.takes_from
    return turned


def _readings(phrase: Phrase) -> list[Reading]:
    start, end = _trimmed(phrase)
    facts = read_facts(phrase)
    found = [] if facts is None else [facts]
    if any(token.kind == "newline" for token in phrase.tokens):
        return found
    refusals: list[NotUnderstood] = []
    matcher = Matcher(phrase, {**SLOTS, **QUESTION_SLOTS}, end=end)
    words = {token.low for token in phrase.tokens[start:end]}
    for rule in the_grammar().rules_for(phrase.low(start)):
        if found and rule.cost > found[0].cost:
            continue
        if not any(words.isdisjoint(needed) for needed in rule.needs):
            _read_by(rule, matcher, start, (found, refusals))
    if refusals and not found:
        raise refusals[0]
    if not found or min(one.cost for one in found) > 0:
        found += _asked(phrase, start, end)
    return sorted(found, key=lambda reading: reading.cost)


_LONGEST_QUESTION = 40
"""Tokens of a question; what is longer is read by the other rules alone."""


def _asked(phrase: Phrase, start: int, end: int) -> list[Reading]:
    """Answer the questions that a phrase asks, with their adjuncts taken off the end."""
    if end - start > _LONGEST_QUESTION:
        return []  # steps and adjuncts can be parted in many ways
    slots = {**SLOTS, **QUESTION_SLOTS, **STEP_SLOTS}
    for begin, stop, beside in cores(phrase, start, end):
        matcher = Matcher(phrase, slots, end=stop)
        words = {token.low for token in phrase.tokens[begin:stop]}
        found: list[Reading] = []
        for rule in the_cores().rules_for(phrase.low(begin)):
            if any(words.isdisjoint(needed) for needed in rule.needs):
                continue
            for held in matcher.matches(rule.pattern, begin):
                document = rule.build({**beside, **held})
                if document is not None and all(one.document != document for one in found):
                    found.append(Reading(document, rule.cost + held[COST]))
        if found:
            return found
    return []


def _read_by(
    rule: Rule, matcher: Matcher, start: int, into: tuple[list[Reading], list[NotUnderstood]]
) -> None:
    found, refusals = into
    for held in matcher.matches(rule.pattern, start):
        try:
            document = rule.build(held)
        except NotUnderstood as refusal:
            refusals.append(refusal)
            continue
        if document is not None and all(one.document != document for one in found):
            found.append(Reading(document, rule.cost + held[COST]))


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
