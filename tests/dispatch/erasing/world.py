"""An edge in memory on which people can be erased: real objects, and calls and jobs that fail."""

from __future__ import annotations

import asyncio
import json
import random
import sqlite3
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from headwater.actors.configurations import Configurations
from headwater.actors.identity_object import IdentityObject
from headwater.actors.jobs import Job
from headwater.actors.lazy_tables import LazyTables
from headwater.actors.population_object import PopulationObject
from headwater.actors.settings_object import SettingsObject
from headwater.actors.workspace import WorkspaceActor
from headwater.api.archive_views import archive_views
from headwater.api.directory import WriteKeyDirectory
from headwater.collect.arrival import Arrival
from headwater.dispatch.erasing.erasure import ErasureWork
from headwater.dispatch.exporting.events import EventsExportWork
from headwater.dispatch.exporting.files import BucketExports
from headwater.dispatch.exporting.people_now import PeopleNow
from headwater.dispatch.exporting.person import PersonExportWork
from headwater.dispatch.intake import Dispatcher, Whereabouts
from headwater.dispatch.job_keeper import JobKeeper
from headwater.dispatch.jobs import JobsOverActors
from headwater.dispatch.lake_flush import LakeFlush
from headwater.dispatch.lane_keeper import LaneKeeper
from headwater.dispatch.parcels import Deliveries
from headwater.dispatch.people import PeopleOverActors
from headwater.dispatch.population import Shards, feed
from headwater.dispatch.replaying.work import ReplayWork
from headwater.dispatch.settings import SettingsOverActors
from headwater.lake.parquet.reader import read
from headwater.local.sql import Database
from headwater.ports import CallFailed, HttpFailure, HttpRequest, HttpResponse
from headwater.workspace import WorkspaceConfig
from tests.lake.memory_bucket import MemoryBucket
from tests.simulation.edge_twins import TABLES
from tests.simulation.pipeline import SeededRandom

W = "default"
START = 1_790_000_000_000


class Killed(BaseException):
    """The job's object dies, in the middle of a step."""


@dataclass
class Calls:
    """An actor behind a network that may fail."""

    world: ErasingWorld
    answer: Callable[[str], Awaitable[str]]

    async def call(self, request: str) -> str:
        """Answer what the actor answers, or nothing."""
        await self.world.way()
        self.world.fail()
        answer = await self.answer(request)
        self.world.fail()
        await self.world.way()
        return answer


