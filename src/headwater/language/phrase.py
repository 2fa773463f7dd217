"""One text being read, and what is known while reading: the words of this workspace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from headwater.language.inflection import Form
from headwater.language.tokens import Token
from headwater.language.vocabulary import EventWord, Way
from headwater.language.writing import said_as


class Words:
    """The words of a workspace: the grammar's own, and what the workspace added.

    Attributes:
        verbs: every form of every verb.
        ways: how events are said, by verb.
        things: what events are called as things, by noun.
        known: all words of the grammar; whoever is called so must be named by an id.
        definitions: words whose meaning is the business's, as conditions (JSON).
        plans: names of plans (tiers), lower case.
        destinations: names that destinations go by, lower case, and their types.
        audiences: names and keys of the workspace's audiences, lower case, and their keys.
    """

    def __init__(
        self,
        *,
        verbs: Mapping[str, Form],
        ways: Mapping[str, Sequence[tuple[Way, EventWord]]],
        things: Mapping[str, EventWord],
        known: frozenset[str],
        definitions: Mapping[str, Mapping[str, Any]],
        plans: frozenset[str],
        destinations: Mapping[str, str],
        audiences: Mapping[str, str] | None = None,
    ) -> None:
        self.verbs = verbs
        self.ways = ways
        self.things = things
        self.known = known
        self.definitions = definitions
        self.plans = plans
        self.destinations = destinations
        self.audiences = audiences or {}
        self.longest_thing = max((name.count(" ") + 1 for name in things), default=1)


class Phrase:
    """A text's tokens, and how far any rule got with them.

    Attributes:
        text: as it was given.
        tokens: without line breaks at its ends.
        today: the day of speaking, in the workspace's zone.
        farthest: the first token that no rule got beyond.
        slot_costs: how far-fetched a part of speech was, by its kind and place; else 0.
        guesses: stretches that were taken for something nobody has named before.
        doubts: names behind "from" that could be a channel, an account or a country.
        takes_from: which of the three they are taken for.
        allows_new_verbs: whether any word that ends like a past tense may be one.
    """

    def __init__(self, text: str, tokens: Sequence[Token], words: Words, *, today: date) -> None:
        self.text = text
        self.tokens = tokens
        self.words = words
        self.today = today
        self.farthest = 0
        self.slot_costs: dict[tuple[str, int, int], int] = {}
        self.guesses: set[tuple[int, int]] = set()
        self.doubts: set[tuple[int, int]] = set()
        self.takes_from = "source"
        self.allows_new_verbs = False

    def low(self, at: int) -> str:
        """Answer a token's word in lower case; nothing beyond the end."""
        return self.tokens[at].low if at < len(self.tokens) else ""

    def kind(self, at: int) -> str:
        """Answer a token's kind; nothing beyond the end."""
        return self.tokens[at].kind if at < len(self.tokens) else ""

    def reached(self, at: int) -> None:
        """Remember that everything before this token made sense to some rule."""
        self.farthest = max(self.farthest, at)

    def form(self, at: int) -> Form | None:
        """Answer the verb that a token is a form of."""
        if at >= len(self.tokens) or self.tokens[at].kind != "word":
            return None
        return self.words.verbs.get(self.tokens[at].low)

    def said(self, start: int, end: int) -> str:
        """Answer a stretch of the text as it stands there."""
        if start >= end or start >= len(self.tokens):
            return ""
        return self.text[self.tokens[start].start : self.tokens[min(end, len(self.tokens)) - 1].end]

    def lines(self) -> Iterator[tuple[int, int]]:
        """Answer where each line begins and ends."""
        start = 0
        for at, token in enumerate(self.tokens):
            if token.kind == "newline":
                yield start, at
                start = at + 1
        yield start, len(self.tokens)


def names_of(tokens: Sequence[Token]) -> tuple[str, Any]:
    """Answer how to ask for what tokens name: an operator and its value.

    A word is looked for in all the ways that it is written; a bound value only as it is, so that
    no value can make a plan another one.
    """
    value = value_of(tokens)
    if any(token.kind == "bound" for token in tokens) or not isinstance(value, str):
        return "equals", value
    return "one_of", said_as(value)


def is_bound(tokens: Sequence[Token]) -> bool:
    """Tell whether a bound value is among tokens."""
    return any(token.kind == "bound" for token in tokens)


def value_of(tokens: Sequence[Token]) -> Any:
    """Answer what a few tokens mean as a value: a typed one as it is, several as their text."""
    if len(tokens) == 1:
        one = tokens[0]
        if one.kind in {"bound", "quoted", "number", "phone", "reference"}:
            return one.value
        return one.text
    parts: list[str] = []
    last_end = None
    for token in tokens:
        text = str(token.value) if token.kind in {"bound", "quoted"} else token.text
        if parts and last_end != token.start:
            parts.append(" ")
        parts.append(text)
        last_end = token.end
    return "".join(parts)
