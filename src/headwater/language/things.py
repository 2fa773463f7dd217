"""Events that are named as things: `signups`, `page view`, `api call`."""

from __future__ import annotations

from headwater.language.phrase import Phrase
from headwater.language.vocabulary import EventWord

PAGE_VIEWS = frozenset({"page view", "page views", "pageview", "page visit", "screen view"})


def thing_at(phrase: Phrase, at: int, end: int) -> tuple[str, EventWord | None, int]:
    """Answer the longest event or page view that is named as a thing here, and what is behind."""
    for width in range(min(phrase.words.longest_thing, end - at), 0, -1):
        name = " ".join(phrase.low(place) for place in range(at, at + width))
        if name in PAGE_VIEWS:
            return name, None, at + width
        if (word := phrase.words.things.get(name)) is not None:
            return name, word, at + width
    return "", None, at
