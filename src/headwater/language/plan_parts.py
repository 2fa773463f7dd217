"""What plans are made of: people, events, times and the base of all plans."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    SerializerFunctionWrapHandler,
    WithJsonSchema,
    model_serializer,
    model_validator,
)

from headwater.audiences import conditions_reading
from headwater.audiences.audience import computation_of

Effect = Literal["reads", "records", "merges", "erases", "sends", "routes", "defines"]
"""What carrying out a plan does to the world; `reads` changes nothing."""

CONFIRMED = frozenset({"merges", "erases", "sends", "routes"})
"""Effects that programs without a person at hand must confirm by the plan's hash."""


class Part(BaseModel):
    """An immutable part of a plan; a field that it does not know is a mistake, not noise."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _condition(given: Any) -> Any:
    if not isinstance(given, (dict, list)):
        return given  # a condition already
    return conditions_reading.read(given, place="people")


People = Annotated[
    Any,
    BeforeValidator(_condition),
    PlainSerializer(conditions_reading.to_json),
    WithJsonSchema({"type": "object", "description": "A condition on people (docs/audiences.md)."}),
]
"""Which people: a condition, as audiences have them."""


def _computation(given: Any) -> Any:
    return computation_of(given) if isinstance(given, dict) else given


ComputationOf = Annotated[
    Any,
    BeforeValidator(_computation),
    PlainSerializer(conditions_reading.to_json),
    WithJsonSchema(
        {"type": "object", "description": "A figure or an expression (docs/audiences.md)."}
    ),
]
"""What a computed trait is computed by."""

Who = Annotated[
    str,
    Field(
        pattern=r"^(visitor|each|[a-z0-9][a-z0-9_.]{0,63}:[\s\S]*\S[\s\S]*)$",
        max_length=1000,
        description="An identifier, type:value; or 'visitor', whoever is there.",
        examples=["user_id:42", "email:ann@example.com"],
    ),
]
"""One person: an identifier; `visitor` for the current one, `each` for each person of a list."""

SomeoneExact = Annotated[
    str,
    Field(
        pattern=r"^[a-z0-9][a-z0-9_.]{0,63}:[\s\S]*\S[\s\S]*$",
        max_length=1000,
        description="An identifier, type:value.",
        examples=["user_id:42", "email:ann@example.com"],
    ),
]
"""One person by an identifier: what merging and erasing need."""

Words = Annotated[str, Field(min_length=1, max_length=4000)]
"""A text that is content: a name, a topic, a message."""

Object = Annotated[dict[str, Any], Field(max_length=200)]


class Ago(Part):
    """A moment counted back from when the plan is carried out."""

    ago: Annotated[int, Field(ge=1, le=10_000)]
    unit: Literal["second", "minute", "hour", "day", "week", "month", "year"]


class On(Part):
    """A day of the calendar, in the workspace's zone."""

    on: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]


Moment = Ago | On


class EventsOf(Part):
    """Which events are meant; an empty one is all.

    Attributes:
        name: of `track` events, or of a page or screen with its `call`.
        call: which of the six calls; None is any.
        people: only events of these people.
    """

    name: Words | None = None
    call: Literal["track", "page", "screen", "identify", "group", "alias"] | None = None
    people: People | None = None


class Audience(Part):
    """Whom something is for: one person, or all whom a condition is true of; never both."""

    who: Who | None = None
    people: People | None = None

    @model_validator(mode="after")
    def _names_one(self) -> Audience:
        if (self.who is None) == (self.people is None):
            raise ValueError("say 'who', or which 'people'; one of them")
        return self


class PlanBase(Part):
    """What every plan has: `do` says which it is, `effect` what it does to the world."""

    effect: ClassVar[Effect] = "reads"
    needs: ClassVar[str | None] = None
    """What this server must have to carry it out, where that is not part of it yet."""

    @model_serializer(mode="wrap")
    def _with_name(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # Its default is what tells plans apart, so it is written even where defaults are not.
        return {"do": type(self).model_fields["do"].default, **write(self)}
