"""Which events a question is about, what is measured of them, and by what they are told apart."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from headwater.questions.filters import PropertyFilter
from headwater.questions.value import Value
from headwater.workspace import EventType

Name = Annotated[str, Field(min_length=1, max_length=500)]


class Events(Value):
    """The events that fit; an empty one is any event.

    Attributes:
        event: the name of a `track` event; with `type`, the name of a page or screen.
        type: one of the six calls. A name without a type means `track`.
        where: conditions on the event itself; all of them must hold.
        label: how answers call it; else its name.
    """

    event: Name | None = None
    type: EventType | None = None
    where: tuple[PropertyFilter, ...] = ()
    label: Name | None = None

    @property
    def called(self) -> str:
        """What answers call it."""
        if self.label:
            return self.label
        if self.event and self.type not in {None, "track"}:
            return f"{self.type} {self.event}"
        return self.event or self.type or "any event"


def _named(given: Any) -> Any:
    return {"event": given} if isinstance(given, str) else given


Selection = Annotated[Events, BeforeValidator(_named)]
"""Events; JSON may give just a name."""

MeasureName = Literal[
    "count", "people", "per_person", "distinct",
    "sum", "average", "min", "max", "median", "percentile",
]  # fmt: skip
"""`count` of events, of different `people`, events `per_person`, `distinct` values of a property;
and of the numbers in a property the sum, average, …; `percentile` needs `percentile`."""

_OF_A_PROPERTY = frozenset(
    {"distinct", "sum", "average", "min", "max", "median", "percentile"}
)  # fmt: skip


class Measure(Value):
    """What is measured of events.

    Attributes:
        property: dotted path into `properties`, for all but `count`, `people`, `per_person`.
            Of numbers, only JSON numbers count; the answer notes how many events had none.
        percentile: 0 to 100, interpolated between neighbours (as numpy and spreadsheets do).
    """

    measure: MeasureName = "count"
    property: Name | None = None
    percentile: Annotated[float, Field(ge=0, le=100)] | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.measure in _OF_A_PROPERTY and self.property is None:
            raise ValueError(f"{self.measure} is measured of a property: name it in 'property'")
        if self.measure not in _OF_A_PROPERTY and self.property is not None:
            raise ValueError(f"{self.measure} counts events: leave 'property' out")
        if (self.measure == "percentile") != (self.percentile is not None):
            raise ValueError("'percentile' goes with the measure percentile: 95, for example")
        return self


class Series(Measure):
    """One line of a trend: events, and what is measured of them."""

    events: Selection = Events()
    label: Name | None = None

    @property
    def called(self) -> str:
        """What answers call it."""
        if self.label:
            return self.label
        name = self.events.called
        if self.measure == "count":
            return name
        of = f" of {self.property}" if self.property else ""
        rank = f" {self.percentile:g}" if self.percentile is not None else ""
        return f"{name}: {self.measure.replace('_', ' ')}{rank}{of}"


class Breakdown(Value):
    """By what people or events are told apart.

    Attributes:
        by: `property` and `context` of the event, `campaign` (`context.campaign`), the `event`'s
            own name, the person's present `trait`, or whether they are in an `audience`.
        name: the dotted path, the campaign's field (`source`, `medium`, `name`, …) or the
            audience's id; none for `event`.
        limit: how many values get their own rows; the rest is put together as "(other)", nothing
            as "(none)".
    """

    by: Literal["property", "context", "campaign", "event", "trait", "audience"]
    name: Name | None = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 25

    @model_validator(mode="after")
    def _is_named(self) -> Self:
        if (self.by == "event") != (self.name is None):
            raise ValueError(
                "'event' stands alone"
                if self.by == "event"
                else f"say which {self.by} in 'name'"
            )  # fmt: skip
        return self

    @property
    def is_of_person(self) -> bool:
        """Whether it is the same for all events of a person."""
        return self.by in {"trait", "audience"}

    @property
    def called(self) -> str:
        """What answers call it."""
        return self.by if self.name is None else f"{self.by} {self.name}"
