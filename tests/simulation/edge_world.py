"""A simulated edge: each actor with its own database, calls that are lost or repeated, queues.

The dispatcher under test is the one that runs on the edge; this is its in-memory twin of the
`Actors` and `Queue` ports. Every call waits, on its way there and back, until the seed lets it
go on. One seed makes one run.
"""

from __future__ import annotations

import asyncio
import json
import random
import sqlite3
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from headwater.actors import identity_calls
from headwater.actors.configurations import Configurations
from headwater.actors.identity_calls import Carry, Envelope, Received, Split
from headwater.actors.identity_messages import Join
from headwater.actors.identity_object import IdentityObject
from headwater.actors.identity_state import Root, decode
from headwater.actors.identity_storage import Turn, schema
from headwater.actors.lazy_tables import LazyTables
from headwater.collect.arrival import Arrival
from headwater.commands import Command, Deliver, Rekey
from headwater.dispatch.identity_alarms import IdentityAlarms
from headwater.dispatch.intake import Dispatcher, Whereabouts
from headwater.dispatch.lake_flush import LakeFlush
from headwater.dispatch.parcels import Deliveries
from headwater.dispatch.population import Shards
from headwater.dispatch.population_recalling import LakeRows
from headwater.errors import HeadwaterError
from headwater.lake.catalogue import Catalogue
from headwater.lake.manifest import Manifest
from headwater.lake.parquet.reader import read
from headwater.local.sql import Database
from headwater.ports import CallFailed
from headwater.profiles.resolution import Limits
from headwater.profiles.traits import fold
from headwater.workspace import WorkspaceConfig
from tests.lake.memory_bucket import MemoryBucket
from tests.simulation.edge_twins import (
    FarBucket,
    IdentityTwin,
    LaneTwin,
    Now,
    PopulationTwin,
    actor_database,
)
from tests.simulation.network import Faults
from tests.simulation.oracle import Oracle
from tests.simulation.pipeline import SeededRandom
from tests.simulation.world import Crash

T = TypeVar("T")

_LARGEST_MESSAGE = 128_000  # bytes, as Cloudflare's queues have it


FLUSHES = 3
"""Consumers that bring events to the lake at a time; wrangler.toml wants one, and gets some."""


async def nobody_follows(_workspace: str, _told: Sequence[Arrival]) -> None:
    """Show nothing to nobody."""


