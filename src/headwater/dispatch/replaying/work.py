"""The job that sends events of the past to a destination, where no process stays: by steps.

Each step merges the next rows of a day's files, and puts what was asked for into the lane, by
portions, no faster than was asked for. The lane notes how far the replay is in the transaction
that stores them; so a step that is done again adds nothing twice, whatever the files are by then.
Nothing is stored again, so no audience, trait or journey sees it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from headwater.actors.lane_calls import Place, Replay, Replayed
from headwater.audiences.program import OWN_MESSAGES
from headwater.commands import Deliver
from headwater.destinations.routing import Gate, Router, lets_through
from headwater.dispatch import lanes
from headwater.dispatch.exporting.people_now import PeopleNow, names_person
from headwater.dispatch.job_keeper import Stage
from headwater.dispatch.people import PeopleOverActors
from headwater.dispatch.replaying.sorted_rows import Row, begun, days_of, next_rows
from headwater.dispatch.replaying.state import ReplayState, decode, encode, opened
from headwater.dispatch.settings import SettingsOverActors
from headwater.errors import Conflict, Unavailable
from headwater.exports.condition import read_condition
from headwater.lake.catalogue import Catalogue
from headwater.lake.event_rows import join_body
from headwater.lake.keys import day_number
from headwater.lake.schema import EVENTS
from headwater.ports import Actors, Bucket, Clock, ObjectMissing
from headwater.profiles.suppression import SuppressionCheck
from headwater.workspace import WorkspaceConfig

PORTION = 500
"""Events that are put into the lane at a time, at most."""

PORTION_BYTES = 4_000_000
"""The same in text, but for a last event: a call carries 32 MB."""

SECONDS = 5
"""For so long a step sends, about, as it cannot be called off meanwhile."""

ROWS = 10_000
"""Rows that a step reads at most: a processor's time is 30 s."""

PAUSE = 2_000
"""Milliseconds after which it is looked again whether the lane has room."""

_AT_ONCE = 16


class ReplayWork:
    """Does replays, as `job_keeper.Work`."""

    def __init__(
        self,
        actors: Actors,
        settings: SettingsOverActors,
        people: PeopleOverActors,
        now: PeopleNow,
        bucket: Bucket,
        *,
        clock: Clock,
    ) -> None:
        """Make it; `now` tells who people are, `bucket` has the lake."""
        self._actors = actors
        self._settings = settings
        self._people = people
        self.people_now = now
        self._bucket = bucket
        self._clock = clock

    def opening(self, parameters: Mapping[str, Any]) -> str:
        """Answer what the first step is told; see `Work.opening`."""
        return encode(opened(parameters))

    async def step(self, workspace: str, job: str, body: str) -> Stage:
        """Do the next step; see `Work.step`."""
        state = decode(body)
        at, result = 0, None
        if not state.received_before:
            await self._plan(workspace, state)
        elif state.days:
            at = await self._day(job, state, await self._settings.newest(workspace))
        if not state.days:
            result, state.looked_at = state.result(), state.total
        return Stage(encode(state), state.looked_at, state.total, at, result)

    async def give_up(self, workspace: str, job: str) -> None:
        """Remove nothing; see `Work.give_up`."""

    async def _plan(self, workspace: str, state: ReplayState) -> None:
        """Find the days that may have what was asked for."""
        manifest = await Catalogue(self._bucket, workspace).refresh()
        files = days_of(list(manifest.of(EVENTS.name)), state.since, state.until)
        state.received_before = self._clock.now() + 1
        state.total = sum(one.rows for one in files)
        state.days = sorted({one.day for one in files if one.day is not None})

    async def _day(self, job: str, state: ReplayState, config: WorkspaceConfig) -> int:
        """Deal with the next rows of a day; answer when to go on, 0 is at once."""
        sending = _Sending(self, job, state, config)
        if not state.dry_run and not await sending.take([], (0, "", 0, "")):
            return self._clock.now() + PAUSE
        if state.merging is None:
            manifest = await Catalogue(self._bucket, config.workspace).refresh()
            state.merging = begun(manifest, state.days[0])
        rows: list[Row] = []
        if not state.merging.is_complete:
            before = list(state.merging.rows)
            most = ROWS if state.dry_run else min(ROWS, max(PORTION, state.rate * SECONDS))
            try:
                rows = await next_rows(self._bucket, state.merging, most=most)
            except ObjectMissing:
                state.merging = None  # replaced meanwhile: the day as it is now, from `after` on
                return 0
            if not await sending.send(rows):
                state.merging.rows = before
                return self._clock.now() + PAUSE
        if state.merging.is_complete:
            state.days, state.merging = state.days[1:], None
        return 0

    async def members(
        self, workspace: str, gate: Gate, people: Sequence[str]
    ) -> dict[str, frozenset[str]]:
        """Answer in which of a gate's audiences each of some people is."""
        audiences = sorted(frozenset[str]().union(*gate.values()))
        limit = asyncio.Semaphore(_AT_ONCE)

        async def of(person: str) -> frozenset[str]:
            found = set()
            for audience in audiences:
                async with limit:
                    one = await self._people.membership(workspace, person, audience, explain=False)
                if one is not None and one.member:
                    found.add(audience)
            return frozenset(found)

        return dict(zip(people, await asyncio.gather(*map(of, people)), strict=True))

    async def ask(self, config: WorkspaceConfig, destination: str, call: Replay) -> Replayed:
        """Answer what the lane answers."""
        return await lanes.ask(self._actors, config, destination, call, Replayed)

    def now(self) -> int:
        """Answer the time in milliseconds."""
        return self._clock.now()


