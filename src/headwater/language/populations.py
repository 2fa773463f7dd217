"""Which people: `Pro users who haven't logged in for 30 days`, `cart abandoners from yesterday`.

    population := modifiers crowd tails
    modifiers  := (plan | definition | source | "audience")*
    tails      := (who clauses | whose … | with … | from … | on … | state | window | and tails)*

Every part is a condition; a stretch of time goes to the last part that is open for one.
"""

from __future__ import annotations

from headwater.language import population_parts as parts
from headwater.language.conditions import (
    Condition,
    all_of,
    any_of,
    did,
    is_open,
    later,
    not_,
    settled,
    with_window,
)
from headwater.language.definitions import SYNONYMS
from headwater.language.inflection import PERFECT, singular
from headwater.language.lexicon import CROWDS, DETERMINERS, NEGATIONS
from headwater.language.phrase import Phrase
from headwater.language.population_clauses import ends_of_clauses, read_clause_condition
from headwater.language.population_places import audience_at, place_at
from headwater.language.windows import window_at

_LEADING = DETERMINERS | {"all", "every", "each", "of", "currently", "those"}
_ABANDONERS = frozenset({"abandoners", "abandoner"})
_RELATIVES = frozenset({"who", "that", "which"})
_BEGINNINGS = frozenset({"starts", "begins", "ends"})
_AUDIENCES = frozenset({"audience", "segment", "cohort"})
_JOINTS = frozenset({"and", "but", "or", ",", "&"})


