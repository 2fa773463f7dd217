"""One destination's lane in a database of its own: takes what is to be delivered, and delivers it.

What a Durable Object holds. The same driver and the same tables as locally; but here nothing runs
for ever: a call or an alarm has the lane do all that can be done, and sets when to go on. And
while a destination takes what it is sent, events pass through without being written down: the
call is answered when they are delivered (see lane_passing.py).
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from headwater.actors import dead_letters, deliveries
from headwater.actors.lane_calls import (
    Configure,
    CountLetters,
    DiscardLetters,
    Done,
    Enqueue,
    LaneAnswer,
    LaneEnvelope,
    LettersListed,
    ListLetters,
    Outdated,
    Remove,
    Replay,
    ReplayLetters,
    ShowStatus,
    ShowTheirs,
    Sift,
    StatusShown,
    decode_envelope,
    encode,
)
from headwater.actors.migrations import migrate
from headwater.actors.schemas import LANE, migrations
from headwater.commands import Command, Deliver, Rekey
from headwater.destinations.configuration import destination_of
from headwater.destinations.lane_status import LaneStatus
from headwater.dispatch.lane_passing import MOST, PassingRows
from headwater.dispatch.lane_report import empty, report_broken
from headwater.dispatch.lane_rows import StoredRows
from headwater.dispatch.lane_runner import LaneRunner
from headwater.dispatch.lane_surroundings import Surroundings
from headwater.errors import BadRequest
from headwater.ports import Clock, Http, Random, Sql
from headwater.workspace import DestinationConfig

T = TypeVar("T")

PATIENCE = 60_000
"""Milliseconds after which a lane that was cut short looks what is left."""

PROMPT = 2.0
"""Seconds within which a destination answers, or what is sent to it is stored first.

So nobody waits for it for longer, neither other destinations nor the people's next events; after
one that took longer, everything is stored for a minute before that is tried again.
"""

_LOOKS = (ShowStatus, ListLetters, CountLetters)

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Told:
    """What the lane is for."""

    workspace: str
    version: int
    config: DestinationConfig


class _Runs:
    """The lane's own database as its driver wants it: each job a unit of work."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def run(self, job: Callable[[Sql], T]) -> T:
        """Answer the job's result."""
        return self._sql.run(lambda: job(self._sql))