class Unreachable:
    """A destination that nothing can be sent to, so that all waits for it."""

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Fail."""
        raise HttpFailure(f"{request.url} does not answer")


class Signing:
    """The `Signer` of an erasure."""

    async def made_key(self) -> str:
        """Answer a key."""
        return Ed25519PrivateKey.generate().private_bytes_raw().hex()

    async def sign(self, key: str, data: bytes) -> tuple[bytes, bytes]:
        """Answer the public key, and the signature."""
        private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(key))
        public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return public, private.sign(data)


class ErasingWorld:
    """All objects of one workspace.

    Attributes:
        failing: of a hundred calls so many fail, before or after they were carried out.
        deadly: of a hundred calls of the job so many kill it.
    """

    def __init__(self, seed: int = 0) -> None:
        self.rng = random.Random(seed)
        self.random = SeededRandom(self.rng)
        self.at = START
        self.failing = self.deadly = 0
        self.databases: dict[str, Database] = {}
        self.objects: dict[str, Any] = {}
        self.known = Configurations()
        self.bucket = MemoryBucket(seed)
        self.queued: dict[str, list[str]] = {"deliveries": [], "lake": []}
        self.directory = WriteKeyDirectory()
        self.settings = SettingsOverActors(self, self.directory, clock=self)
        self.people = PeopleOverActors(self, self, self.settings, clock=self, random=self.random)
        self.jobs = JobsOverActors(
            self,
            self.settings,
            kinds={"erase", "export-person", "export", "replay"},
            clock=self,
            random=self.random,
        )
        self.exports = BucketExports(self.bucket, self.jobs, self.settings, clock=self)
        self.waiting: list[Coroutine[Any, Any, None]] = []

    # The ports.

    def now(self) -> int:
        """Answer the milliseconds; it is later each time."""
        self.at += 1
        return self.at

    async def way(self) -> None:
        """Be under way to somebody else, or back: no time at all, here."""

    def fail(self) -> None:
        """Fail, or die, at times."""
        if self.rng.randrange(100) < self.failing:
            raise CallFailed("no answer")
        if self.rng.randrange(100) < self.deadly:
            raise Killed

    def sql(self, name: str) -> Database:
        """Answer an object's database."""
        if name not in self.databases:
            connection = sqlite3.connect(":memory:", isolation_level=None)
            self.databases[name] = Database(connection)
        return self.databases[name]

    def identity(self, name: str) -> Calls:
        """Answer an identity actor."""

        async def answer(request: str) -> str:
            return self.identity_object(name).respond(
                LazyTables(self.sql(name), TABLES), request, now=self.now()
            )

        return Calls(self, answer)

    def identity_object(self, name: str) -> IdentityObject:
        """Answer the object of an identity actor."""
        made: IdentityObject = self.objects.setdefault(
            name, IdentityObject(self.known, lake_after=0)
        )
        return made

    def workspace(self, workspace: str) -> Calls:
        """Answer the settings."""

        async def answer(request: str) -> str:
            made = SettingsObject(self.sql(f"settings {workspace}"), random=self.random)
            return made.respond(request, now=self.now())

        return Calls(self, answer)

    def lane(self, workspace: str, destination: str) -> Calls:
        """Answer a lane, whose destination takes nothing."""

        async def answer(request: str) -> str:
            made = LaneKeeper(
                self.sql(f"lane {workspace} {destination}"),
                http=Unreachable(),
                clock=self,
                random=self.random,
            )
            text, ids = made.respond(request)
            assert not ids or made._passing is not None
            if made._passing is not None:  # what nobody takes is stored
                made._passing.store()
            return text

        return Calls(self, answer)

    def population(self, workspace: str, shard: int) -> Calls:
        """Answer a shard."""

        async def answer(request: str) -> str:
            made = PopulationObject(self.sql(f"population {workspace} {shard}"))
            return made.respond(request, now=self.now())

        return Calls(self, answer)

    def tail(self, workspace: str) -> Calls:
        """Nobody follows events here."""
        raise AssertionError(workspace)

    def job(self, workspace: str, job: str) -> Calls:
        """Answer the object of a job."""

        async def answer(request: str) -> str:
            return self.keeper(workspace, job).respond(request)

        return Calls(self, answer)

    async def send(self, topic: str, messages: Sequence[str]) -> None:
        """Put messages into a queue."""
        self.queued[topic] += messages

    async def config(self, workspace: str) -> WorkspaceConfig:
        """Answer the workspace's configuration."""
        return await self.settings.newest(workspace)

    newest = config

    # What happens.

    def keeper(self, workspace: str, job: str) -> JobKeeper:
        """Answer the object of a job, anew: it remembers nothing."""
        return JobKeeper(
            self.sql(f"job {workspace} {job}"),
            {
                "erase": lambda: ErasureWork(
                    self,
                    self.settings,
                    self.people,
                    self.bucket,
                    Signing(),
                    drop_exports=self.exports.drop,
                    clock=self,
                    random=self.random,
                ),
                "export": lambda: EventsExportWork(
                    self.bucket, PeopleNow(Shards(self), self.people)
                ),
                "replay": lambda: ReplayWork(
                    self,
                    self.settings,
                    self.people,
                    PeopleNow(Shards(self), self.people),
                    self.bucket,
                    clock=self,
                ),
                "export-person": lambda: PersonExportWork(
                    self, self.settings, self.people, self.bucket, archive_views(), clock=self
                ),
            },
            self.settings,
            clock=self,
        )

    async def prepare(self) -> None:
        """Have a workspace with a destination that takes nothing."""
        await self.settings.refresh()
        await self.settings.write(
            W,
            WorkspaceActor.create_destination,
            destination_type="webhook",
            name="Hook",
            changes={"settings": {"url": "https://example.com/hook"}},
            now=self.now(),
        )

    async def receive(self, *arrivals: Arrival, config: WorkspaceConfig | None = None) -> None:
        """Store events, and carry everything that follows to its end."""
        dispatcher = Dispatcher(self, self, whereabouts=Whereabouts(), later=self.waiting.append)
        present = config or await self.settings.newest(W)
        await dispatcher.receive(present, arrivals)
        await self.settle()

    async def settle(self) -> None:
        """Let queues run dry, and every actor tell what it has to tell."""
        for _ in range(20):
            for one in self.waiting:
                await one
            self.waiting.clear()
            deliveries, self.queued["deliveries"] = self.queued["deliveries"], []
            if deliveries:
                await Deliveries(self, self, self.settings).consume(deliveries)
            if not self.waiting and not self.queued["deliveries"]:
                break
        names = [name for name in self.databases if "/" in name and " " not in name]
        for name in names:
            sql = LazyTables(self.sql(name), TABLES)
            if self.identity_object(name).name(sql):
                await feed(self.identity_object(name), sql, name, shards=Shards(self), clock=self)

    async def flush(self) -> None:
        """Bring everything to the lake."""
        names = [name for name in self.databases if "/" in name and " " not in name]
        messages = [json.dumps({"actor": name}) for name in names]
        done = await LakeFlush(
            self, self, self.bucket, self.settings, clock=self, random=self.random
        ).consume(messages)
        assert all(done)

    async def erase(self, *identifiers: str, suppress: bool = True) -> Job:
        """Order an erasure; answer the job."""
        return await self.order("erase", {"identifiers": list(identifiers), "suppress": suppress})

    async def order(self, kind: str, parameters: dict[str, Any], *, key: str | None = None) -> Job:
        """Order a job; answer it."""
        for _ in range(1_000):
            try:
                return await self.jobs.start(W, kind, parameters, key=key)
            except Exception:  # noqa: BLE001 - whatever failed, the client asks again
                continue
            except Killed:
                continue
        raise AssertionError("it was never taken")

    async def finish(self, *, after: Callable[[], Awaitable[None]] | None = None) -> int:
        """Let all jobs run to their end, dying on the way; answer how often they died."""
        deaths = 0
        for _ in range(10_000):
            names = [name.split(" ")[1:] for name in self.databases if name.startswith("job ")]
            keepers = [self.keeper(*name) for name in names]
            if all(one.wake_at() is None for one in keepers):
                return deaths
            for one in keepers:
                try:
                    await one.work()
                except Killed:
                    deaths += 1
            if after is not None:
                await after()
        raise AssertionError("a job never ends")

    # What can be seen.

    def everywhere(self) -> dict[str, str]:
        """Answer all that is stored anywhere, as texts."""
        found = {}
        for name, sql in self.databases.items():
            found[name] = "\n".join(sql._connection.iterdump())
            held = sql.execute("SELECT count(*) FROM sqlite_master")[0][0]
            found[name] = found[name] if held else ""
        for key, data in self.bucket.objects.items():
            text = data.decode("latin-1")
            if key.endswith(".parquet"):
                text += str(read(data))
            found[key] = text
        return found

    def holding(self, text: str) -> set[str]:
        """Answer where a text is stored."""
        return {place for place, held in self.everywhere().items() if text in held}


def event(name: str, number: int, *kinds: str, **rest: Any) -> Arrival:
    """Answer an event of somebody: their name is in every text of it."""
    body = {
        "type": "track",
        "event": f"{name}event",
        "messageId": f"{name}m{number}",
        "receivedAt": "2026-09-22T10:00:00.000Z",
        "timestamp": "2026-09-22T10:00:00.000Z",
        "properties": {"note": f"{name}property"},
        **{"userId" if kind == "user_id" else "anonymousId": f"{name}{kind}" for kind in kinds},
        **rest,
    }
    return Arrival(
        workspace=W,
        identifiers=tuple(f"{kind}:{name}{kind}" for kind in kinds),
        message_id=f"{name}m{number}",
        type=str(body["type"]),
        timestamp=START + number,
        received_at=START + number,
        body=json.dumps(body),
    )


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """Run something to its end."""
    return asyncio.run(work)
