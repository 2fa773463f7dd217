"""What the audience routes take and answer."""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import Field

from headwater.api import patterns
from headwater.api.fields import Instant, Json, LongText, Name, Order, Text, View
from headwater.audiences.audience import Audience, ComputedTrait
from headwater.audiences.membership import Backfill, Clause, Membership

Key = Annotated[str, Field(pattern=patterns.KEY)]
Definition = Annotated[dict[str, Json], Field(description="See docs/audiences.md.")]
_ALONE = "Ids of the destinations that alone are told who enters and leaves; none: as they are set."
Told = Annotated[list[Text], Field(description=_ALONE, max_length=100, default_factory=list)]


class AudienceView(View):
    """An audience. `key` is the property that is true in `Audience Entered`."""

    id: str
    key: str
    name: str
    description: str
    enabled: bool
    condition: dict[str, Any]
    destinations: list[str] = Field(description=_ALONE)


class AudiencesView(View):
    """All audiences of the workspace."""

    audiences: list[AudienceView]


class AudienceOrder(Order):
    """A new audience; without a `key`, it is made of the name."""

    name: Name
    key: Key | None = None
    description: LongText = ""
    condition: Definition
    enabled: bool = True
    destinations: Told


class AudienceChange(Order):
    """What to change of an audience; what is left out stays."""

    name: Name = ""
    key: Key = ""
    description: LongText = ""
    condition: Definition = Field(default_factory=dict)
    enabled: bool = True
    destinations: Told


class ConditionOrder(Order):
    """A condition to be tried."""

    condition: Definition


class PreviewView(View):
    """A condition's size; if it is not exact, it is reckoned from those who were looked at."""

    count: int
    is_exact: bool
    looked_at: int
    people: int
    sample: list[str]


class BackfillView(View):
    """How far everybody has been looked at; `finished` once it is done, or never was needed."""

    finished: bool
    done: int
    total: int
    started_at: Instant | None
    finished_at: Instant | None

    @classmethod
    def of(cls, found: Backfill | None) -> BackfillView:
        """Answer a backfill as it is shown."""
        if found is None:
            return cls(finished=True, done=0, total=0, started_at=None, finished_at=None)
        return cls(
            finished=found.finished_at is not None,
            done=found.done,
            total=max(found.total, found.done),
            started_at=found.started_at or None,
            finished_at=found.finished_at,
        )


class CountView(View):
    """How many people are in an audience."""

    count: int


class MemberView(View):
    """A person in an audience, and since when."""

    person: str
    since: Instant


class MembersView(View):
    """Members in order of their names; `next` is the cursor of the next page."""

    members: list[MemberView]
    next: str | None


class EvidenceView(View):
    """An event that a clause looks at."""

    message_id: str
    timestamp: Instant
    name: str


class ClauseView(View):
    """One clause: whether it is true, what was found, and when time alone may change it."""

    condition: dict[str, Any]
    true: bool
    why: str
    changes_at: Instant | None
    events: list[EvidenceView]
    clauses: list[ClauseView]


class MembershipView(View):
    """Whether a person is in an audience, since when, and when that is looked at next.

    `looks_again_at` is the first instant at which time alone may change it.
    """

    person: str
    audience: str
    member: bool
    since: Instant | None
    looks_again_at: Instant | None
    clause: ClauseView | None


class ComputedTraitView(View):
    """A computed trait; `key` is its name among the traits."""

    id: str
    key: str
    name: str
    description: str
    enabled: bool
    computation: dict[str, Any]


class ComputedTraitsView(View):
    """All computed traits of the workspace."""

    computed_traits: list[ComputedTraitView]


class ComputedTraitOrder(Order):
    """A new computed trait; without a `name`, it is called by its key."""

    key: Key
    name: Text = ""
    description: LongText = ""
    computation: Definition
    enabled: bool = True


class ComputedTraitChange(Order):
    """What to change of a computed trait; what is left out stays."""

    key: Key = ""
    name: Name = ""
    description: LongText = ""
    computation: Definition = Field(default_factory=dict)
    enabled: bool = True


class TimeZoneOrder(Order):
    """The IANA name of a time zone, such as `Europe/Berlin`."""

    time_zone: Text


class TimeZoneView(View):
    """The zone whose days, weeks and months conditions mean."""

    time_zone: str


def audience_view(one: Audience) -> AudienceView:
    """Answer an audience as it is shown."""
    return AudienceView(
        id=one.id,
        key=one.key,
        name=one.name,
        description=one.description,
        enabled=one.enabled,
        condition=json.loads(one.definition),
        destinations=list(one.destinations),
    )


def computed_trait_view(one: ComputedTrait) -> ComputedTraitView:
    """Answer a computed trait as it is shown."""
    return ComputedTraitView(
        id=one.id,
        key=one.key,
        name=one.name,
        description=one.description,
        enabled=one.enabled,
        computation=json.loads(one.definition),
    )


def membership_view(found: Membership) -> MembershipView:
    """Answer a membership as it is shown."""
    return MembershipView(
        person=found.person,
        audience=found.audience,
        member=found.member,
        since=found.since,
        looks_again_at=found.changes_at,
        clause=None if found.clause is None else _clause_view(found.clause),
    )


def _clause_view(clause: Clause) -> ClauseView:
    return ClauseView(
        condition=clause.condition,
        true=clause.is_true,
        why=clause.why,
        changes_at=clause.changes_at,
        events=[EvidenceView.model_validate(one) for one in clause.events],
        clauses=[_clause_view(one) for one in clause.clauses],
    )
