"""Conditions compiled to functions: once for each version of a workspace's configuration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from headwater.audiences import compiling_events
from headwater.audiences.comparing import MOVING, question
from headwater.audiences.comparisons import AllOf, Comparison, Filter, NoneOf, look_up, steps
from headwater.audiences.conditions import (
    AccountCondition,
    AggregateCondition,
    And,
    AudienceCondition,
    Condition,
    ConsentCondition,
    EventCondition,
    Everyone,
    Not,
    OccurrenceCondition,
    Or,
    SequenceCondition,
    TraitCondition,
)
from headwater.audiences.features_moments import Consent
from headwater.audiences.scope import Answer, Check, PersonView, Scope


def compile_condition(condition: Condition, scope: Scope) -> Check:
    """Answer the function that a condition is; what it looks at is noted in the scope."""
    compiled: Callable[[Any, Scope], Check] = _COMPILERS[type(condition)]
    return compiled(condition, scope)


def _everyone(_condition: Everyone, _scope: Scope) -> Check:
    return lambda _person, _now: (True, None)


def _and(condition: And, scope: Scope) -> Check:
    inner = [compile_condition(one, scope) for one in condition.conditions]
    return lambda person, now: combined([check(person, now) for check in inner], sought=False)


def _or(condition: Or, scope: Scope) -> Check:
    inner = [compile_condition(one, scope) for one in condition.conditions]
    return lambda person, now: combined([check(person, now) for check in inner], sought=True)


def combined(answers: list[Answer], *, sought: bool) -> Answer:
    """Answer an `or` (one that is true is sought) or an `and` (one that is false is).

    As long as some are as sought, the whole stays as it is until all of those have changed; so the
    last of their changes is the first that may matter. If none is, any change may.
    """
    found = [change for truth, change in answers if truth is sought]
    if found:
        last = None if None in found else max(change for change in found if change is not None)
        return sought, last
    return not sought, min((one for _, one in answers if one is not None), default=None)


def _not(condition: Not, scope: Scope) -> Check:
    inner = compile_condition(condition.condition, scope)

    def check(person: PersonView, now: int) -> Answer:
        truth, change = inner(person, now)
        return not truth, change

    return check


def _trait(condition: TraitCondition, scope: Scope) -> Check:
    name, *rest = steps(condition.path)
    path = tuple(rest)
    ask = question(condition.operator, condition.value, scope.zone)
    scope.needs.traits.add(name)
    scope.moves(does=condition.operator in MOVING)
    if not path:
        return lambda person, now: ask(person.trait(name), now)
    return lambda person, now: ask(look_up(person.trait(name), path), now)


def _aggregate(condition: AggregateCondition, scope: Scope) -> Check:
    ask = question(condition.operator, condition.value, scope.zone)
    figure, feature = compiling_events.aggregate(condition, scope)
    rising = condition.operator in {"at_least", "greater_than"} and condition.function in _FALLING

    def check(person: PersonView, now: int) -> Answer:
        value, change = figure(person, now)
        if isinstance(value, Decimal):
            value = _comparable(value)
        truth = ask(value, now)[0]
        if rising and change is not None and not truth:
            state = person.feature(feature.id)
            if feature.only_loses(state, now):
                change = None
        return truth, change

    return check


_FALLING = {"sum", "maximum", "count_distinct"}
"""Figures that only fall as events leave the window; of sums those over no negative number."""


def _comparable(value: Decimal) -> int | float:
    """Answer the number nearest to a decimal; conditions are written in numbers of JSON, too."""
    return int(value) if value == value.to_integral_value() else float(value)


def _account(condition: AccountCondition, scope: Scope) -> Check:
    scope.needs.accounts = True
    scope.moves(does=True)  # where none of its questions does, this only costs a look
    asks = [_asking(one, scope.zone) for one in condition.where]

    def check(person: PersonView, now: int) -> Answer:
        answers = [
            combined([ask(traits, now) for ask in asks], sought=False)
            for group, traits in person.accounts()
            if condition.group is None or group == condition.group
        ]
        return combined(answers, sought=True)

    return check


def _asking(one: Filter, zone: str) -> Callable[[Mapping[str, Any], int], Answer]:
    """Answer what asks a filter of traits: unlike an event's, they are seen as of now."""
    if isinstance(one, Comparison):
        names, ask = steps(one.path), question(one.operator, one.value, zone)
        return lambda traits, now: ask(look_up(traits, names), now)
    inner = [_asking(each, zone) for each in one.filters]
    sought = not isinstance(one, AllOf)
    negated = isinstance(one, NoneOf)

    def check(traits: Mapping[str, Any], now: int) -> Answer:
        truth, change = combined([ask(traits, now) for ask in inner], sought=sought)
        return truth is not negated, change

    return check


def _consent(condition: ConsentCondition, scope: Scope) -> Check:
    feature = Consent()
    scope.need(feature)
    wanted = {"granted": True, "refused": False, "unknown": None}[condition.state]

    def check(person: PersonView, _now: int) -> Answer:
        state = person.feature(feature.id)
        preferences = {} if state is None else state[2]
        return preferences.get(condition.category) is wanted, None

    return check


def _audience(condition: AudienceCondition, scope: Scope) -> Check:
    id_ = scope.audience_ids.get(condition.audience, condition.audience)
    scope.needs.audiences.add(id_)
    return lambda person, _now: (person.member(id_) is condition.member, None)


_COMPILERS: dict[type, Callable[[Any, Scope], Check]] = {
    Everyone: _everyone,
    And: _and,
    Or: _or,
    Not: _not,
    TraitCondition: _trait,
    EventCondition: compiling_events.count,
    SequenceCondition: compiling_events.sequence,
    AggregateCondition: _aggregate,
    OccurrenceCondition: compiling_events.occurrence,
    AccountCondition: _account,
    ConsentCondition: _consent,
    AudienceCondition: _audience,
}
