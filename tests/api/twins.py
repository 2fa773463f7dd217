"""In-memory twins of what the admin API asks for, with a small world in them.

The settings, the registry and the dead letters are the real actors over SQLite in memory; people
are made by hand, so that their answers are known to the letter.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import resources
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from headwater.actors import dead_letters, jobs
from headwater.actors.dead_letters import DeadLetter, DeadLetterFilter
from headwater.actors.jobs import Job
from headwater.actors.migrations import Migration, migrate
from headwater.actors.registry import Registry, Role
from headwater.actors.workspace import WorkspaceActor
from headwater.api.services import RuntimeStatus, Services, SqlAnswer
from headwater.audiences.conditions import Condition
from headwater.audiences.membership import Backfill, Clause, Member, Membership, Preview
from headwater.collect.arrival import Arrival
from headwater.collect.intake import Rejection
from headwater.destinations.lane_status import LaneStatus
from headwater.errors import BadRequest, Conflict, NotFound
from headwater.local.sql import Database
from headwater.ports import HttpFailure, HttpRequest, HttpResponse
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
from headwater.questions.question import Question
from headwater.questions.table import Column, Table
from headwater.workspace import WorkspaceConfig
from tests.actors.workspace_database import SeededRandom, workspace_database

P = ParamSpec("P")
R = TypeVar("R")

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


@dataclass
class FixedClock:
    """`Clock` that stands still until it is moved."""

    at: int = NOW

    def now(self) -> int:
        return self.at


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


class MemoryWorkspaces:
    """`WorkspaceCalls` over one database; it remembers which methods wrote."""

    def __init__(self, database: Database, random: SeededRandom) -> None:
        self._database = database
        self._random = random
        self.written: list[str] = []

    def actor(self, workspace: str) -> WorkspaceActor:
        return WorkspaceActor(self._database, workspace, random=self._random)

    async def read(
        self,
        workspace: str,
        method: Callable[Concatenate[WorkspaceActor, P], R],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        before = self._database.execute("SELECT total_changes()")
        result = method(self.actor(workspace), *args, **kwargs)
        assert self._database.execute("SELECT total_changes()") == before, "a read wrote"
        return result

    async def write(
        self,
        workspace: str,
        method: Callable[Concatenate[WorkspaceActor, P], R],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        self.written.append(method.__name__)
        return method(self.actor(workspace), *args, **kwargs)


class MemoryRegistry:
    """`RegistryCalls` over one database."""

    def __init__(self, database: Database, random: SeededRandom) -> None:
        self._database = database
        self.registry = Registry(database, random=random)

    async def read(
        self, method: Callable[Concatenate[Registry, P], R], /, *args: P.args, **kwargs: P.kwargs
    ) -> R:
        before = self._database.execute("SELECT total_changes()")
        result = method(self.registry, *args, **kwargs)
        assert self._database.execute("SELECT total_changes()") == before, "a read wrote"
        return result

    async def write(
        self, method: Callable[Concatenate[Registry, P], R], /, *args: P.args, **kwargs: P.kwargs
    ) -> R:
        return method(self.registry, *args, **kwargs)


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


class MemoryQuestions:
    """Answers every question with the same table."""

    async def answer(self, workspace: str, question: Question) -> Table:
        """Answer a table with a bit of everything."""
        columns = (Column("day", "time"), Column("=what", "text"), Column("people", "number"))
        rows = (("2025-11-24", "=1+1", 3), ("2025-11-24", workspace, None))
        return Table(columns, rows, NOW, exact=False, notes=(question.question,))


class MemorySql:
    """`SqlQueries` that finds what it was asked."""

    async def query(self, workspace: str, sql: str, *, limit: int) -> SqlAnswer:
        if "error" in sql:
            raise BadRequest("No such column.", code="invalid_sql")
        rows = json.dumps([[sql, limit], [workspace, None]]).encode()
        return SqlAnswer([("=what", "VARCHAR"), ("n", "BIGINT")], rows, truncated=True)

    async def check(self, workspace: str, where: str | None) -> None:
        if where == "error":
            raise BadRequest("No such column.", code="invalid_sql")


class MemoryExports:
    """`Exports` with the file `a` of the job `job_done`, which the test puts there."""

    def __init__(self) -> None:
        self.file = Path("/nowhere")
        self.jobs: MemoryJobs

    async def path(self, workspace: str, id_: str, name: str) -> Path:
        if (workspace, id_, name) != ("default", "job_done", "day=1/a"):
            raise NotFound("There is no such export.")
        return self.file

    async def delete(self, workspace: str, id_: str) -> Job:
        return await self.jobs.cancel(workspace, id_)


class MemoryJobs:
    """`Jobs` over the real table; nobody works on them."""

    def __init__(self, database: Database, random: SeededRandom) -> None:
        self.sql = database
        self._random = random

    async def start(
        self,
        workspace: str,
        kind: str,
        parameters: Mapping[str, Any],
        *,
        unit: str = "events",
        key: str | None = None,
    ) -> Job:
        order = jobs.Order(
            id=f"job_{self._random.uuid()}",
            workspace=workspace,
            kind=kind,
            parameters=parameters,
            unit=unit,
            key=key,
        )
        return jobs.create(self.sql, order, now=NOW)

    async def job(self, workspace: str, id_: str) -> Job:
        return jobs.job(self.sql, id_, workspace=workspace)

    async def jobs(
        self,
        workspace: str,
        *,
        kinds: Sequence[str] = (),
        states: Sequence[str] = (),
        limit: int = 100,
        before: int | None = None,
    ) -> list[Job]:
        return jobs.jobs(
            self.sql, workspace, kinds=kinds, states=states, limit=limit, before=before
        )

    async def cancel(self, workspace: str, id_: str) -> Job:
        return jobs.cancel(self.sql, id_, workspace=workspace, now=NOW)


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
