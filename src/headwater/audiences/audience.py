"""Audiences and computed traits as a workspace has set them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from headwater.audiences.comparisons import exact, steps
from headwater.audiences.conditions import Condition, EventSelector, SinceEvent, Window
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
        since: the configuration's version at which the condition became what it is.
    """

    id: str
    key: str
    name: str
    condition: Condition
    description: str = ""
    enabled: bool = True
    since: int = 1


@dataclass(frozen=True, slots=True)
class ComputedTrait:
    """A trait that is computed; `key` is its name among the traits. `since` as an audience's."""

    id: str
    key: str
    name: str
    computation: Computation
    description: str = ""
    enabled: bool = True
    since: int = 1
