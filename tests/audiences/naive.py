"""The oracle: conditions by their definition, from a person's whole history, with no state."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from headwater.audiences import comparisons as c
from headwater.audiences import conditions as k

MS = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}


def span(text: str) -> int:
    """Answer a duration's milliseconds."""
    return int(text[:-1]) * MS[text[-1]]


@dataclass
class History:
    """All of one person. Events are in Segment's shape with `at` in milliseconds beside."""

    zone: str
    events: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    traits: dict[str, Any] = field(default_factory=dict)
    accounts: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    members: set[str] = field(default_factory=set)

    def local(self, at: int) -> date:
        """Answer the date at a time."""
        return datetime.fromtimestamp(at / 1000, ZoneInfo(self.zone)).date()

    def moment(self, text: str) -> int:
        """Answer the milliseconds of a date or time."""
        read = datetime.fromisoformat(text)
        if read.tzinfo is None:
            read = read.replace(tzinfo=ZoneInfo(self.zone))
        return round(read.timestamp() * 1000)


def unit(name: str, day: date) -> tuple[int, ...]:
    """Answer what all days of the same unit have in common."""
    if name == "day":
        return (day.toordinal(),)
    if name == "week":
        return ((day - timedelta(days=day.weekday())).toordinal() // 7,)
    if name == "month":
        return (day.year * 12 + day.month,)
    if name == "quarter":
        return (day.year * 4 + (day.month + 2) // 3,)
    return (day.year,)


def number(value: Any) -> bool:
    """Tell whether it is a number of JSON."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def equal(one: Any, other: Any) -> bool:
    """Tell whether two values of JSON are the same."""
    return (type(one) is type(other) and one == other) or (
        number(one) and number(other) and one == other
    )


def get(value: Any, path: str) -> Any:
    """Answer what is at a dotted path."""
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def asked(history: History, held: Any, operator: str, value: Any, now: int) -> bool:  # noqa: C901, PLR0911, PLR0912 - the whole table
    """Answer one operator."""
    if operator == "absent":
        return held is None
    if held is None:
        return False
    listed = isinstance(held, list)
    match operator:
        case "exists":
            return True
        case "equals":
            return equal(held, value)
        case "not_equals":
            return not equal(held, value)
        case "one_of":
            return any(equal(held, one) for one in value)
        case "none_of":
            return not any(equal(held, one) for one in value)
        case "greater_than":
            return number(held) and held > value
        case "at_least":
            return number(held) and held >= value
        case "less_than":
            return number(held) and held < value
        case "at_most":
            return number(held) and held <= value
        case "between":
            return number(held) and value[0] <= held <= value[1]
        case "contains":
            return isinstance(held, str) and value in held
        case "not_contains":
            return isinstance(held, str) and value not in held
        case "starts_with":
            return isinstance(held, str) and held.startswith(value)
        case "ends_with":
            return isinstance(held, str) and held.endswith(value)
        case "matches":
            signs = {"*": ".*", "?": "."}
            pattern = "".join(signs.get(sign) or re.escape(sign) for sign in value)
            return isinstance(held, str) and bool(re.fullmatch(pattern, held, re.DOTALL))
        case "includes":
            return listed and any(equal(one, value) for one in held)
        case "not_includes":
            return listed and not any(equal(one, value) for one in held)
        case "includes_any":
            return listed and any(equal(one, two) for one in held for two in value)
        case "includes_all":
            return listed and all(any(equal(one, two) for one in held) for two in value)
    if number(held):
        at = int(held * 1000 if abs(held) <= 20_000_000_000 else held)
    elif isinstance(held, str):
        try:
            at = history.moment(held)
        except ValueError:
            return False
    else:
        return False
    match operator:
        case "before":
            return at < history.moment(value)
        case "after":
            return at > history.moment(value)
        case "within_last":
            return now - span(value) < at <= now
        case "before_last":
            return at <= now - span(value)
        case "within_next":
            return now < at <= now + span(value)
        case "after_next":
            return at > now + span(value)
        case "in_period":
            word, _, name = value.partition("_")
            offset = {"yesterday": -1, "tomorrow": 1, "last": -1, "next": 1}.get(word, 0)
            name = name or "day"
            return unit(name, history.local(at))[0] == unit(name, history.local(now))[0] + offset
    raise AssertionError(operator)


def fits(history: History, one: c.Filter, event: dict[str, Any], at: int) -> bool:
    """Answer a filter of an event."""
    if isinstance(one, c.Comparison):
        return asked(history, get(event, one.path), one.operator, one.value, at)
    inner = [fits(history, each, event, at) for each in one.filters]
    if isinstance(one, c.AllOf):
        return all(inner)
    return any(inner) if isinstance(one, c.AnyOf) else not any(inner)


def selected(history: History, selector: k.EventSelector) -> list[tuple[int, dict[str, Any]]]:
    """Answer the events that a selector means, by time and messageId."""
    found = []
    for at, event in history.events:
        if event["messageId"].startswith("audience:"):
            continue
        if selector.call not in {"any", event["type"]}:
            continue
        named = event.get("event") if event["type"] == "track" else event.get("name")
        if selector.name is not None and selector.name != named:
            continue
        if all(fits(history, one, event, at) for one in selector.where):
            found.append((at, event))
    return sorted(found, key=lambda one: (one[0], one[1]["messageId"]))


def windowed(
    history: History, events: list[tuple[int, dict[str, Any]]], window: k.Window | None, now: int
) -> list[tuple[int, dict[str, Any]]] | None:
    """Answer the events inside a window; None where the window has not begun."""
    match window:
        case None:
            return events
        case k.Rolling(last=last, skip=skip):
            return [
                (at, event)
                for at, event in events
                if now - span(last) < at and (skip is None or at <= now - span(skip))
            ]
        case k.Between(since=since, until=until):
            start = -(10**18) if since is None else history.moment(since)
            end = 10**18 if until is None else history.moment(until)
            if until is not None and len(until) == 10:
                end = history.moment(str(date.fromisoformat(until) + timedelta(days=1)))
            return [(at, event) for at, event in events if start <= at < end]
        case k.Calendar(unit=name, ago=ago, span=units):
            newest = unit(name, history.local(now))[0] - ago
            return [
                (at, event)
                for at, event in events
                if newest - units < unit(name, history.local(at))[0] <= newest
            ]
        case k.SinceEvent(event=selector, which=which):
            anchors = [at for at, _ in selected(history, selector)]
            if not anchors:
                return None
            since_at = anchors[-1] if which == "last" else anchors[0]
            return [(at, event) for at, event in events if at > since_at]
    raise AssertionError(window)


def figure(function: str, values: list[Any]) -> Any:
    """Answer an aggregate, exactly."""
    numbers = [Fraction(repr(one)) for one in values if number(one)]
    if function == "sum":
        return sum(numbers)
    if function == "count_distinct":
        scalars = [one for one in values if isinstance(one, (str, bool, int, float))]
        return len({(isinstance(one, bool), one) for one in scalars})
    if not numbers:
        return None
    if function == "average":
        return sum(numbers) / len(numbers)
    return min(numbers) if function == "minimum" else max(numbers)


def chained(history: History, condition: k.SequenceCondition, now: int) -> bool:
    """Tell whether the steps can be chosen, by trying all choices."""
    choices = []
    for step in condition.steps:
        inside = windowed(history, selected(history, step.event), condition.window, now)
        choices.append([at for at, _ in inside or []])

    def from_step(number_: int, before: int) -> bool:
        if number_ == len(choices):
            return True
        step = condition.steps[number_]
        for at in choices[number_]:
            if number_ and (at <= before or (step.within and at - before > span(step.within))):
                continue
            between = [
                one
                for selector in step.without
                for one, _ in selected(history, selector)
                if before < one < at
            ]
            if (not number_ or not between) and from_step(number_ + 1, at):
                return True
        return False

    return from_step(0, -1)


def truth(history: History, condition: k.Condition, now: int) -> bool:  # noqa: C901, PLR0911, PLR0912 - the whole table
    """Answer a condition at an instant."""
    match condition:
        case k.Everyone():
            return True
        case k.And(conditions=inner):
            return all(truth(history, one, now) for one in inner)
        case k.Or(conditions=inner):
            return any(truth(history, one, now) for one in inner)
        case k.Not(condition=one):
            return not truth(history, one, now)
        case k.TraitCondition(path=path, operator=operator, value=value):
            return asked(history, get(history.traits, path), operator, value, now)
        case k.EventCondition(event=selector, comparison=comparison, count=count, window=window):
            inside = windowed(history, selected(history, selector), window, now)
            if inside is None:
                return False
            counted = len(inside)
            return {
                "at_least": counted >= count,
                "at_most": counted <= count,
                "exactly": counted == count,
            }[comparison]
        case k.SequenceCondition():
            return chained(history, condition, now)
        case k.AggregateCondition():
            inside = windowed(history, selected(history, condition.event), condition.window, now)
            if inside is None:
                return False
            held = figure(condition.function, [get(one, condition.property) for _, one in inside])
            if held is not None and condition.function != "count_distinct":
                held = float(held)
            return asked(history, held, condition.operator, condition.value, now)
        case k.OccurrenceCondition():
            found = selected(history, condition.event)
            if not found:
                return False
            at, event = found[-1 if condition.which == "last" else 0]
            return bool(windowed(history, [(at, event)], condition.window, now)) and all(
                fits(history, one, event, at) for one in condition.where
            )
        case k.AccountCondition(where=where, group=group):
            return any(
                group in {None, id_} and all(fits(history, one, traits, now) for one in where)
                for id_, traits in history.accounts
            )
        case k.ConsentCondition(category=category, state=state):
            said = [
                (at, event["messageId"], preferences)
                for at, event in history.events
                if (preferences := get(event, "context.consent.categoryPreferences")) is not None
            ]
            latest = max(said)[2] if said else {}
            said_of_it = latest.get(category)
            return {True: "granted", False: "refused", None: "unknown"}[said_of_it] == state
        case k.AudienceCondition(audience=audience, member=member):
            return (audience in history.members) is member
    raise AssertionError(condition)
