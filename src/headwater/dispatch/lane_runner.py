"""Drives one lane: reads what waits, makes the requests that the lane asks for, settles them."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from headwater.actors.deliveries import LaneStatistics
from headwater.destinations.destination import Destination, OutgoingEvent
from headwater.destinations.lane import Lane
from headwater.destinations.lane_status import LaneStatus
from headwater.destinations.latency import Latency
from headwater.destinations.outcome import (
    CredentialsRefused,
    Delivered,
    Outcome,
    Rejected,
    RetryAfter,
    read_failure,
)
from headwater.destinations.settlement import Attempt, Row, Settlement
from headwater.dispatch.lane_report import Last, report
from headwater.dispatch.lane_rows import Rows, StoredRows
from headwater.dispatch.lane_surroundings import Surroundings
from headwater.errors import HeadwaterError
from headwater.ports import HttpFailure, HttpResponse
from headwater.workspace import DestinationConfig

_logger = logging.getLogger(__name__)

# The clock may be set, so nobody sleeps for longer than this (seconds).
_LONGEST_SLEEP = 30.0
_TROUBLE_FIRST = 0.5
_TROUBLE_LONGEST = 30.0

_NAMES: dict[type[Outcome], str] = {
    Delivered: "delivered",
    RetryAfter: "retry",
    Rejected: "rejected",
    CredentialsRefused: "credentials_refused",
}


class LaneRunner:
    """One lane at work, from `start` to `stop`."""

    def __init__(
        self,
        workspace: str,
        config: DestinationConfig,
        destination: Destination,
        surroundings: Surroundings,
        *,
        rows: Rows | None = None,
    ) -> None:
        """Make it, at rest.

        Args:
            workspace: whose lane it is.
            config: what it is for.
            destination: of the configuration's type.
            surroundings: what it works with.
            rows: the lane's rows, if they are not all in the surroundings' database.

        Raises:
            BadRequest: the stored settings are not valid.
        """
        self.workspace = workspace
        self.config = config
        self.last = Last()
        self.responses = Latency()
        self.delays = Latency()
        self._destination = destination
        self._settings = destination.checked(config.settings)
        self._around = surroundings
        self.lane = Lane(destination.limits(self._settings))
        self._rows = rows or StoredRows(
            surroundings.writer, surroundings.readers, workspace, config.id
        )
        self._last_merge = 0
        self._more = True
        self._awake = asyncio.Event()
        self._requests: set[asyncio.Task[None]] = set()
        self._loop: asyncio.Task[None] | None = None
        self._stopping = False

    def start(self) -> None:
        """Begin to deliver."""
        name = f"lane {self.workspace}/{self.config.id}"
        self._loop = asyncio.get_running_loop().create_task(self._run(), name=name)

    def wake(self) -> None:
        """Something was committed for this lane."""
        self._more = True
        self._awake.set()

    def configure(self, config: DestinationConfig) -> None:
        """Go on with a changed configuration; what is in flight ends as it began.

        Raises:
            BadRequest: the settings are not valid; nothing has changed.
        """
        settings = self._destination.checked(config.settings)
        self.config = config
        if settings != self._settings:
            self._settings = settings
            self.lane.reset(self._destination.limits(settings))
        self._awake.set()

    async def stop(self, grace: float) -> None:
        """Start nothing more, and return once what is in flight has ended, `grace` s at most.

        Requests cut short are made again after the next start.
        """
        self._stopping = True
        if self._loop is not None:
            self._loop.cancel()
            with suppress(asyncio.CancelledError):
                await self._loop
        if self._requests:
            _, late = await asyncio.wait(self._requests, timeout=grace)
            for request in late:
                request.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def report(self, stored: LaneStatistics) -> LaneStatus:
        """Answer how the lane is, with what storage knows of it."""
        return report(
            self.config,
            stored,
            self.lane,
            last=self.last,
            responses=self.responses,
            delays=self.delays,
            now=self._around.clock.now(),
        )

    async def _run(self) -> None:
        trouble = _TROUBLE_FIRST
        while True:
            try:
                await self._step()
                trouble = _TROUBLE_FIRST
            except Exception:
                # Whatever it was (the readers, the disk), the lane must go on when it is over.
                _logger.exception("Lane %s cannot go on; it tries again.", self.config.id)
                await asyncio.sleep(trouble)
                trouble = min(_TROUBLE_LONGEST, trouble * 2)

    async def run_dry(self) -> int | None:
        """Do all that can be done now; answer when time gives more to do, in milliseconds.

        For a driver that is woken by commits and by alarms, instead of `start`.
        """
        while True:
            self._awake.clear()
            more = await self._advance()
            if self._requests:
                await self._awake.wait()
            elif not more:
                return self.lane.wake_at(self._around.clock.now()) if self.config.enabled else None

    async def _advance(self) -> bool:
        """Read and begin what can be begun; tell whether there is more to be read at once."""
        if self.config.enabled:
            await self._refill()
            for attempt in self.lane.attempts(self._around.clock.now()):
                self._begin(attempt)
        # A full page may have been read while there is room for the next.
        return self._more and self.config.enabled and bool(self.lane.room())

    async def _step(self) -> None:
        self._awake.clear()
        if await self._advance():
            return
        try:
            async with asyncio.timeout(self._pause()):
                await self._awake.wait()
        except TimeoutError:
            # Look for new rows as well, so that a commit that nobody told of is not left lying.
            self._more = True

    def _pause(self) -> float:
        """Answer the seconds until time alone gives something to do."""
        now = self._around.clock.now()
        due = self.lane.wake_at(now) if self.config.enabled else None
        if due is None:
            return _LONGEST_SLEEP
        return min(_LONGEST_SLEEP, max(0.001, (due - now) / 1000))

    async def _refill(self) -> None:
        """Read the rows behind those that the lane has, if it has room for them."""
        room = self.lane.room()
        if not self._more or not room:
            return
        self._more = False  # a wake from here on counts
        reading = await self._rows.read(
            after=self.lane.cursor, limit=room, last_merge=self._last_merge
        )
        if reading is None:
            return
        for loser, winner in reading.merges:
            self.lane.rename(loser, winner)
        self._last_merge = reading.last_merge
        self.lane.accept(reading.rows)
        if len(reading.rows) == room:
            self._more = True

    def _begin(self, attempt: Attempt) -> None:
        request = asyncio.get_running_loop().create_task(self._attempt(attempt))
        self._requests.add(request)
        request.add_done_callback(self._ended)

    def _ended(self, request: asyncio.Task[None]) -> None:
        self._requests.discard(request)
        self._awake.set()

    async def _attempt(self, attempt: Attempt) -> None:
        try:
            bodies = await self._rows.bodies([row.id for row in attempt.rows])
            present = [row for row in attempt.rows if row.id in bodies]
            if not present:
                self.lane.forget(attempt)
                return
            events = [OutgoingEvent(row.message_id, bodies[row.id]) for row in present]
            outcome, response = await self._exchange(events)
            settlement = self.lane.conclude(
                attempt,
                outcome,
                response=response,
                now=self._around.clock.now(),
                draw=self._around.random.uniform(),
            )
            self._note(outcome, present)
            await self._settle(settlement)
            self.lane.release(attempt, settlement)
        except asyncio.CancelledError:
            raise  # the process ends; what is not settled is made again
        except Exception:
            _logger.exception("An attempt of lane %s broke off.", self.config.id)
            await asyncio.sleep(_TROUBLE_FIRST)
            self.lane.abandon(attempt)

    async def _exchange(self, events: list[OutgoingEvent]) -> tuple[Outcome, HttpResponse | None]:
        clock = self._around.clock
        try:
            request = self._destination.build(events, self._settings, clock.now())
        except HeadwaterError as error:
            return Rejected(error.message), None
        except Exception as error:
            _logger.exception("Building a request of lane %s failed.", self.config.id)
            return Rejected(f"no request could be built: {type(error).__name__}"), None
        started = clock.now()
        try:
            response = await self._around.http.send(request)
        except HttpFailure as failure:
            return read_failure(failure), None
        self.responses.add((clock.now() - started) / 1000)
        try:
            return self._destination.read(response, clock.now()), response
        except Exception:
            _logger.exception("Reading a response of lane %s failed.", self.config.id)
            return RetryAfter(
                None, f"a response with {response.status} was not understood"
            ), response

    async def _settle(self, settlement: Settlement) -> None:
        """Write until it is written: an event that was delivered must not be sent again."""
        if not settlement.writes:
            return
        now = self._around.clock.now()
        trouble = _TROUBLE_FIRST
        while True:
            try:
                await self._rows.settle(settlement, now)
            except Exception as error:
                if self._stopping:
                    raise
                _logger.warning("Lane %s cannot write: %s; it tries again.", self.config.id, error)
                await asyncio.sleep(trouble)
                trouble = min(_TROUBLE_LONGEST, trouble * 2)
            else:
                return

    def _note(self, outcome: Outcome, rows: list[Row]) -> None:
        now = self._around.clock.now()
        reason = None if isinstance(outcome, Delivered) else outcome.reason
        self.last = Last(_NAMES[type(outcome)], reason, now)
        if reason is None:
            for row in rows:
                self.delays.add((now - row.enqueued_at) / 1000)
