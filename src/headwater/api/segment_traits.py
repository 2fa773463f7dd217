"""Which traits of a profile Segment's Profile API shows, and where each came from.

Segment knows two classes besides what was sent: what was computed, and audiences, which are true
of who is in them and false of who is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from headwater.actors.workspace import WorkspaceActor
from headwater.api import segment_shapes as shapes
from headwater.api.fields import written
from headwater.api.services import Services
from headwater.audiences.audience import Audience
from headwater.profiles.people import Account, Person, TimelineFilter, Trait

Class = Literal["audience", "computed_trait"]

COMPUTED = "computed"
"""The identifier of a trait that came by none."""

_AT_ONE_INSTANT = 1000  # events of one profile


async def audiences_of(
    services: Services, workspace: str, profile: Person | Account
) -> dict[str, Audience]:
    """Answer the audiences that a profile can be in, by key; accounts are in none."""
    if isinstance(profile, Account):
        return {}
    found = await services.workspaces.read(workspace, WorkspaceActor.audiences)
    return {one.key: one for one in found if one.enabled}


async def memberships(
    services: Services, workspace: str, person: str, audiences: Iterable[Audience], *, verbose: bool
) -> dict[str, Any]:
    """Answer by key whether a person is in each of these; with `verbose`, since when."""
    shown: dict[str, Any] = {}
    for one in audiences:
        found = await services.audiences.check(workspace, one.id, person)
        is_member = found is not None and found.member
        since = found.since if found is not None and is_member else None
        at = None if since is None else written(since)
        shown[one.key] = shapes.detailed(is_member, updated_at=at) if verbose else is_member
    return shown


def of_class(traits: Mapping[str, Trait], kind: Class | None) -> dict[str, Trait]:
    """Answer the traits of a class by name, or all of them."""
    return {
        name: trait
        for name, trait in sorted(traits.items())
        if kind is None or (kind == "computed_trait" and trait.identifier == COMPUTED)
    }


async def sources_of(
    services: Services, workspace: str, profile: Person | Account, traits: Iterable[Trait]
) -> dict[str, str]:
    """Answer by messageId the source of the event that set each trait, where it is known.

    A trait is kept with its event's time, so the event is looked up in the timeline there.
    """
    people = services.people
    timeline = people.account_timeline if isinstance(profile, Account) else people.timeline
    sources: dict[str, str] = {}
    for at in sorted({trait.timestamp for trait in traits if trait.identifier != COMPUTED}):
        which = TimelineFilter(since=at, until=at)
        page = await timeline(workspace, profile.id, which=which, limit=_AT_ONE_INSTANT)
        for event in page.events if page is not None else ():
            sources[str(event.get("messageId"))] = str(event.get("sourceId") or "")
    return sources
