"""What a prompt for plain language offers: words to complete, examples to look at."""

from __future__ import annotations

from headwater.language.grammar import the_grammar
from headwater.language.things import PAGE_VIEWS
from headwater.language.vocabulary import by_noun, event_words


def examples() -> list[str]:
    """Answer a phrase for each thing that can be said."""
    return list(dict.fromkeys(rule.example for rule in the_grammar().rules))


def words() -> list[str]:
    """Answer the words that the tab key completes."""
    things = {word for name in by_noun(event_words()) for word in name.split()}
    return sorted(the_grammar().words() | things | PAGE_VIEWS)
