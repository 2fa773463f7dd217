"""Audiences and computed traits as a workspace has set them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, Literal, cast

from pydantic import Field

from headwater.audiences.comparisons import exact, steps
from headwater.audiences.conditions import Condition, EventSelector, SinceEvent, Window
from headwater.audiences.conditions_reading import (
    ConditionError,
    read,
    read_as,
    require_sense,
    to_json,
)
from headwater.audiences.expressions import parse

FigureFunction = Literal[
    "count",
    "sum",
    "average",
    "minimum",
    "maximum",
    "most_frequent",
    "first",
    "last",
    "unique_list",
    "unique_count",
    "days_since",
]

_WITHOUT_PROPERTY = frozenset({"count", "days_since"})


@exact
@dataclass(frozen=True, slots=True)
class EventFigure:
    """A figure over events.

    Attributes:
        function: of `days_since`, the whole days (of 24 hours) since the last such event.
        property: where in the event the value is, dotted from its root; not for `count` and
            `days_since`.
        minimum_frequency: of `most_frequent`, how often a value must have come at least.
    """

    function: FigureFunction
    event: EventSelector
    property: str | None = None
    window: Window | None = None
    minimum_frequency: int = 1
    type: Literal["figure"] = "figure"

    def __post_init__(self) -> None:
        if (self.property is None) != (self.function in _WITHOUT_PROPERTY):
            needs = "takes none" if self.property is not None else "needs one, 'properties.total'"
            raise ValueError(f"property: {self.function!r} {needs}.")
        if self.property is not None:
            steps(self.property)
        if self.minimum_frequency < 1:
            raise ValueError("minimum_frequency: should be at least 1.")
        if self.function == "days_since" and isinstance(self.window, SinceEvent):
            raise ValueError("window: 'days_since' takes no window since another event.")


@exact
@dataclass(frozen=True, slots=True)
class Expression:
    """A calculation over other traits: `orders_total / orders_count`."""

    expression: str
    type: Literal["expression"] = "expression"

    def __post_init__(self) -> None:
        parse(self.expression)


Computation = Annotated[EventFigure | Expression, Field(discriminator="type")]
"""What a computed trait is computed by."""


@dataclass(frozen=True, slots=True)
class Audience:
    """People of whom a condition is true.

    Attributes:
        id: never changes.
        key: a name for programs, unique in the workspace: the property that is true in
            `Audience Entered` and false in `Audience Exited`.
        definition: the condition as JSON text: every codec carries it, and equal texts are told
            at a glance; `condition` answers it read.
        since: the configuration's version at which the condition became what it is.
        destinations: ids of those that alone are told who enters and leaves; none: of all those
            that get such events.
    """

    id: str
    key: str
    name: str
    definition: str
    description: str = ""
    enabled: bool = True
    since: int = 1
    destinations: tuple[str, ...] = ()

    @property
    def condition(self) -> Condition:
        """The condition itself."""
        return read_condition(self.definition)


@dataclass(frozen=True, slots=True)
class ComputedTrait:
    """A trait that is computed; `key` is its name among the traits.

    Attributes:
        definition: the computation as JSON text; `computation` answers it read.
        since: as an audience's.
    """

    id: str
    key: str
    name: str
    definition: str
    description: str = ""
    enabled: bool = True
    since: int = 1

    @property
    def computation(self) -> Computation:
        """The computation itself."""
        return read_computation(self.definition)


def text_of(value: Any) -> str:
    """Answer a condition or a computation as the text that an audience or a trait keeps."""
    return json.dumps(to_json(value), ensure_ascii=False, separators=(",", ":"))


@lru_cache(maxsize=4096)
def read_condition(definition: str) -> Condition:
    """Answer the condition that a text holds.

    Raises:
        ConditionError: it holds none.
    """
    return read(json.loads(definition))


@lru_cache(maxsize=1024)
def read_computation(definition: str) -> Computation:
    """Answer the computation that a text holds.

    Raises:
        ConditionError: it holds none.
    """
    return computation_of(json.loads(definition))


def computation_of(value: Any, *, place: str = "computation", is_new: bool = False) -> Computation:
    """Answer the computation that a JSON value describes; `is_new` as of `conditions_reading.read`.

    Raises:
        ConditionError: it describes none; the message begins with the place of what is wrong.
    """
    kinds: dict[Any, type[EventFigure | Expression]] = {
        "figure": EventFigure,
        "expression": Expression,
    }
    type_ = value.get("type") if isinstance(value, dict) else None
    if type_ not in kinds:
        raise ConditionError(f"{place}.type: should be figure or expression, not {type_!r}.")
    computation = cast("Computation", read_as(kinds[type_], value, place))
    if is_new:
        require_sense(computation, place)
    return computation
