"""All that is shown of a workspace, to compare two servers by."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from headwater.local.identities import Identities
from headwater.profiles.people import TimelineFilter
from tests.simulation.world import WORKSPACE


async def everything(
    people: Identities, identifiers: Iterable[str], groups: Iterable[str] = ()
) -> dict[str, Any]:
    """Answer what each identifier and each account shows, but for where events were read."""
    shown: dict[str, Any] = {}
    for name in sorted(set(identifiers)):
        shown[name] = (
            await people.person(WORKSPACE, name),
            await people.explain(WORKSPACE, name),
            await timeline(people, name),
        )
    for group in groups:
        account = await people.account(WORKSPACE, group)
        members = await people.account_members(WORKSPACE, group, limit=1000)
        page = await people.account_timeline(WORKSPACE, group, which=TimelineFilter(), limit=1000)
        shown[f"={group}"] = (account, members, None if page is None else page.events)
    return shown


async def timeline(people: Identities, name: str) -> list[Any] | None:
    """Answer all events of a timeline, read by small pages."""
    events: list[Any] = []
    cursor: str | None = None
    while True:
        page = await people.timeline(
            WORKSPACE, name, which=TimelineFilter(), limit=7, cursor=cursor
        )
        if page is None:
            return None
        events += page.events
        cursor = page.next
        if cursor is None:
            return events
