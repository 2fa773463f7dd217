"""Conditions on a person: one typed tree, all of it frozen values.

Made in Python by these constructors, or read from JSON by `conditions_reading.read`. Times in the
tree are texts as people write them (`7d`, `2026-01-31`); `periods` and `calendar` read them, dates
without a zone in the workspace's. An event's time is its `timestamp`, never when it arrived.

Headwater's own `Audience Entered` and `Audience Exited` are no events to conditions; ask for
membership instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from headwater.audiences.comparisons import (
    Filter,
    NumberOperator,
    Operator,
    check_value,
    exact,
    frozen,
    steps,
)
from headwater.audiences.periods import is_duration
from headwater.audiences.selection import (
    Between,
    Calendar,
    Call,
    EventSelector,
    Rolling,
    SinceEvent,
    Unit,
    Which,
    Window,
)

__all__ = [
    "AccountCondition", "AggregateCondition", "And", "AudienceCondition", "Between", "Calendar",
    "Call", "Condition", "ConsentCondition", "EventCondition", "EventSelector", "Everyone", "Leaf",
    "Not", "OccurrenceCondition", "Or", "Rolling", "SequenceCondition", "SinceEvent", "Step",
    "TraitCondition", "Unit", "Which", "Window", "children", "leaves", "walk",
]  # fmt: skip

CountComparison = Literal["at_least", "at_most", "exactly"]
AggregateFunction = Literal["sum", "average", "minimum", "maximum", "count_distinct"]
ConsentState = Literal["granted", "refused", "unknown"]

_MOST_STEPS = 10
_MOST_TIMES = 10_000


@exact
@dataclass(frozen=True, slots=True)
class Everyone:
    """True of everybody."""

    type: Literal["everyone"] = "everyone"


@exact
@dataclass(frozen=True, slots=True)
class And:
    """All of these are true."""

    conditions: tuple[Condition, ...]
    type: Literal["and"] = "and"

    def __post_init__(self) -> None:
        _require_some(self.conditions)


@exact
@dataclass(frozen=True, slots=True)
class Or:
    """At least one of these is true."""

    conditions: tuple[Condition, ...]
    type: Literal["or"] = "or"

    def __post_init__(self) -> None:
        _require_some(self.conditions)


@exact
@dataclass(frozen=True, slots=True)
class Not:
    """This is not true."""

    condition: Condition
    type: Literal["not"] = "not"


@exact
@dataclass(frozen=True, slots=True)
class TraitCondition:
    """A question about a trait, computed ones included; `path` may lead into it."""

    path: str
    operator: Operator
    value: Any = None
    type: Literal["trait"] = "trait"

    def __post_init__(self) -> None:
        steps(self.path)
        check_value(self.operator, self.value)
        object.__setattr__(self, "value", frozen(self.value))


@exact
@dataclass(frozen=True, slots=True)
class EventCondition:
    """How often something happened; did: at least once; did not: exactly 0 times."""

    event: EventSelector
    comparison: CountComparison = "at_least"
    count: int = 1
    window: Window | None = None
    type: Literal["event"] = "event"

    def __post_init__(self) -> None:
        if not 0 <= self.count <= _MOST_TIMES:
            raise ValueError(f"count: should be 0 to {_MOST_TIMES:,}.")


@exact
@dataclass(frozen=True, slots=True)
class Step:
    """One event of a sequence.

    Attributes:
        within: at most so long after the step before it; None is any time.
        without: none of these strictly between the step before it and this one.
    """

    event: EventSelector
    within: str | None = None
    without: tuple[EventSelector, ...] = ()

    def __post_init__(self) -> None:
        if self.within is not None and not is_duration(self.within):
            raise ValueError(f"within: {self.within!r} is not a duration, such as '7d' or '12h'.")


@exact
@dataclass(frozen=True, slots=True)
class SequenceCondition:
    """Events that happened in this order, each strictly later than the one before.

    It is true if there is any such choice of events, all of them inside the window.
    """

    steps: tuple[Step, ...]
    window: Window | None = None
    type: Literal["sequence"] = "sequence"

    def __post_init__(self) -> None:
        if not 2 <= len(self.steps) <= _MOST_STEPS:
            raise ValueError(f"steps: should be 2 to {_MOST_STEPS}.")
        if self.steps[0].within is not None or self.steps[0].without:
            raise ValueError("steps[0]: nothing is before the first; leave within and without out.")


@exact
@dataclass(frozen=True, slots=True)
class AggregateCondition:
    """A figure over a property of events.

    Attributes:
        function: `sum`, `average`, `minimum` and `maximum` look at numbers alone and leave out
            events whose property is none; `count_distinct` counts texts, numbers and booleans.
            Over nothing, sum and count_distinct are 0, the others nothing, of which all
            questions are false. Sums are exact in the numbers' decimal form.
        property: where in the event the value is, dotted from its root: `properties.total`.
    """

    event: EventSelector
    function: AggregateFunction
    property: str
    operator: NumberOperator
    value: Any
    window: Window | None = None
    type: Literal["aggregate"] = "aggregate"

    def __post_init__(self) -> None:
        steps(self.property)
        # The figure is a number, so what it is compared with must be one.
        check_value(
            "at_least" if self.operator in {"equals", "not_equals"} else self.operator, self.value
        )
        object.__setattr__(self, "value", frozen(self.value))


@exact
@dataclass(frozen=True, slots=True)
class OccurrenceCondition:
    """What the first, or the last, of some events was like, and when it was.

    Attributes:
        event: among which the first or last is looked for, over all time.
        where: questions that this one event must answer with yes.
        window: in which it must have happened.
    """

    which: Which
    event: EventSelector
    where: tuple[Filter, ...] = ()
    window: Window | None = None
    type: Literal["occurrence"] = "occurrence"


@exact
@dataclass(frozen=True, slots=True)
class AccountCondition:
    """The person is in an account (a group) of which all this is true.

    `where` asks about the account's traits; `group` names one account by its id.
    """

    where: tuple[Filter, ...] = ()
    group: str | None = None
    type: Literal["account"] = "account"


@exact
@dataclass(frozen=True, slots=True)
class ConsentCondition:
    """What the person's latest consent preferences say of a category.

    They are the `context.consent.categoryPreferences` of the latest event that carries them.
    """

    category: str
    state: ConsentState = "granted"
    type: Literal["consent"] = "consent"


@exact
@dataclass(frozen=True, slots=True)
class AudienceCondition:
    """The person is (or is not) a member of another audience, named by its id or its key."""

    audience: str
    member: bool = True
    type: Literal["audience"] = "audience"


Leaf = (
    Everyone
    | TraitCondition
    | EventCondition
    | SequenceCondition
    | AggregateCondition
    | OccurrenceCondition
    | AccountCondition
    | ConsentCondition
    | AudienceCondition
)
"""A condition without others inside."""

Condition = Annotated[And | Or | Not | Leaf, Field(discriminator="type")]
"""Any condition."""


def children(condition: Condition) -> tuple[Condition, ...]:
    """Answer the conditions directly inside of one."""
    if isinstance(condition, (And, Or)):
        return condition.conditions
    return (condition.condition,) if isinstance(condition, Not) else ()


def walk(condition: Condition, path: str = "") -> Iterator[tuple[str, Condition]]:
    """Answer a condition and all inside of it, each with its place: `conditions[0].condition`."""
    yield path, condition
    prefix = f"{path}." if path else ""
    if isinstance(condition, (And, Or)):
        for number, one in enumerate(condition.conditions):
            yield from walk(one, f"{prefix}conditions[{number}]")
    elif isinstance(condition, Not):
        yield from walk(condition.condition, f"{prefix}condition")


def leaves(condition: Condition) -> Iterator[Leaf]:
    """Answer the conditions of a tree that have none inside."""
    for _, one in walk(condition):
        if not isinstance(one, (And, Or, Not)):
            yield one


def _require_some(conditions: tuple[Condition, ...]) -> None:
    if not conditions:
        raise ValueError('conditions: should hold at least one; everybody is {"type": "everyone"}.')
