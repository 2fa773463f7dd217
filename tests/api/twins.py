"""In-memory twins of what the admin API asks for, with a small world in them.

The settings, the registry and the dead letters are the real actors over SQLite in memory; people
are made by hand, so that their answers are known to the letter.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from importlib import resources

from headwater.actors import dead_letters, jobs
from headwater.actors.dead_letters import DeadLetter, DeadLetterFilter
from headwater.actors.migrations import Migration, migrate
from headwater.actors.registry import Role
from headwater.api.services import Services
from headwater.audiences.conditions import Condition
from headwater.audiences.membership import Backfill, Clause, Member, Membership, Preview
from headwater.collect.arrival import Arrival
from headwater.collect.intake import Rejection
from headwater.destinations.lane_status import LaneStatus
from headwater.figures import RuntimeStatus
from headwater.local.sql import Database
from headwater.ports import HttpFailure, HttpRequest, HttpResponse
from headwater.workspace import WorkspaceConfig
from tests.actors.workspace_database import SeededRandom, workspace_database
from tests.api.memory_people import NOW, MemoryPeople
from tests.api.memory_settings import MemoryRegistry, MemoryWorkspaces
from tests.api.memory_work import MemoryExports, MemoryJobs, MemoryQuestions, MemorySql


@dataclass
class FixedClock:
    """`Clock` that stands still until it is moved."""

    at: int = NOW

    def now(self) -> int:
        return self.at


class MemoryLanes:
    """`Lanes` with one lane of the workspace `default`."""

    async def status(self, workspace: str | None = None) -> list[LaneStatus]:
        if workspace not in {None, "default"}:
            return []
        return [
            LaneStatus(
                workspace="default",
                destination="dst_1",
                type="webhook",
                name="Hook",
                enabled=True,
                breaker="open",
                problem="the destination answered 500",
                in_flight=0,
                waiting=4,
                retrying=2,
                lag=1.5,
                dead_letters=3,
                delivered=10,
                failed=3,
                last_outcome="retry",
                last_reason="the destination answered 500",
                last_outcome_at=NOW,
                next_attempt_at=NOW + 5000,
                response_p50=0.1,
                response_p99=0.2,
                delay_p50=None,
                delay_p99=None,
            )
        ]


class MemoryDeadLetters:
    """`DeadLetters` over the real tables."""

    def __init__(self, database: Database) -> None:
        self._sql = database

    async def list(self, which: DeadLetterFilter, *, limit: int = 100) -> list[DeadLetter]:
        return dead_letters.dead_letters(self._sql, which, limit=limit)

    async def count(self, which: DeadLetterFilter) -> int:
        return dead_letters.count(self._sql, which)

    async def replay(self, which: DeadLetterFilter) -> int:
        return sum(dead_letters.replay(self._sql, which, NOW).values())

    async def discard(self, which: DeadLetterFilter) -> int:
        return dead_letters.discard(self._sql, which)


class MemoryIntake:
    """`Intake` that keeps what it gets."""

    def __init__(self) -> None:
        self.arrivals: list[Arrival] = []

    async def receive(self, config: WorkspaceConfig, arrivals: Sequence[Arrival]) -> None:
        assert all(one.workspace == config.workspace for one in arrivals)
        self.arrivals += arrivals

    async def reject(self, workspace: str, source: str, rejections: Sequence[Rejection]) -> None:
        raise AssertionError("a replay must not make new rejected events")


class MemoryAudiences:
    """`Audiences` in which Ann is, and nobody else."""

    ANN = "user_id:ann"

    async def count(self, workspace: str, audience: str) -> int:
        """One."""
        return 1

    async def members(
        self, workspace: str, audience: str, *, limit: int, cursor: str | None = None
    ) -> tuple[Sequence[Member], str | None]:
        """Ann alone."""
        return [Member(self.ANN, NOW)], None

    async def check(
        self, workspace: str, audience: str, identifier: str, *, explain: bool = False
    ) -> Membership | None:
        """Known are Ann and Bob."""
        if identifier not in {self.ANN, "user_id:bob"}:
            return None
        is_ann = identifier == self.ANN
        clause = Clause({"type": "everyone"}, is_true=True, why="true of everybody")
        return Membership(
            identifier, audience, is_ann, NOW if is_ann else None, None, clause if explain else None
        )

    async def preview(self, workspace: str, condition: Condition) -> Preview:
        """One of two."""
        return Preview(1, is_exact=True, looked_at=2, people=2, sample=(self.ANN,))

    async def backfill(self, workspace: str) -> Backfill | None:
        """Done."""
        return Backfill(2, 2, NOW, NOW)

    async def follow(self, workspace: str, audience: str) -> AsyncIterator[int]:
        """Two sizes, and the end."""
        yield 1
        yield 2


class MemoryTail:
    """`Tail` whose events the test puts in; `None` ends it. Who follows gets `ready` at once."""

    def __init__(self) -> None:
        self.ready: tuple[Arrival | None, ...] = ()
        self.queues: list[asyncio.Queue[Arrival | None]] = []
        self.workspaces: list[str] = []
        self.closed = 0
        self.begun = asyncio.Event()
        self.begun.set()

    def follow(self, workspace: str) -> MemoryFollowing:
        queue: asyncio.Queue[Arrival | None] = asyncio.Queue()
        for arrival in self.ready:
            queue.put_nowait(arrival)
        self.queues.append(queue)
        self.workspaces.append(workspace)
        return MemoryFollowing(self, queue)


class MemoryFollowing(AsyncIterator[Arrival]):
    """One follower of a `MemoryTail`."""

    def __init__(self, tail: MemoryTail, queue: asyncio.Queue[Arrival | None]) -> None:
        self._tail = tail
        self._queue = queue

    async def begun(self) -> None:
        """Return once the tail lets it."""
        await self._tail.begun.wait()

    async def __anext__(self) -> Arrival:
        arrival = await self._queue.get()
        if arrival is None:
            raise StopAsyncIteration
        return arrival

    async def aclose(self) -> None:
        self._tail.closed += 1


class MemoryHttp:
    """`Http` that answers what the test says."""

    def __init__(self) -> None:
        self.requests: list[HttpRequest] = []
        self.answer: HttpResponse | HttpFailure = HttpResponse(200, {}, b"ok")

    async def send(self, request: HttpRequest) -> HttpResponse:
        self.requests.append(request)
        if isinstance(self.answer, HttpFailure):
            raise self.answer
        return self.answer


class MemoryStatus:
    """`Status` that never changes."""

    async def status(self, workspace: str) -> RuntimeStatus:
        return RuntimeStatus("ready", NOW - 60_000, {"events_stored": 7})


@dataclass
class World:
    """The twins together, with the workspaces `default` and `other` and a key for each role."""

    database: Database = field(default_factory=workspace_database)
    random: SeededRandom = field(default_factory=SeededRandom)
    clock: FixedClock = field(default_factory=FixedClock)
    people: MemoryPeople = field(default_factory=MemoryPeople)
    intake: MemoryIntake = field(default_factory=MemoryIntake)
    tail: MemoryTail = field(default_factory=MemoryTail)
    http: MemoryHttp = field(default_factory=MemoryHttp)
    requests_per_second: int = 0

    def __post_init__(self) -> None:
        """Make the workspaces and keys."""
        schema = resources.files("headwater.actors").joinpath("deliveries.sql")
        migrate(self.database, [Migration("deliveries.sql", schema.read_text("utf-8"))])
        migrate(self.database, [Migration("jobs.sql", jobs.schema())])
        self.workspaces = MemoryWorkspaces(self.database, self.random)
        self.registry = MemoryRegistry(self.database, self.random)
        self.jobs = MemoryJobs(self.database, self.random)
        self.exports = MemoryExports()
        self.exports.jobs = self.jobs
        registry = self.registry.registry
        for workspace in ("default", "other"):
            registry.create_workspace(workspace, now=NOW)
        roles: tuple[Role, ...] = ("read", "write", "admin")
        self.keys = {
            f"{workspace}:{role}": registry.create_key(
                workspace, name=f"{workspace} {role}", role=role, now=NOW
            )[1]
            for workspace in ("default", "other", "*")
            for role in roles
        }

    def config(self, workspace: str) -> WorkspaceConfig | None:
        """Answer a workspace's configuration, None for an unknown one."""
        if self.registry.registry.workspace(workspace) is None:
            return None
        return self.workspaces.actor(workspace).config()

    def services(self) -> Services:
        """Answer what the admin API gets."""
        return Services(
            people=self.people,
            audiences=MemoryAudiences(),
            workspaces=self.workspaces,
            registry=self.registry,
            lanes=MemoryLanes(),
            dead_letters=MemoryDeadLetters(self.database),
            config=self.config,
            intake=self.intake,
            tail=self.tail,
            status=MemoryStatus(),
            questions=MemoryQuestions(),
            jobs=self.jobs,
            sql=MemorySql(),
            exports=self.exports,
            http=self.http,
            clock=self.clock,
            random=self.random,
            requests_per_second=self.requests_per_second,
            max_body_bytes=64 * 1024,
            heartbeat_seconds=0.02,
        )
