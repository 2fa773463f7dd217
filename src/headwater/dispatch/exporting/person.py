"""The job that puts everything held on a person into one archive, where no process stays.

The same archive as locally (local/exports/person.py), made by steps that may each be repeated:
none holds more than some megabytes of it, and none takes more than Cloudflare gives it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from headwater.actors.workspace import WorkspaceActor
from headwater.audiences.audience import Audience
from headwater.audiences.membership import Membership
from headwater.collect.times import write_time
from headwater.dispatch.exporting.files import PIECE, folder_of
from headwater.dispatch.exporting.held import Held, add, held_by, held_in_lanes, held_in_settings
from headwater.dispatch.exporting.lake_identity import LakeIdentity
from headwater.dispatch.exporting.order import Order
from headwater.dispatch.exporting.state import Found, PersonState, Step, decode, encode
from headwater.dispatch.job_keeper import Stage
from headwater.dispatch.people import PeopleOverActors
from headwater.dispatch.settings import SettingsOverActors
from headwater.errors import BadRequest
from headwater.exports.keeping import PERSON
from headwater.exports.person import (
    EVENTS,
    FILE,
    ConsentChanges,
    Contents,
    Views,
    lines,
    texts,
)
from headwater.ports import Actors, Bucket, Clock
from headwater.profiles.dossier import SHOWN
from headwater.profiles.people import TimelineFilter

SLICE = 200
"""Actors that one step asks."""

MOST = 10_000
"""Identifiers of a person who can be exported here."""

PAGES = 40
"""Pages of the timeline that one step reads."""

SMALLEST_PAGE = 20
_LARGEST_PAGE = 500
_PAGE_BYTES = 1_500_000
_SHOWN_BYTES = 2_000_000


class PersonExportWork:
    """Makes archives, as `job_keeper.Work`."""

    def __init__(
        self,
        actors: Actors,
        settings: SettingsOverActors,
        people: PeopleOverActors,
        bucket: Bucket,
        views: Views,
        *,
        clock: Clock,
    ) -> None:
        """Make it; archives go to the bucket that the lake is in."""
        self._actors = actors
        self._settings = settings
        self._people = people
        self._bucket = bucket
        self._views = views
        self._clock = clock
        self._steps: dict[Step, Callable[[Order], Awaitable[None]]] = {
            "find": self._find,
            "events": self._events,
            "lake": self._lake,
            "held": self._held,
            "rest": self._rest,
        }

    def opening(self, parameters: Mapping[str, Any]) -> str:
        """Answer what the first step is told; see `Work.opening`."""
        return encode(PersonState(str(parameters["identifier"])))

    async def step(self, workspace: str, job: str, body: str) -> Stage:
        """Do the next step; see `Work.step`."""
        order = Order(self._bucket, job, decode(body), await self._settings.newest(workspace))
        await self._steps[order.state.step](order)
        state = order.state
        return Stage(
            encode(state), state.events, max(state.total, state.events), result=order.result
        )

    async def give_up(self, workspace: str, job: str) -> None:
        """Remove what the job has made; see `Work.give_up`."""
        there = await self._bucket.list(folder_of(workspace, job))
        await self._bucket.delete([one.key for one in there])

    async def _find(self, order: Order) -> None:
        """Find all identifiers of the person, and begin."""
        state = order.state
        person = await self._people.person(order.workspace, state.asked)
        held = [f"{one.type}:{one.value}" for one in person.identifiers] if person else []
        state.identifiers = sorted({state.asked, *held})
        if len(state.identifiers) > MOST:
            raise BadRequest(
                f"This person holds {len(held):,} identifiers; on Cloudflare one of {MOST:,} at"
                " most is exported."
            )
        state.total = sum(person.counts.values()) if person else 0
        state.archive.made_at = self._clock.now()
        order.archive.open(EVENTS)
        await order.put()
        state.step = "events"

    async def _events(self, order: Order) -> None:
        """Write the next events."""
        state, size = order.state, 0
        consent = ConsentChanges([{"consent": state.consent}])
        for _ in range(PAGES):
            page = await self._page(order)
            text = lines(page.events) if page else b""
            if page is not None and text:
                order.archive.write(text)
                consent.add(page.events)
                state.events += len(page.events)
                state.tiers += [one for one in page.tiers if one not in state.tiers]
                fitting = _PAGE_BYTES * len(page.events) // len(text)
                state.page = min(max(fitting, SMALLEST_PAGE), _LARGEST_PAGE)
            state.cursor = page.next if page else None
            size += len(text)
            if state.cursor is None or size >= PIECE:
                break
        if state.cursor is None:
            order.archive.close()
            state.step = "lake"
        state.consent = consent.found[-1]["consent"]
        await order.put()
        await order.note(Found(consent=consent.found[1:]))

    async def _page(self, order: Order) -> Any:
        state = order.state
        which = TimelineFilter(oldest_first=True)
        return await self._people.timeline(
            order.workspace, state.asked, which=which, limit=state.page, cursor=state.cursor
        )

    async def _lake(self, order: Order) -> None:
        """Look through the next identity files of the lake."""
        state = order.state
        rows, named, until = await LakeIdentity(self._bucket, order.people).step(state.until)
        state.others = sorted({*state.others, *named})
        await order.note(Found(lake_identity=rows))
        if until is None:
            state.step = "held"
        else:
            state.until = until

    async def _held(self, order: Order) -> None:
        """Ask the next of their actors; then those of accounts and of others."""
        state, exchange = order.state, order.exchange(self._actors)
        own = state.identifiers
        some = own[state.place : state.place + SLICE]
        if not some:
            start = state.place - len(own)
            some = state.others[start : start + SLICE]
        found: Held = {}
        for shown in await held_by(exchange, some, own):
            add(found, shown.held)
            state.mentions += shown.names_them
            if state.place < len(own):
                new = {*shown.named, *(f"=account:{group}" for group in shown.groups)}
                state.others = sorted({*state.others, *new} - {*own})
        state.place += len(some)
        await order.note(Found(held=found))
        if state.place >= len(own) + len(state.others):
            state.step = "rest"

    async def _rest(self, order: Order) -> None:
        """Write all but the events, and the end of the archive."""
        state = order.state
        contents = await self._contents(order)
        now = self._clock.now()
        for name, text in texts(contents, self._views, now=now).items():
            order.archive.add(name, text.encode())
        order.archive.finish()
        await order.put()
        one = {"name": FILE, "rows": state.events, "bytes": state.archive.length}
        order.result = {"rows": state.events, "files": [one]}

    async def _contents(self, order: Order) -> Contents:
        state, workspace, exchange = order.state, order.workspace, order.exchange(self._actors)
        found = await order.found()
        held = found.held
        add(held, await held_in_lanes(self._actors, exchange, state.identifiers))
        add(held, await held_in_settings(self._settings, workspace, state.identifiers))
        add(held, {"jobs": [await self._this(order)]})
        held["mentioned_by_others"] = [{"states": state.mentions}]
        suppressed = await self._settings.read(
            workspace,
            WorkspaceActor.suppressed,
            limit=len(state.identifiers),
            only=state.identifiers,
        )
        return Contents(
            asked=state.asked,
            config=order.config,
            identifiers=state.identifiers,
            person=await self._people.person(workspace, state.asked),
            links=await self._people.explain(workspace, state.asked),
            audiences=await self._memberships(order),
            consent=found.consent,
            suppressions=suppressed,
            lake_identity=found.lake_identity,
            held=held,
            newest=await self._newest(order),
            events=state.events,
            tiers=state.tiers,
        )

    async def _this(self, order: Order) -> dict[str, Any]:
        """Answer this very order, whose parameters the list of jobs does not show."""
        job = await self._settings.read(order.workspace, WorkspaceActor.job, order.job)
        ordered = write_time(job.created_at)
        return {"id": job.id, "kind": PERSON, "state": job.state, "ordered_at": ordered}

    async def _memberships(self, order: Order) -> list[tuple[Audience, Membership]]:
        found = []
        for one in order.config.audiences:
            membership = await self._people.membership(
                order.workspace, order.state.asked, one.id, explain=True
            )
            if membership is not None:
                found.append((one, membership))
        return found

    async def _newest(self, order: Order) -> list[Mapping[str, Any]]:
        """Answer the newest events, as many as the page shows and some megabytes hold."""
        found: list[Mapping[str, Any]] = []
        cursor, size = None, 0
        while len(found) < SHOWN and size < _SHOWN_BYTES:
            page = await self._people.timeline(
                order.workspace,
                order.state.asked,
                which=TimelineFilter(),
                limit=min(order.state.page, SHOWN - len(found)),
                cursor=cursor,
            )
            if page is None:
                break
            found += page.events
            size += len(lines(page.events))
            cursor = page.next
            if cursor is None:
                break
        return found