class _Sending:
    """One step's sending."""

    def __init__(
        self, work: ReplayWork, job: str, state: ReplayState, config: WorkspaceConfig
    ) -> None:
        self._work = work
        self._job = job
        self._state = state
        self._config = config
        self._test = None if state.where is None else read_condition(state.where)
        self._suppressed = SuppressionCheck(config)
        own = [one for one in config.destinations if one.id == state.destination]
        if not own:
            raise Conflict(f"The destination {state.destination} was removed.")
        if not own[0].enabled:
            raise Unavailable(
                f"The destination {state.destination} is switched off; the replay waits."
            )
        self._router = Router(replace(config, destinations=tuple(own)))

    async def send(self, rows: Sequence[Row]) -> bool:
        """Deal with rows; tell whether all of them, else the lane had no more room."""
        state = self._state
        size = len(rows) if state.dry_run else max(1, min(PORTION, state.rate // 5))
        new = [row for row in rows if state.after is None or _place(row) > state.after]
        for portion in _portions(await self._selected(new), max(1, size)):
            began = self._work.now()
            wanted = await self._wanted(portion)
            events = [] if state.dry_run else [self._delivery(row) for row in wanted]
            until = _place(portion[-1])
            if events and not await self.take(events, until):
                done = state.after
                state.looked_at += sum(done is not None and _place(row) <= done for row in new)
                return False
            state.count(len(portion), [row["received_at"] for row in wanted])
            state.after = until
            due = began + 1000 * len(events) // state.rate
            await asyncio.sleep(max(0, due - self._work.now()) / 1000)
        state.looked_at += len(new)
        state.after = _place(new[-1]) if new else state.after
        return True

    async def take(self, events: list[tuple[Place, Deliver]], until: Place) -> bool:
        """Put events into the lane; tell whether there was room."""
        call = Replay(self._job, events, until)
        return (await self._work.ask(self._config, self._state.destination, call)).is_taken

    async def _selected(self, portion: Sequence[Row]) -> list[Row]:
        """Answer the events that were asked for, under who their people are now."""
        some = [row for row in portion if self._may(row)]
        now, workspace = self._work.people_now, self._config.workspace
        if names_person(self._state.where):
            return [row for row in await now.rename(workspace, some) if self._is_true_of(row)]
        return await now.rename(workspace, [row for row in some if self._is_true_of(row)])

    def _is_true_of(self, row: Row) -> bool:
        return self._test is None or self._test(row) is True

    def _may(self, row: Row) -> bool:
        state = self._state
        return (
            (state.since is None or row["timestamp"] >= state.since)
            and (state.until is None or row["timestamp"] <= state.until)
            and row["received_at"] < state.received_before
            and (state.with_audiences or not row["message_id"].startswith(OWN_MESSAGES))
            and not self._is_suppressed(row)
        )

    def _is_suppressed(self, row: Row) -> bool:
        """Tell whether nothing of that person is kept; the lake may have them a moment longer."""
        return bool(self._suppressed) and self._suppressed.covers((row["via"], row["person"]))

    async def _wanted(self, selected: Sequence[Row]) -> list[Row]:
        """Answer the events that the destination gets by its rules as they are now."""
        events = [(row, msgspec.json.decode(join_body(row))) for row in selected]
        routed = [(row, event) for row, event in events if self._router.destinations(event)]
        gate = self._router.gates.get(self._state.destination)
        if gate is None or not routed:
            return [row for row, _ in routed]
        people = sorted({row["person"] for row, _ in routed})
        members = await self._work.members(self._config.workspace, gate, people)
        return [row for row, event in routed if lets_through(gate, event, members[row["person"]])]

    def _delivery(self, row: Row) -> tuple[Place, Deliver]:
        workspace = self._config.workspace
        person = f"{workspace}/{row['person']}"
        command = Deliver(
            workspace, self._state.destination, person, row["message_id"], join_body(row)
        )
        return _place(row), command


def _portions(rows: Sequence[Row], most: int) -> Iterator[list[Row]]:
    """Answer rows in portions, none with more than one call carries."""
    portion: list[Row] = []
    size = 0
    for row in rows:
        length = sum(len(value) for value in row.values() if isinstance(value, str))
        if portion and (len(portion) == most or size + length > PORTION_BYTES):
            yield portion
            portion, size = [], 0
        portion.append(row)
        size += length
    if portion:
        yield portion


def _place(row: Row) -> Place:
    # As it was sorted: under who it was when it went to the lake.
    person = str(row.get("then", row["person"]))
    return day_number(row["received_at"]), person, row["timestamp"], row["message_id"]
