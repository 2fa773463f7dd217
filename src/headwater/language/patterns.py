"""A small notation for what can be said, and its matcher.

    (link|connect) <first:who> (to|with) <second:who>

is a word of the first list, somebody, a word of the second, somebody. What `?` follows may be
left out; in lists, words may have blanks (`(at risk of|likely to)`). `<name:kind>` is a part of
speech that takes as many tokens as it needs (`slots.py`): every way to divide the text is tried,
and what a part cannot read to its very end it does not read at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from headwater.language.phrase import Phrase

Captures = Mapping[str, Any]
SlotReader = Callable[[Phrase, int, int], Any]


COST = "the cost of slots"
"""Where captures hold how far-fetched their parts are, all together."""


class Word(NamedTuple):
    """One of several words or sequences of words; or none, if it may be left out.

    Attributes:
        choices: by their first words, the longest first: what it leaves over is the next
            element's.
    """

    choices: Mapping[str, tuple[tuple[str, ...], ...]]
    is_optional: bool


class Slot(NamedTuple):
    """A part of speech."""

    name: str
    kind: str
    is_optional: bool


Element = Word | Slot
Pattern = tuple[Element, ...]

_PIECE = r"(?:<(\w+):(\w+)>|\(([^)]+)\)|([\w'&-]+))(\?)?(?=\s|$)"


def compiled(text: str) -> Pattern:
    """Answer the elements of a pattern.

    Raises:
        ValueError: it is not in the notation.
    """
    elements: list[Element] = []
    at = 0
    for piece in re.finditer(_PIECE, text):
        if text[at : piece.start()].strip():
            break
        at = piece.end()
        name, kind, several, one, optional = piece.groups()
        if name:
            elements.append(Slot(name, kind, optional is not None))
        else:
            words = (several or one).split("|")
            elements.append(Word(_by_first_word(words), optional is not None))
    if text[at:].strip():
        raise ValueError(f"{text!r}: {text[at:]!r} is not in the notation")
    return tuple(elements)


def _by_first_word(words: Sequence[str]) -> dict[str, tuple[tuple[str, ...], ...]]:
    found: dict[str, list[tuple[str, ...]]] = {}
    for word in sorted((tuple(word.split()) for word in words), key=len, reverse=True):
        found.setdefault(word[0], []).append(word)
    return {first: tuple(choices) for first, choices in found.items()}


def needed_words(pattern: Pattern) -> tuple[frozenset[str], ...]:
    """Answer sets of words, of each of which one must be in a text that fits a pattern."""
    return tuple(
        frozenset(element.choices)
        for element in pattern
        if isinstance(element, Word) and not element.is_optional
    )


def first_words(pattern: Pattern) -> frozenset[str] | None:
    """Answer the words that a pattern may begin with; None where that may be anything."""
    found: set[str] = set()
    for element in pattern:
        if isinstance(element, Slot):
            return None
        found.update(element.choices)
        if not element.is_optional:
            return frozenset(found)
    return None


class Matcher:
    """Matches patterns with one phrase, up to `end`; parts that were read once are kept."""

    def __init__(self, phrase: Phrase, slots: Mapping[str, SlotReader], *, end: int) -> None:
        self.phrase = phrase
        self._slots = slots
        self._end = end
        self._lows = [token.low for token in phrase.tokens[:end]]
        self._read: dict[tuple[str, int, int], Any] = {}

    def matches(self, pattern: Pattern, at: int) -> Iterator[dict[str, Any]]:
        """Answer what the slots of a pattern hold, for every way that it fits the whole text."""
        yield from self._from(pattern, 0, at, {COST: 0})

    def _from(
        self, pattern: Pattern, index: int, at: int, held: dict[str, Any]
    ) -> Iterator[dict[str, Any]]:
        if index == len(pattern):
            if at == self._end:
                yield held
            return
        element = pattern[index]
        if isinstance(element, Word):
            stop = self._word(element, at)
            if stop is not None:
                self.phrase.reached(stop)
                yield from self._from(pattern, index + 1, stop, held)
            if element.is_optional:
                yield from self._from(pattern, index + 1, at, held)
            return
        for stop in self._stops(pattern, index + 1, at):
            value = self.slot(element.kind, at, stop)
            if value is not None:
                cost = held[COST] + self.phrase.slot_costs.get((element.kind, at, stop), 0)
                kept = {**held, element.name: value, COST: cost}
                yield from self._from(pattern, index + 1, stop, kept)
        if element.is_optional:
            yield from self._from(pattern, index + 1, at, held)

    def slot(self, kind: str, at: int, stop: int) -> Any:
        """Answer what a part of speech reads there, from its beginning to its very end."""
        key = (kind, at, stop)
        if key not in self._read:
            self._read[key] = self._slots[kind](self.phrase, at, stop)
        return self._read[key]

    def _word(self, element: Word, at: int) -> int | None:
        choices = element.choices.get(self._lows[at]) if at < self._end else None
        for choice in choices or ():
            stop = at + len(choice)
            if len(choice) == 1 or tuple(self._lows[at:stop]) == choice:
                return stop
        return None

    def _stops(self, pattern: Pattern, index: int, at: int) -> Sequence[int]:
        """Answer where a slot may end: where what follows it can begin."""
        if index == len(pattern):
            return (self._end,) if at < self._end else ()
        following = pattern[index]
        if isinstance(following, Word) and not following.is_optional:
            return [
                stop for stop in range(at + 1, self._end) if self._word(following, stop) is not None
            ]
        return range(self._end, at, -1)
