"""What to say of a text that no rule understands: the part that was not, and what is near."""

from __future__ import annotations

from collections.abc import Collection

from headwater.language.inflection import singular
from headwater.language.phrase import Phrase
from headwater.language.refusal import NotUnderstood
from headwater.language.spelling import near
from headwater.language.statements import Grammar

_FACT_EXAMPLES = (
    "user-123 signed up from Google Ads",
    "user-123 completed order #456 revenue $99.99",
    "alice@example.com is on the Pro plan",
)
_MOST_WORDS = 8
_OFFERED = 3


def not_understood(phrase: Phrase, grammar: Grammar, vocabulary: Collection[str]) -> NotUnderstood:
    """Answer the error for a phrase that nothing fits."""
    start = min(phrase.farthest, len(phrase.tokens) - 1)
    end = min(len(phrase.tokens), start + _MOST_WORDS)
    newline = next((at for at in range(start, end) if phrase.kind(at) == "newline"), end)
    part = phrase.said(start, max(newline, start + 1))
    nearest = nearest_examples(phrase, grammar)
    offers = ", ".join(f"'{one}'" for one in nearest)
    if phrase.farthest >= len(phrase.tokens):
        whole = phrase.said(0, len(phrase.tokens))[:80]
        message = f"'{whole}' is understood word by word, but says nothing whole."
    else:
        message = f"'{part}' is not understood{_hint(phrase, start, vocabulary)}."
    return NotUnderstood(f"{message} Understood are phrases like {offers}.",
                         part=part, nearest=nearest)  # fmt: skip


def _hint(phrase: Phrase, at: int, vocabulary: Collection[str]) -> str:
    words = near(phrase.low(at), vocabulary) if phrase.low(at) not in vocabulary else []
    return f" (did you mean '{words[0]}'?)" if words else ""


def nearest_examples(phrase: Phrase, grammar: Grammar) -> tuple[str, ...]:
    """Answer the examples that share most words with a phrase."""
    said = {singular(token.low) for token in phrase.tokens if token.kind == "word"}
    examples = dict.fromkeys([*(rule.example for rule in grammar.rules), *_FACT_EXAMPLES])

    def score(example: str) -> float:
        words = {singular(word.strip("?:,").lower()) for word in example.split()}
        return len(words & said) / len(words)

    ranked = sorted(examples, key=score, reverse=True)
    return tuple(ranked[:_OFFERED])