class EdgeWorld:
    """All of it: actors, queue, lanes, shards, and the isolates that run the dispatcher."""

    def __init__(
        self,
        seed: int,
        config: WorkspaceConfig,
        *,
        faults: Faults | None = None,
        lake_after: int | None = None,
    ) -> None:
        self.random = random.Random(seed)
        self.current = config
        self.faults = faults or Faults()
        self.shards: dict[str, Database] = {}
        self.alarms: dict[str, None] = {}  # they outlive their objects
        self.databases: dict[str, LazyTables] = {}
        self.objects: dict[str, IdentityObject] = {}
        self.known = Configurations()
        self.lake_after = lake_after
        self.hot_days: int | None = None
        self.rows: LakeRows | None = None
        self.bucket = FarBucket(self)
        self.queued: list[str] = []
        self.lake_queued: list[str] = []
        self.flushes = 0
        self.lanes: dict[str, list[Command]] = {}
        self.oracle = Oracle(Limits(config.identity))
        self.now = 1_000_000
        self.struck: Counter[str] = Counter()
        self.calls = 0
        self.tasks: dict[asyncio.Task[Any], None] = {}  # in order, for the same run again
        self.ways: list[asyncio.Future[None]] = []
        self.whereabouts = Whereabouts()
        self.stored: list[tuple[str, str, str]] = []
        self.times_stored: Counter[str] = Counter()
        self.parted: list[tuple[str, str]] = []
        self.consumer: Callable[[list[str]], Awaitable[list[bool]]] = Deliveries(
            self, self, self
        ).consume
        self.came_back: set[str] = set()

    # The ports.

    def identity(self, name: str) -> IdentityTwin:
        """Answer an identity actor."""
        return IdentityTwin(self, name)

    def workspace(self, workspace: str) -> IdentityTwin:
        """Settings are not part of this world."""
        raise AssertionError(f"nobody asks {workspace} on this way")

    def lane(self, workspace: str, destination: str) -> LaneTwin:
        """Answer a lane."""
        return LaneTwin(self, f"{workspace}/{destination}")

    def tail(self, workspace: str) -> IdentityTwin:
        """Nobody follows events in this world."""
        raise AssertionError(f"nobody asks {workspace} on this way")

    def job(self, workspace: str, job: str) -> IdentityTwin:
        """Jobs are not part of this world."""
        raise AssertionError(f"nobody asks for {job} of {workspace} on this way")

    def population(self, workspace: str, shard: int) -> PopulationTwin:
        """Answer a shard of the population."""
        return PopulationTwin(self, f"{workspace}/{shard}")

    async def send(self, topic: str, messages: Sequence[str]) -> None:
        """Put messages into the queue."""
        queued = {"deliveries": self.queued, "lake": self.lake_queued}[topic]
        if any(len(message.encode()) > _LARGEST_MESSAGE for message in messages):
            raise CallFailed("a message is too large")

        def put() -> None:
            queued.extend(messages)

        await self.carried(put)

    async def config(self, workspace: str) -> WorkspaceConfig:
        """Answer the workspace's configuration."""
        assert workspace == self.current.workspace
        return self.current

    async def newest(self, workspace: str) -> WorkspaceConfig:
        """Answer the workspace's configuration."""
        return await self.config(workspace)

    # What happens in it.

    def dispatcher(self) -> Dispatcher:
        """Answer what a request runs."""
        return Dispatcher(self, self, whereabouts=self.whereabouts, later=self.spawn)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something beside everything else."""
        task = asyncio.get_running_loop().create_task(work)
        self.tasks[task] = None
        task.add_done_callback(self.tasks.pop)

    async def way(self) -> None:
        """Be under way, until the seed lets it arrive."""
        arrival: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.ways.append(arrival)
        await arrival

    async def carried(self, work: Callable[[], T]) -> T:
        """Do something at the other end, or not, or twice; answer it, or lose the answer."""
        await self.way()
        chance = self.random.randrange(100)
        if chance < self.faults.drop / 2:
            self.struck["drop"] += 1
            raise CallFailed("the request was lost")
        try:
            answer = work()
            if chance >= 100 - self.faults.repeat:
                self.struck["repeat"] += 1
                answer = work()
        except Crash as crash:
            raise CallFailed("the actor died") from crash
        await self.way()
        if self.random.randrange(100) < self.faults.drop / 2:
            self.struck["lost answer"] += 1
            raise CallFailed("the answer was lost")
        return answer

    def run(self, name: str, request: str) -> str:
        """Run one call in its actor: all of it is committed, or nothing."""
        self.calls += 1
        envelope = identity_calls.decode_envelope(request)
        assert envelope.actor == name
        sql = self.databases.get(name)
        if sql is None:
            sql = self.databases[name] = actor_database(lambda: self.cut(name))
        actor = self.object(name)
        heard = self._heard(sql, envelope)
        before = self._ids(sql, name)
        text = actor.respond(sql, request, now=self.now)
        if self.wants(name):
            self.alarms[name] = None
        answer = identity_calls.decode_answer(text)
        self._tell_oracle(sql, envelope, answer, heard=heard, before=before)
        return text

    def cut(self, name: str) -> None:
        """Have an actor die before its commit, sometimes."""
        if self.random.randrange(100) < self.faults.cut:
            self.struck["cut"] += 1
            del self.objects[name]
            raise Crash

    def _heard(self, sql: LazyTables, envelope: Envelope) -> bool:
        """Tell whether a request to join is one that its actor has answered before."""
        call = envelope.call
        if not (isinstance(call, Carry) and isinstance(call.request, Join)):
            return False
        state = Turn(sql).state(envelope.actor) if self._stored(sql) else None
        heard = state.heard.get(call.request.actor) if state else None
        return bool(heard and heard[0] >= call.request.number)

    def _stored(self, sql: LazyTables) -> bool:
        return bool(sql.execute("SELECT 1 FROM sqlite_master LIMIT 1"))

    def _ids(self, sql: LazyTables, name: str) -> set[str]:
        state = Turn(sql).state(name) if self._stored(sql) else None
        return set(state.ids) if isinstance(state, Root) else set()

    def _tell_oracle(
        self, sql: LazyTables, envelope: Envelope, answer: Any, *, heard: bool, before: set[str]
    ) -> None:
        call, name = envelope.call, envelope.actor
        if isinstance(answer, Received):
            assert isinstance(call, identity_calls.Receive)
            for place in answer.stored:
                event = call.events[place]
                self.times_stored[event.message_id] += 1
                # One that is sent again while its person moves may be stored at both ends, until
                # the rows are pulled.
                if all(event.message_id != message for _, _, message in self.stored):
                    self.stored.append((name, event.identifiers[0], event.message_id))
        elif isinstance(answer, identity_calls.Carried) and isinstance(call, Carry):
            if isinstance(call.request, Join) and not heard:
                self.oracle.decided(call.request, answer.reply)  # type: ignore[arg-type]  # a Join's
        elif isinstance(answer, identity_calls.Parted) and isinstance(call, Split):
            stays = self._ids(sql, name)
            self.oracle.parted(stays, before - stays)
            self.came_back.add(answer.restored)
            blocked = Turn(sql).root(name).blocked
            self.parted.append(next((far, near) for far, near in blocked.items() if far in before))

    def step(self) -> None:
        """Let one thing happen."""
        self.now += self.random.choice([0, 1, 5])
        chance = self.random.randrange(100)
        if chance < self.faults.crash:
            self.crash()
        elif chance < 10 or not self.ways:
            self.random.choice([self.alarm, self.consume, self.consume, self.evict])()
        else:
            place = self.random.randrange(len(self.ways))
            self.struck["reorder"] += place > 0
            arrival = self.ways.pop(place)
            if not arrival.done():
                arrival.set_result(None)

    def crash(self) -> None:
        """All isolates die: what they were doing ends where it is."""
        self.struck["crash"] += 1
        for task in list(self.tasks):
            task.cancel()
        self.objects.clear()
        self.known = Configurations()
        self.whereabouts = Whereabouts()

    def evict(self) -> None:
        """One object is forgotten between two calls."""
        if self.objects:
            self.objects.pop(self.random.choice(sorted(self.objects)))

    def alarm(self) -> None:
        """An actor that left something undone looks again."""
        if self.alarms:
            name = self.random.choice(sorted(self.alarms))
            del self.alarms[name]
            actor = self.object(name)
            actor.alarm()
            self.spawn(self._wake(name, actor))

    def wants(self, name: str) -> bool:
        """Tell whether an actor asks to be woken."""
        actor = self.object(name)
        return actor.wake_at(self.databases[name], now=self.now) is not None

    def object(self, name: str) -> IdentityObject:
        """Answer an actor's object, made anew where it was forgotten."""
        made = IdentityObject(self.known, lake_after=self.lake_after)
        return self.objects.setdefault(name, made)

    def identity_alarms(self) -> IdentityAlarms:
        """Answer what does the work of alarms."""
        return IdentityAlarms(
            self,
            self.known,
            self.dispatcher(),
            self,
            Shards(self),
            clock=Now(self),
            show=nobody_follows,
            rows=self.rows,
        )

    async def _wake(self, name: str, actor: IdentityObject) -> None:
        is_done = False
        sql = self.databases[name]
        try:
            with suppress(CallFailed, HeadwaterError):
                await self.identity_alarms().act(name, actor, sql)
                is_done = True
        finally:  # an alarm that did not come to its end goes off again
            if not is_done or self.wants(name):
                self.alarms[name] = None

    def consume(self) -> None:
        """The queue hands a batch to a consumer, in any order; what it refuses comes again."""
        if self.flushes < FLUSHES and self.lake_queued and self.random.randrange(2):
            self._consume_for_lake()
            return
        if not self.queued:
            return
        self.random.shuffle(self.queued)
        size = self.random.randint(1, 5)
        batch, self.queued = self.queued[:size], self.queued[size:]
        self.spawn(self._consume(batch))

    async def _consume(self, batch: list[str]) -> None:
        done = [False] * len(batch)
        try:
            done = await self.consumer(batch)
        finally:  # where the consumer dies, all of the batch comes again
            self.queued += [
                message for message, is_done in zip(batch, done, strict=True) if not is_done
            ]

    def _consume_for_lake(self) -> None:
        self.random.shuffle(self.lake_queued)
        size = self.random.randint(1, 4)
        batch, self.lake_queued[:] = self.lake_queued[:size], self.lake_queued[size:]
        if self.random.randrange(100) < self.faults.repeat:
            self.lake_queued += batch  # a queue delivers at least once
        self.spawn(self._flush(batch))

    async def _flush(self, batch: list[str]) -> None:
        self.flushes += 1
        done = [False] * len(batch)
        flush = LakeFlush(
            self,
            self,
            self.bucket,
            self,
            clock=Now(self),
            random=SeededRandom(self.random),
            hot_days=self.hot_days,
        )
        try:
            done = await flush.consume(batch)
        finally:
            self.flushes -= 1
            self.lake_queued += [
                message for message, is_done in zip(batch, done, strict=True) if not is_done
            ]

    # What can be seen.

    def lake(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]], Manifest]:
        """Answer the lake's rows, of events and of identity, and its manifest."""
        objects = MemoryBucket()
        objects.objects = self.bucket.objects
        manifest = asyncio.run(Catalogue(objects, self.current.workspace).refresh())
        found: list[list[dict[str, Any]]] = []
        for table in ("events", "identity"):
            found.append([])
            for one in manifest.of(table):
                columns = read(objects.objects[one.key])
                names = list(columns)
                found[-1] += [
                    dict(zip(names, row, strict=True))
                    for row in zip(*columns.values(), strict=True)
                ]
        return found[0], found[1], manifest

    def union(self) -> Database:
        """Answer one database with the rows of all actors, as the local runtime has them."""
        connection = sqlite3.connect(":memory:", isolation_level=None)
        connection.executescript(schema())
        whole = Database(connection)
        for table, columns in (
            ("identity", "actor, pending, body"),
            ("event", "actor, message_id, timestamp, via, type, body"),
            ("traits", "actor, via, body"),
            ("member", "actor, member, timestamp"),
        ):
            marks = ", ".join("?" * len(columns.split(",")))
            for name in sorted(self.databases):
                if not self._stored(self.databases[name]):
                    continue  # somebody looked for whom nobody knows
                # An empty actor marks a row that was dropped, and only keeps its id from use.
                rows = self.databases[name].execute(
                    f"SELECT {columns} FROM {table} WHERE actor <> ''"
                )
                whole.execute_many(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)
        return whole

    def undone(self) -> list[str]:
        """Answer the actors that still want something."""
        return sorted(self.alarms)

    def check_lanes(self) -> None:
        """Check what each lane got: everything stored, each person's in order, also over merges."""
        order = {message: place for place, (_, _, message) in enumerate(self.stored)}
        for commands in self.lanes.values():
            first: dict[str, int] = {}
            for place, command in enumerate(commands):
                if isinstance(command, Deliver):
                    first.setdefault(command.message_id, place)
            assert set(first) == set(order), "a delivery is missing"
            for actor in {actor for actor, _, _ in self.stored}:
                # What was sent again while its person moved may have been stored at both ends,
                # and then leaves by whichever is first.
                own = [
                    first[message]
                    for at, _, message in self.stored
                    if at == actor and self.times_stored[message] == 1
                ]
                assert own == sorted(own), f"deliveries of {actor} are out of order"
            self._check_merges(commands, first)

    def _check_merges(self, commands: list[Command], first: dict[str, int]) -> None:
        seen: set[str] = set()
        for place, command in enumerate(commands):
            if isinstance(command, Rekey) and f"{command.loser} {command.winner}" not in seen:
                seen.add(f"{command.loser} {command.winner}")
                if command.loser in self.came_back:
                    continue  # a split made it a person again, who goes on by itself
                late = [
                    message
                    for at, _, message in self.stored
                    if at == command.loser and first[message] > place
                ]
                assert not late, f"what {command.loser} did comes after it became another"

    def check_population(self) -> None:
        """Check what shards know of everybody: each person whole, in one shard, and nobody else."""
        whole = Turn(self.union())
        expected = {}
        for actor, body in whole.sql.execute("SELECT actor, body FROM identity"):
            root = decode(body)
            if isinstance(root, Root):
                traits = fold(part for _, part in whole.all_traits(actor))
                rows = whole.sql.execute(
                    "SELECT message_id FROM event WHERE actor = ? ORDER BY 1", (actor,)
                )
                expected[actor.partition("/")[2]] = (
                    {name: held[0] for name, held in traits.items() if held[0] is not None},
                    sorted(root.ids),
                    sorted({group for groups in root.ids.values() for group in groups}),
                    [row[0] for row in rows],
                )
        found = {}
        for sql in self.shards.values():
            for person, traits, identifiers, accounts in sql.execute(
                "SELECT person, traits, identifiers, accounts FROM person WHERE gone = 0"
            ):
                assert person not in found, f"{person} lies in two shards"
                rows = sql.execute(
                    "SELECT message_id FROM events WHERE person = ? ORDER BY 1", (person,)
                )
                told = [json.loads(text) for text in (traits, identifiers, accounts)]
                found[person] = (*told, [row[0] for row in rows])
        assert found == expected
