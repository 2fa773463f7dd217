"""Accounts over HTTP: the groups that people are in."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from headwater.api.access import Reader
from headwater.api.fields import Cursor, IdPath, Limit, Since, SortOrder, Until, View
from headwater.api.people import (
    AccountView,
    TimelineView,
    account_view,
    timeline_filter,
    timeline_view,
)
from headwater.api.services import Services
from headwater.errors import NotFound


class MembersView(View):
    """Identifiers of members; `next` is the cursor of the next page, null on the last."""

    members: list[str]
    next: str | None


def unknown_account(group_id: str) -> NotFound:
    """Answer the error for a group that no call has named."""
    return NotFound(f"There is no account {group_id[:200]!r} in this workspace.")


def account_routes(services: Services) -> APIRouter:
    """Answer the routes under `/v1/accounts`."""
    routes = APIRouter(prefix="/v1/accounts", tags=["accounts"])
    _accounts(routes, services)
    _lists(routes, services)
    return routes


def _accounts(routes: APIRouter, services: Services) -> None:
    people = services.people

    @routes.get("/{group_id}")
    async def account(
        caller: Reader,
        group_id: IdPath,
        *,
        verbose: Annotated[bool, Query(description="With the event that set each trait.")] = False,
    ) -> AccountView:
        """Show an account and its traits."""
        found = await people.account(caller.workspace, group_id)
        if found is None:
            raise unknown_account(group_id)
        return account_view(found, verbose=verbose)


def _lists(routes: APIRouter, services: Services) -> None:
    people = services.people

    @routes.get("/{group_id}/events")
    async def events(
        caller: Reader,
        group_id: IdPath,
        *,
        limit: Limit = 100,
        cursor: Cursor = None,
        since: Since = None,
        until: Until = None,
        order: SortOrder = "newest",
    ) -> TimelineView:
        """Show the `group` calls that shaped an account."""
        which = timeline_filter([], [], since=since, until=until, order=order)
        page = await people.account_timeline(
            caller.workspace, group_id, which=which, limit=limit, cursor=cursor
        )
        if page is None:
            raise unknown_account(group_id)
        return timeline_view(page)

    @routes.get("/{group_id}/members")
    async def members(
        caller: Reader, group_id: IdPath, *, limit: Limit = 100, cursor: Cursor = None
    ) -> MembersView:
        """Show who is in an account."""
        if await people.account(caller.workspace, group_id) is None:
            raise unknown_account(group_id)
        found, after = await people.account_members(
            caller.workspace, group_id, limit=limit, cursor=cursor
        )
        return MembersView(members=list(found), next=after)
