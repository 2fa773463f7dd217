"""Which events a question is about, what is measured of them, and by what they are told apart."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from headwater.audiences.comparisons import steps
from headwater.audiences.conditions import Call, EventSelector
from headwater.questions.conditions import Filters
from headwater.questions.value import Value

Name = Annotated[str, Field(min_length=1, max_length=500)]


def _is_path(text: str) -> str:
    steps(text)
    return text


Path = Annotated[str, AfterValidator(_is_path)]
r"""Dotted, from the event's root: `properties.total`; a dot inside a name is written `\."."""


def _is_path_of_event(text: str) -> str:
    if steps(text)[0] not in {"properties", "traits", "context"} or len(steps(text)) == 1:
        raise ValueError(
            f"{text[:60]!r} should begin at the event's root, such as 'properties.{text[:60]}'"
        )
    return text


EventPath = Annotated[str, AfterValidator(_is_path), AfterValidator(_is_path_of_event)]
"""A path into an event's properties, traits or context."""


class Events(Value):
    """The events that fit, said as audiences say it.

    Attributes:
        name: of a `track` its event, of a `page` or `screen` its name; None is any.
        call: which of the six calls; `any` with no name is whatever a person does.
        where: questions about the event, all of which it must answer with yes.
        label: how answers call it; else by its name.
    """

    name: Name | None = None
    call: Call = "track"
    where: Filters = ()
    label: Name | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        EventSelector(self.name, self.call, self.where)
        return self

    @property
    def selector(self) -> EventSelector:
        """Which events are meant, without the label."""
        return EventSelector(self.name, self.call, self.where)

    @property
    def called(self) -> str:
        """What answers call it."""
        if self.label:
            return self.label
        if self.name:
            return self.name if self.call == "track" else f"{self.call} {self.name}"
        return f"any {'event' if self.call == 'any' else self.call}"


def _named(given: Any) -> Any:
    return {"name": given} if isinstance(given, str) else given


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
        property: the path from the event's root (`properties.total`), for all but `count`,
            `people` and `per_person`.
            Of numbers, only JSON numbers count; the answer notes how many events had none.
        percentile: 0 to 100, interpolated between neighbours (as numpy and spreadsheets do).
    """

    measure: MeasureName = "count"
    property: EventPath | None = None
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
    """One line of a trend: events, and what is measured of them; of a name alone, how many."""

    events: Selection = Events(call="any")
    label: Name | None = None

    @model_validator(mode="before")
    @classmethod
    def _of_name(cls, given: Any) -> Any:
        return {"events": given} if isinstance(given, str) else given

    @property
    def called(self) -> str:
        """What answers call it."""
        if self.label:
            return self.label
        name = self.events.called
        if self.measure == "count":
            return name
        of = f" of {self.property.removeprefix('properties.')}" if self.property else ""
        rank = f" {self.percentile:g}" if self.percentile is not None else ""
        return f"{name}: {self.measure.replace('_', ' ')}{rank}{of}"


class Breakdown(Value):
    """By what people or events are told apart.

    Attributes:
        by: a `property` of the event, its `campaign`, the `event`'s own name, the person's
            present `trait`, or whether they are in an `audience`.
        name: the property's path from the event's root (`properties.plan`, `context.locale`),
            the campaign's field (`source`, `medium`, `name`, …), the trait's path, or the
            audience's id; none for `event`.
        limit: how many values get their own rows; the rest is put together as "(other)", nothing
            as "(none)".
    """

    by: Literal["property", "campaign", "event", "trait", "audience"]
    name: Name | None = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 25

    @model_validator(mode="after")
    def _is_named(self) -> Self:
        if (self.by == "event") != (self.name is None):
            raise ValueError(
                "'event' stands alone" if self.by == "event" else f"say which {self.by} in 'name'"
            )
        if self.name is not None and self.by != "audience":
            steps(self.name)
        if self.name is not None and self.by == "property":
            _is_path_of_event(self.name)
        return self

    @property
    def is_of_person(self) -> bool:
        """Whether it is the same for all events of a person."""
        return self.by in {"trait", "audience"}

    @property
    def called(self) -> str:
        """What answers call it."""
        if self.by == "campaign":
            return f"campaign {self.name}"
        return self.by if self.name is None else self.name.removeprefix("properties.")
