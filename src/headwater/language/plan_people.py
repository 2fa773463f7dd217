"""Plans about what happened and who people are."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from headwater.language.plan_parts import (
    ComputationOf,
    Effect,
    Moment,
    Object,
    Part,
    People,
    PlanBase,
    SomeoneExact,
    Who,
    Words,
)
from headwater.questions.ranges import Range


class Fact(Part):
    """Something that happened, or is so, as one of Segment's calls.

    Attributes:
        who: whom it is about.
        call: the call that records it.
        name: of a `track` the event, of a `page` or `screen` its name, of a `group` its id.
        properties: of the event.
        traits: for `identify` and `group` theirs; for others what else is known by it.
        campaign: what goes to `context.campaign`.
        times: how often it happened; that many events are recorded.
        when: if not now.
    """

    who: Who
    call: Literal["track", "page", "screen", "identify", "group"] = "track"
    name: Words | None = None
    properties: Object = Field(default_factory=dict)
    traits: Object = Field(default_factory=dict)
    campaign: Object = Field(default_factory=dict)
    times: Annotated[int, Field(ge=1, le=100)] = 1
    when: Moment | None = None

    @model_validator(mode="after")
    def _is_named(self) -> Fact:
        if self.call in {"track", "group"} and self.name is None:
            raise ValueError(f"a {self.call} needs a name")
        return self


class Record(PlanBase):
    """Record that these things happened."""

    effect: ClassVar[Effect] = "records"
    do: Literal["record"] = "record"
    facts: Annotated[tuple[Fact, ...], Field(min_length=1, max_length=200)]


class Identify(PlanBase):
    """Set traits of a person."""

    effect: ClassVar[Effect] = "records"
    do: Literal["identify"] = "identify"
    who: Who
    traits: Annotated[dict[str, Any], Field(min_length=1, max_length=200)]


class Link(PlanBase):
    """Say that two ids are one person's; people that both have become one."""

    effect: ClassVar[Effect] = "merges"
    do: Literal["link"] = "link"
    first: Who
    second: Who


class Merge(PlanBase):
    """Make two people one, whatever the limits; it can be undone."""

    effect: ClassVar[Effect] = "merges"
    do: Literal["merge"] = "merge"
    first: SomeoneExact
    second: SomeoneExact


class ShowPerson(PlanBase):
    """Show who somebody is, or what they did.

    Attributes:
        part: `profile`, or `activity`: the newest events.
        over: which time's activity; None is any.
    """

    do: Literal["show_person"] = "show_person"
    who: Who
    part: Literal["profile", "activity"] = "profile"
    over: Range | None = None


class ListPeople(PlanBase):
    """List the people whom a condition is true of."""

    do: Literal["list_people"] = "list_people"
    people: People


class CountPeople(PlanBase):
    """Count the people whom a condition is true of."""

    do: Literal["count_people"] = "count_people"
    people: People


class DefineAudience(PlanBase):
    """Keep a condition as an audience, whose members are known from then on at any moment."""

    effect: ClassVar[Effect] = "defines"
    do: Literal["define_audience"] = "define_audience"
    name: Annotated[str, Field(min_length=1, max_length=200)]
    people: People


class DefineWord(PlanBase):
    """Have a word of the business mean these people from now on, in every phrase."""

    effect: ClassVar[Effect] = "defines"
    do: Literal["define_word"] = "define_word"
    word: Annotated[str, Field(min_length=1, max_length=60)]
    people: People


class ExportPerson(PlanBase):
    """Hand over everything that is known of one person."""

    do: Literal["export_person"] = "export_person"
    who: Who


class Erase(PlanBase):
    """Erase one person everywhere, for good."""

    effect: ClassVar[Effect] = "erases"
    do: Literal["erase"] = "erase"
    who: SomeoneExact


class Suppress(PlanBase):
    """Keep nothing of one person from now on; what is held of them stays."""

    effect: ClassVar[Effect] = "erases"
    do: Literal["suppress"] = "suppress"
    who: SomeoneExact


class Unsuppress(PlanBase):
    """Keep events of one person again, from now on."""

    effect: ClassVar[Effect] = "defines"
    do: Literal["unsuppress"] = "unsuppress"
    who: SomeoneExact


class DefineTrait(PlanBase):
    """Compute a figure over each person's events as a trait from now on.

    Attributes:
        name: of the trait.
        computation: a figure or an expression (docs/audiences.md).
    """

    effect: ClassVar[Effect] = "defines"
    do: Literal["define_trait"] = "define_trait"
    name: Annotated[str, Field(min_length=1, max_length=100)]
    computation: ComputationOf


class ListDefinitions(PlanBase):
    """List what the workspace has defined.

    Attributes:
        of: its audiences, its computed traits, or the words whose meaning it has set.
    """

    do: Literal["list_definitions"] = "list_definitions"
    of: Literal["audiences", "traits", "words"]