class LaneKeeper:
    """A lane, over a database that holds nothing yet, or its tables."""

    def __init__(self, sql: Sql, *, http: Http, clock: Clock, random: Random) -> None:
        self._sql = sql
        self._clock = clock
        runs = _Runs(sql)
        self._around = Surroundings(runs, runs, http, clock, random)
        self._told = sql.run(self._opened)
        self._problem = ""
        self._runner: LaneRunner | None = None
        self._passing: PassingRows | None = None
        self._slow_until = 0
        self._working = False

    def respond(self, request: str) -> tuple[str, Sequence[int]]:
        """Answer a call, both as JSON texts, and what to have `settled` before the answer counts.

        See that `work` is called then.
        """
        envelope = decode_envelope(request)
        call = envelope.call
        if isinstance(call, Enqueue) and (ids := self._pass(envelope, call)) is not None:
            return encode(Done(len(call.commands))), ids
        if self._passing is not None and not isinstance(call, _LOOKS):
            self._passing.store()
            self._passing.renew()
        return encode(self._sql.run(lambda: self._run(envelope))), ()

    async def settled(self, ids: Sequence[int]) -> None:
        """Return once these are delivered or stored, within `PROMPT` seconds."""
        passing = self._passing
        if ids and passing is not None and not await passing.settled(ids, patience=PROMPT):
            self._slow_until = self._clock.now() + PATIENCE

    async def work(self) -> int | None:
        """Deliver all that can be delivered now; answer when to go on, in milliseconds.

        Called while it works already it answers at once; what was put in meanwhile is seen.
        """
        runner = self._made()
        if runner is None:
            return None
        runner.wake()
        if self._working:
            return self.wake_at()
        self._working = True
        try:
            return await runner.run_dry()
        finally:
            self._working = False

    def wake_at(self) -> int | None:
        """Answer when to look again even if all that works now is cut short, in milliseconds."""
        waiting = self._sql.execute("SELECT 1 FROM delivery LIMIT 1")
        return self._clock.now() + PATIENCE if waiting else None

    def _run(self, envelope: LaneEnvelope) -> LaneAnswer:
        if isinstance(envelope.call, Remove):
            return self._remove(envelope)
        if self._told is None or self._told.version < envelope.version:
            if envelope.config is None:
                return Outdated()
            self._configure(envelope, envelope.config)
        return self._answer(envelope)

    def _answer(self, envelope: LaneEnvelope) -> LaneAnswer:
        now = self._clock.now()
        match envelope.call:
            case Enqueue(commands=commands):
                self._enqueue(commands, now)
                return Done(len(commands))
            case ShowStatus():
                return StatusShown(self._status(now))
            case ListLetters(which=which, limit=limit):
                return LettersListed(dead_letters.dead_letters(self._sql, which, limit=limit))
            case CountLetters(which=which):
                return Done(dead_letters.count(self._sql, which))
            case DiscardLetters(which=which):
                return Done(dead_letters.discard(self._sql, which, limit=2**31))
            case ReplayLetters(which=which):
                replayed = dead_letters.replay(self._sql, which, now, limit=2**31)
                return Done(sum(replayed.values()))
            case Replay() | Sift() | ShowTheirs() as call:
                return _seldom(self._sql, envelope, call, now=now)
            case Configure() | Remove():
                return Done()

    def _pass(self, envelope: LaneEnvelope, call: Enqueue) -> Sequence[int] | None:
        """Hand events to the lane without storing them; None where they must be stored."""
        now = self._clock.now()
        told, runner, passing = self._told, self._made(), self._passing
        if (
            told is None
            or told.version < envelope.version
            or runner is None
            or passing is None
            or not told.config.enabled
            or now < self._slow_until
            or not runner.lane.flows(now)
            or passing.count + len(call.commands) > MOST
            or self.wake_at() is not None  # what is stored comes first
        ):
            return None
        ids: list[int] = []
        for command in call.commands:
            if isinstance(command, Deliver):
                rows = passing.take([command], now)
                runner.lane.accept(rows)
                ids += [row.id for row in rows]
            elif isinstance(command, Rekey):
                runner.lane.rename(command.loser, command.winner)
        return ids

    def _enqueue(self, commands: Sequence[Command], now: int) -> None:
        """Append in order: what stands before a merge before it, what stands after it after."""
        together: list[Deliver] = []
        for command in commands:
            if isinstance(command, Deliver):
                together.append(command)
                continue
            deliveries.enqueue(self._sql, together, now)
            together = []
            if isinstance(command, Rekey):
                deliveries.rekey(self._sql, command.loser, command.winner)
        deliveries.enqueue(self._sql, together, now)

    def _configure(self, envelope: LaneEnvelope, config: DestinationConfig) -> None:
        if self._told is None:
            _keep_letters_apart(self._sql, envelope.destination)
        self._told = _Told(envelope.workspace, envelope.version, config)
        body = msgspec.json.encode(config).decode()
        self._sql.execute(
            "INSERT INTO lane_settings (only, workspace, version, config) VALUES (1, ?, ?, ?)"
            " ON CONFLICT (only)"
            " DO UPDATE SET version = excluded.version, config = excluded.config",
            (envelope.workspace, envelope.version, body),
        )
        if self._runner is not None:
            try:
                self._runner.configure(config)
            except BadRequest as error:
                self._runner, self._problem = None, error.message

    def _remove(self, envelope: LaneEnvelope) -> Done:
        """Forget what waits; dead letters go with it, as nobody can list them any more."""
        count = deliveries.drop(self._sql, envelope.workspace, envelope.destination)
        for table in ("dead_letter", "lane_settings", "replayed"):
            self._sql.execute(f"DELETE FROM {table}")  # noqa: S608 - the names above
        self._told, self._runner = None, None
        return Done(count)

    def _opened(self) -> _Told | None:
        migrate(self._sql, migrations(LANE))
        rows = self._sql.execute("SELECT workspace, version, config FROM lane_settings")
        if not rows:
            return None
        ((workspace, version, config),) = rows
        return _Told(workspace, version, msgspec.json.decode(config, type=DestinationConfig))

    def _made(self) -> LaneRunner | None:
        """Answer the driver, made at its first use; None where the settings do not work."""
        if self._runner is None and self._told is not None:
            told = self._told
            try:
                around, own = self._around, (told.workspace, told.config.id)
                destination = destination_of(told.config.type)
                stored = StoredRows(around.writer, around.readers, *own)
                passing = PassingRows(self._sql, stored, *own)
                self._runner = LaneRunner(
                    told.workspace, told.config, destination, around, rows=passing
                )
                self._passing, self._problem = passing, ""
            except BadRequest as error:
                self._problem = error.message
                _logger.warning("Destination %s does not work: %s", told.config.id, error.message)
        return self._runner

    def _status(self, now: int) -> LaneStatus | None:
        told = self._told
        if told is None:
            return None
        stored = next(iter(deliveries.statistics(self._sql)), None)
        stored = stored or empty(told.workspace, told.config.id)
        runner = self._made()
        if runner is None:
            return report_broken(told.config, stored, self._problem, now=now)
        return runner.report(stored)


def _seldom(
    sql: Sql, envelope: LaneEnvelope, call: Replay | Sift | ShowTheirs, *, now: int
) -> LaneAnswer:
    """Answer what is seldom asked; events need none of it."""
    from headwater.actors import (  # noqa: PLC0415 - see above
        lane_erasing,
        lane_replaying,
        lane_showing,
    )

    workspace = envelope.workspace
    match call:
        case Replay():
            return lane_replaying.replay(sql, workspace, envelope.destination, call, now=now)
        case Sift():
            return lane_erasing.sift(sql, workspace, call)
        case ShowTheirs():
            return lane_showing.show_theirs(sql, workspace, call)


def _keep_letters_apart(sql: Sql, destination: str) -> None:
    """Have the ids of this lane's dead letters begin at a place of its own.

    So that a workspace's letters, which come from many lanes, have one id each: 21 bits of the
    destination, 31 of the letter, exact in JavaScript too.
    """
    first = int.from_bytes(hashlib.sha256(destination.encode()).digest()[:8]) % (1 << 21) << 31
    sql.execute(
        "INSERT INTO dead_letter (id, lane, message_id, person, reason, response, attempts,"
        " enqueued_at, died_at, size, body) VALUES (?, 0, '', '', '', '', 0, 0, 0, 0, '')",
        (first,),
    )
    sql.execute("DELETE FROM dead_letter WHERE id = ?", (first,))
