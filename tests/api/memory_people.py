"""People made by hand, so that answers about them are known to the letter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from headwater.errors import BadRequest, Conflict, NotFound
from headwater.profiles.people import (
    Account,
    Explanation,
    Identifier,
    Link,
    Person,
    Refusal,
    TimelineFilter,
    TimelinePage,
    Trait,
)

NOW = 1_764_000_000_000  # 2025-11-24T16:00:00Z


ADA = Person(
    id="user_id:ada/l+1",
    workspace="default",
    identifiers=(
        Identifier("user_id", "ada/l+1", NOW - 9000, NOW - 1000, 3),
        Identifier("email", "ada@example.com", NOW - 8000, NOW - 8000, 1),
    ),
    traits={
        "email": Trait("ada@example.com", NOW - 8000, "m1", "user_id:ada/l+1"),
        "name": Trait("Ada", NOW - 8000, "m1", "user_id:ada/l+1"),
        "plan": Trait({"name": "pro", "seats": 3}, NOW - 1000, "m3", "user_id:ada/l+1"),
    },
    groups={"acme/eu": NOW - 5000, "zeta": NOW - 4000},
    counts={"identify": 2, "track": 1},
    first_seen=NOW - 9000,
    last_seen=NOW - 1000,
    first_message_id="m0",
    last_message_id="m3",
)


BOB = replace(
    ADA,
    id="user_id:bob",
    identifiers=(Identifier("user_id", "bob", NOW, NOW, 1),),
    traits={},
    groups={},
)


ACME = Account(
    id="acme/eu",
    workspace="default",
    traits={"seats": Trait(5, NOW - 5000, "g1", "group_id:acme/eu")},
    first_seen=NOW - 6000,
    last_seen=NOW - 5000,
)


LINK = Link(
    id="link-1",
    identifiers=("user_id:ada/l+1", "email:ada@example.com"),
    merged="email:ada@example.com",
    reason="event",
    message_id="m1",
    at=NOW - 8000,
)


def event(message_id: str, at: int, **fields: Any) -> dict[str, Any]:
    """Answer an event in Segment's shape that happened `at` milliseconds before NOW."""
    seconds = (NOW - at) // 1000 % 60
    return {
        "type": "track",
        "messageId": message_id,
        "timestamp": f"2025-11-24T15:59:{seconds:02d}.000Z",
        "userId": "ada/l+1",
        "sourceId": "src_1",
        "context": {"ip": "203.0.113.7"},
        **fields,
    }


TIMELINE = (
    event("m3", 1000, type="identify", traits={"plan": "pro"}),
    event("m2", 3000, event="Order Completed", properties={"total": 3}),
    event("m0", 9000, event="Page Viewed", properties={}, anonymousId="a-1"),
)


class MemoryPeople:
    """`People` over a few people made by hand; it records the orders that it gets."""

    def __init__(self) -> None:
        self.people = {"default": {ADA.id: ADA, "email:ada@example.com": ADA, BOB.id: BOB}}
        self.accounts = {"default": {ACME.id: ACME}}
        self.asked: list[TimelineFilter] = []
        self.orders: list[tuple[str, ...]] = []

    async def person(self, workspace: str, identifier: str) -> Person | None:
        return self.people.get(workspace, {}).get(identifier)

    async def person_at(self, workspace: str, identifier: str, at: int) -> Person | None:
        person = await self.person(workspace, identifier)
        return None if person is None or at < person.first_seen else person

    async def timeline(
        self,
        workspace: str,
        identifier: str,
        *,
        which: TimelineFilter,
        limit: int,
        cursor: str | None = None,
    ) -> TimelinePage | None:
        if await self.person(workspace, identifier) is None:
            return None
        return self._page(TIMELINE, which, limit, cursor)

    async def explain(self, workspace: str, identifier: str) -> Explanation | None:
        person = await self.person(workspace, identifier)
        if person is None:
            return None
        refused = Refusal(("user_id:ada/l+1", "user_id:bob"), "limit", "m9", NOW)
        return Explanation(person.id, (LINK,), (refused,))

    async def merge(self, workspace: str, first: str, second: str) -> Person:
        self.orders.append(("merge", workspace, first, second))
        for one in (first, second):
            if await self.person(workspace, one) is None:
                raise NotFound(f"Nobody is known by {one}.")
        return ADA

    async def split(self, workspace: str, identifier: str, link: str) -> tuple[Person, Person]:
        self.orders.append(("split", workspace, identifier, link))
        if link != LINK.id:
            raise Conflict(f"There is no merge {link!r} to undo.")
        return ADA, BOB

    async def account(self, workspace: str, group_id: str) -> Account | None:
        return self.accounts.get(workspace, {}).get(group_id)

    async def account_members(
        self, workspace: str, group_id: str, *, limit: int, cursor: str | None = None
    ) -> tuple[Sequence[str], str | None]:
        members = [ADA.id, BOB.id] if await self.account(workspace, group_id) else []
        rest = [one for one in members if one > (cursor or "")]
        return rest[:limit], rest[limit - 1] if len(rest) > limit else None

    async def account_timeline(
        self,
        workspace: str,
        group_id: str,
        *,
        which: TimelineFilter,
        limit: int,
        cursor: str | None = None,
    ) -> TimelinePage | None:
        if await self.account(workspace, group_id) is None:
            return None
        shaped = (event("g1", 5000, type="group", groupId="acme/eu", traits={"seats": 5}),)
        return self._page(shaped, which, limit, cursor)

    def _page(
        self,
        events: Sequence[Mapping[str, Any]],
        which: TimelineFilter,
        limit: int,
        cursor: str | None,
    ) -> TimelinePage:
        self.asked.append(which)
        if cursor is not None and not cursor.isascii():
            raise BadRequest("The cursor is not one that was given.")
        ordered = events[::-1] if which.oldest_first else events
        start = int(cursor) if cursor and cursor.isdigit() and len(cursor) < 9 else 0
        following = str(start + limit) if len(ordered) > start + limit else None
        return TimelinePage(tuple(ordered[start : start + limit]), following)
