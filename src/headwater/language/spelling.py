"""One slip of the keyboard: the words of the grammar that are one letter away."""

from __future__ import annotations

from collections.abc import Collection, Iterator

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_SHORTEST = 4


def near(word: str, vocabulary: Collection[str]) -> list[str]:
    """Answer the words that one letter more, less, other or swapped makes of a word, sorted.

    Words under four letters are left alone: too many others are near.
    """
    if len(word) < _SHORTEST or not (word.isascii() and word.replace("'", "").isalpha()):
        return []
    return sorted({one for one in _slips(word) if one in vocabulary and len(one) >= _SHORTEST})


def _slips(word: str) -> Iterator[str]:
    for place in range(len(word) + 1):
        before, after = word[:place], word[place:]
        if after:
            yield before + after[1:]
        if len(after) > 1:
            yield before + after[1] + after[0] + after[2:]
        for letter in _LETTERS:
            yield before + letter + after
            if after:
                yield before + letter + after[1:]