class Population:
    """Reads one population, from `at` to `end`; all of it, or nothing."""

    def __init__(self, phrase: Phrase, at: int, end: int) -> None:
        self.phrase = phrase
        self.at = at
        self.end = end
        self.conditions: list[Condition] = []
        self.is_alternative = False
        self.is_of_events = False

    def read(self) -> Condition | None:
        """Answer the condition, open windows at their defaults; None where it is none."""
        if not self._crowd():
            return None
        self.phrase.reached(self.at)
        while self.at < self.end:
            if not self._tail():
                return None
            self.phrase.reached(self.at)
        return settled(all_of(self.conditions))

    def _low(self, ahead: int = 0) -> str:
        return self.phrase.low(self.at + ahead) if self.at + ahead < self.end else ""

    def _add(self, condition: Condition) -> None:
        if self.is_alternative and self.conditions:
            self.conditions.append(any_of([self.conditions.pop(), condition]))
        else:
            self.conditions.append(condition)
        self.is_alternative = False

    def _crowd(self) -> bool:
        """Read up to the noun that says they are people."""
        modifiers: list[str] = []
        while self.at < self.end:
            low = self._low()
            is_those = low == "those" and self._low(1) in _RELATIVES
            is_group = self._low(1) == "of" and low in {"list", "group", "segment"}
            if (low in _LEADING and not is_those) or is_group:
                self.at += 1
            elif self._abandoners() or self._noun(low, modifiers):
                return True
            elif (found := parts.modifier_at(self.phrase, self.at, self.end)) is not None:
                modifiers.append(low)
                condition, self.at = found
                self._add(condition)
            else:
                return self._audience()
        return False

    def _audience(self) -> bool:
        """Read the name of an audience, which is people by itself."""
        if self._low() in _AUDIENCES and self.at + 1 < self.end:
            self.at += 1
        if not self._taken(audience_at(self.phrase, self.at, self.end)):
            return False
        if self._low() in CROWDS | _AUDIENCES:
            self.at += 1
        return True

    def _abandoners(self) -> bool:
        if self._low(1) not in _ABANDONERS or self._low() not in {"cart", "basket", "checkout"}:
            return False
        left = "abandoned checkout" if self._low() == "checkout" else "abandoned cart"
        self._add(dict(self.phrase.words.definitions[left]))
        self.at += 2
        return True

    def _noun(self, low: str, modifiers: list[str]) -> bool:
        if low in {"those", "ones"} and self._low(1) in _RELATIVES:
            self.at += 1
            return True
        definition = self.phrase.words.definitions.get(SYNONYMS.get(low, low))
        if low in CROWDS:
            if definition is not None:
                self._add(dict(definition))
            self.at += 1
            return True
        if singular(low) == low:
            return False
        if definition is not None:
            self._add(dict(definition))
        elif singular(low) in {"signup", "sign-up", "registration"}:
            if "new" not in modifiers:
                self._add(did("Signed Up"))
                self.is_of_events = True
        else:
            return False
        self.at += 1
        return True

    def _tail(self) -> bool:
        low = self._low()
        if low in _JOINTS:
            self.is_alternative = low == "or"
            self.at += 1
            return self.at < self.end
        if low in _RELATIVES:
            return self._clauses(self.at + 1)
        if low == "whose":
            return self._taken(parts.whose_at(self.phrase, self.at + 1, self._next_joint()))
        if low in {"with", "having", "without", "w/", "lacking"}:
            stop = self._next_joint()
            no = low in {"without", "lacking"}
            return self._taken(parts.having_at(self.phrase, self.at + 1, stop, negated=no))
        if low == "of" and self._taken(audience_at(self.phrase, self.at + 1, self.end)):
            return True
        return self._window() or self._state() or self._place() or self._participle()

    def _next_joint(self) -> int:
        """Answer where what begins here ends: before a joint that something new follows."""
        return next(
            (
                at
                for at in range(self.at + 1, self.end)
                if (self.phrase.low(at) in _JOINTS and at + 1 < self.end)
                or self.phrase.low(at) in _RELATIVES | {"without"}
                or (self.phrase.low(at) == "with" and self.phrase.low(at - 1) not in _BEGINNINGS)
            ),
            self.end,
        )

    def _taken(self, found: tuple[Condition, int] | None) -> bool:
        if found is None:
            return False
        condition, self.at = found
        self._add(condition)
        return True

    def _window(self) -> bool:
        found = window_at(self.phrase.tokens, self.at, self.end, today=self.phrase.today)
        if found is None:
            return False
        window, self.at = found
        for place in range(len(self.conditions) - 1, -1, -1):
            if is_open(self.conditions[place]):
                self.conditions[place] = with_window(self.conditions[place], window)
                return True
        self._add(with_window(did(None, call="any"), window))
        return True

    def _state(self) -> bool:
        """Read a state that stands behind its people: `inactive 14 days`, `not active`."""
        negated = self._low() in NEGATIONS
        start = self.at + 1 if negated else self.at
        while self.phrase.low(start) in {"are", "is", "were", "been", "currently"}:
            start += 1
        found = parts.state_at(self.phrase, start, self.end)
        if found is None:
            return False
        condition, stop = found
        return self._taken((not_(condition) if negated else condition, stop))

    def _place(self) -> bool:
        low = self._low()
        if low not in {"from", "on", "in", "via", "at", "through"}:
            return False
        stop = self._next_joint()
        return self._taken(place_at(self.phrase, self.at, stop))

    def _participle(self) -> bool:
        """Read `users signed up today`, and what follows a joint: `and never bought`."""
        form = self.phrase.form(self.at)
        if self._low() in NEGATIONS or (form is not None and PERFECT in form.tenses):
            return self._clauses(self.at)
        return form is not None and bool(self.conditions) and self._clauses(self.at)

    def _clauses(self, at: int) -> bool:
        for start, stop in ends_of_clauses(self.phrase, at, self.end):
            if self.phrase.low(start - 1) == "or" and start > at:
                self.is_alternative = True
            condition = read_clause_condition(self.phrase, start, stop)
            if condition is None:
                return False
            is_later = "then" in {self.phrase.low(start - 1), self.phrase.low(start)}
            ordered = (
                later(self.conditions[-1], condition) if is_later and self.conditions else None
            )
            if ordered is not None:
                self.conditions.pop()
            self._add(condition if ordered is None else ordered)
            self.phrase.reached(stop)
            self.at = stop
        return True


def read_people(phrase: Phrase, at: int, end: int) -> Condition | None:
    """Answer the condition that a stretch of a phrase is, or None where it names no people."""
    if at >= end:
        return None
    population = Population(phrase, at, end)
    condition = population.read()
    if condition is None:
        return None
    # "signups" are events first, and people if need be.
    cost = 2 if population.is_of_events else 0
    # "then" asks for an order, which funnels count by.
    cost += any(phrase.low(place) == "then" for place in range(at, end))
    cost += 3 * sum(at <= start and stop <= end for start, stop in phrase.guesses)
    for kind in ("people", "audience"):
        phrase.slot_costs[kind, at, end] = cost
    return condition
