"""What can be said besides facts: rules of a pattern and the plan that it becomes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from headwater.language.patterns import Pattern, Word, compiled, first_words, needed_words
from headwater.language.reading import Document
from headwater.language.refusal import NotUnderstood
from headwater.language.subjects import Subject
from headwater.language.windows import Window

Build = Callable[[Mapping[str, Any]], Document | None]


class Rule(NamedTuple):
    """One way to say something.

    Attributes:
        pattern: what is said.
        build: makes the plan of what the slots hold; None where they do not go together.
        cost: how far-fetched the rule is beside others that fit the same text.
        example: a phrase of its kind, offered where something near was not understood.
        needs: sets of words, of each of which a text must have one.
    """

    pattern: Pattern
    build: Build
    cost: int
    example: str
    needs: tuple[frozenset[str], ...]


class Grammar:
    """Rules by the words that they begin with."""

    def __init__(self) -> None:
        self._by_word: dict[str, list[Rule]] = {}
        self._open: list[Rule] = []
        self.rules: list[Rule] = []

    def add(self, patterns: str, build: Build, *, example: str, cost: int = 0) -> None:
        """Add a rule for each line of patterns."""
        for line in patterns.strip().splitlines():
            pattern = compiled(line.strip())
            rule = Rule(pattern, build, cost, example, needed_words(pattern))
            self.rules.append(rule)
            words = first_words(rule.pattern)
            if words is None:
                self._open.append(rule)
            else:
                for word in words:
                    self._by_word.setdefault(word, []).append(rule)

    def rules_for(self, word: str) -> list[Rule]:
        """Answer the rules that a text beginning with a word may follow."""
        return [*self._by_word.get(word, ()), *self._open]

    def words(self) -> frozenset[str]:
        """Answer every word that stands in a rule."""
        return frozenset(
            word
            for rule in self.rules
            for element in rule.pattern
            if isinstance(element, Word)
            for choices in element.choices.values()
            for choice in choices
            for word in choice
        )


def range_json(window: Window | None) -> dict[str, Any] | None:
    """Answer a stretch of time as questions have them."""
    if window is None:
        return None
    if window.kind == "between":
        since = window.since or "1970-01-01"
        return {"since": since} | ({"until": window.until} if window.until else {})
    if window.unit in {"minute", "second"}:
        return {"last": 1, "unit": "hour"}
    if window.kind == "this":
        return {"this": window.unit}
    if window.kind == "previous" or (window.kind == "ago" and window.number == 1):
        return {"previous": window.unit}
    if window.kind == "ago":
        raise NotUnderstood(
            "Questions are about stretches of time, such as 'yesterday', 'last week' or "
            "'last 30 days'."
        )
    return {"last": window.number, "unit": window.unit}


def over(window: Window | None) -> dict[str, Any]:
    """Answer the field `over`, where a stretch of time was said."""
    found = range_json(window)
    return {} if found is None else {"over": found}


def exact(subject: Subject, act: str) -> str:
    """Answer the identifier of somebody whom an act needs exactly.

    Raises:
        NotUnderstood: it is a bare name, which could be several people's.
    """
    if not subject.is_exact:
        name = subject.id.partition(":")[2]
        raise NotUnderstood(
            f"{act} needs exact ids, and {name!r} is only a name; say the id, the email or the "
            f"phone number, such as user_id:{name}.",
            part=name,
            nearest=(f"user_id:{name}",),
        )
    if ":" not in subject.id and act != "Sending":
        raise NotUnderstood(f"{act} needs exact ids, not 'each' or the current visitor.")
    return subject.id
