"""What the admin API asks of the runtime that it runs in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from headwater.actors.dead_letters import DeadLetter, DeadLetterFilter
from headwater.actors.jobs import Job
from headwater.actors.registry import Registry
from headwater.actors.workspace import WorkspaceActor
from headwater.api.ask_plans import KeptPlans
from headwater.api.proposer import Model
from headwater.audiences.membership import Audiences
from headwater.collect.arrival import Arrival
from headwater.collect.intake import Intake
from headwater.destinations.lane_status import LaneStatus
from headwater.exports.stored import StoredFile
from headwater.figures import RuntimeStatus
from headwater.ports import Clock, Http, Random
from headwater.profiles.people import People
from headwater.questions.question import Question
from headwater.questions.table import Table
from headwater.workspace import WorkspaceConfig

P = ParamSpec("P")
R = TypeVar("R")


class WorkspaceCalls(Protocol):
    """Calls a method of a workspace's actor where its database is.

    The method is named by the function itself, so that its types hold and its `__name__` can
    travel: `await calls.write("default", WorkspaceActor.create_source, name="Web", now=now)`.
    """

    async def read(
        self,
        workspace: str,
        method: Callable[Concatenate[WorkspaceActor, P], R],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """Answer what the method answers; it must not write. What it raises is raised."""
        ...

    async def write(
        self,
        workspace: str,
        method: Callable[Concatenate[WorkspaceActor, P], R],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """Answer what the method answers once what it wrote is on the disk.

        Where the configuration's version grew, everybody who holds it gets the new one before
        this answers.
        """
        ...


class RegistryCalls(Protocol):
    """Calls a method of the registry of workspaces and admin keys where its database is."""

    async def read(
        self, method: Callable[Concatenate[Registry, P], R], /, *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """Answer what the method answers; it must not write. What it raises is raised."""
        ...

    async def write(
        self, method: Callable[Concatenate[Registry, P], R], /, *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """Answer what the method answers once what it wrote is on the disk."""
        ...


class Lanes(Protocol):
    """Tells how deliveries go."""

    async def status(self, workspace: str | None = None) -> Sequence[LaneStatus]:
        """Answer the lane of each destination of a workspace, or of all."""
        ...


class DeadLetters(Protocol):
    """Reads and orders about deliveries that were given up."""

    async def list(self, which: DeadLetterFilter, *, limit: int = 100) -> Sequence[DeadLetter]:
        """Answer dead letters, newest first; `before` the last one's id gives the next page."""
        ...

    async def count(self, which: DeadLetterFilter) -> int:
        """Answer how many there are."""
        ...

    async def replay(self, which: DeadLetterFilter) -> int:
        """Put them back at the end of their lanes, each once; answer how many."""
        ...

    async def discard(self, which: DeadLetterFilter) -> int:
        """Delete them for good; answer how many."""
        ...


class Following(Protocol):
    """Events as they are stored; it ends when the server drains."""

    async def begun(self) -> None:
        """Return once every event that is stored from now on will be shown."""
        ...

    def __aiter__(self) -> AsyncIterator[Arrival]:
        """Answer it."""
        ...

    async def __anext__(self) -> Arrival:
        """Answer the next event, when there is one."""
        ...

    async def aclose(self) -> None:
        """Follow no longer."""
        ...


class Tail(Protocol):
    """Shows events as they are stored."""

    def follow(self, workspace: str) -> Following:
        """Answer a workspace's events from now on, to be closed by whoever asked for it.

        Who reads too slowly misses events rather than slowing anybody down.
        """
        ...


class Questions(Protocol):
    """Answers questions about populations."""

    async def answer(self, workspace: str, question: Question) -> Table:
        """Answer one; every event that was answered before is counted.

        Raises:
            BadRequest: it cannot be asked, or not in the time that it may take.
        """
        ...


@dataclass(frozen=True, slots=True)
class SqlAnswer:
    """What a query of SQL found.

    Attributes:
        columns: name and SQL type of each.
        rows: a JSON list of lists.
        truncated: there was more than may be answered.
    """

    columns: Sequence[tuple[str, str]]
    rows: bytes
    truncated: bool


class SqlQueries(Protocol):
    """Runs SQL over a workspace's lake, and what is not in it yet."""

    async def query(self, workspace: str, sql: str, *, limit: int) -> SqlAnswer:
        """Answer what one statement that reads finds, `limit` rows at most.

        Raises:
            BadRequest: it is not one, or takes too much time or memory.
        """
        ...

    async def check(self, workspace: str, where: str | None) -> None:
        """Return where a text is a condition on `events`; raise `BadRequest` where it is none."""
        ...


class Exports(Protocol):
    """Files that jobs of the kind `export` have made."""

    async def file(self, workspace: str, id_: str, name: str) -> Path | StoredFile:
        """Answer where a file of a finished export is, or that file out of a bucket.

        Raises:
            NotFound: there is no such export, or it has no such file, or has it no more.
            Conflict: it is not finished.
        """
        ...

    async def delete(self, workspace: str, id_: str) -> Job:
        """Delete an export's files, and answer its job; one at work is cancelled."""
        ...


class Jobs(Protocol):
    """Takes orders for long work, and tells how it goes."""

    async def start(
        self,
        workspace: str,
        kind: str,
        parameters: Mapping[str, Any],
        *,
        unit: str = "events",
        key: str | None = None,
    ) -> Job:
        """Store an order and answer the job: a new one, or the one that counts under its key."""
        ...

    async def job(self, workspace: str, id_: str) -> Job:
        """Answer a job of a workspace; raise `NotFound` where it has none of that name."""
        ...

    async def jobs(
        self,
        workspace: str,
        *,
        kinds: Sequence[str] = (),
        states: Sequence[str] = (),
        limit: int = 100,
        before: int | None = None,
    ) -> Sequence[Job]:
        """Answer jobs, the latest first; `before` the last one's number gives the next page."""
        ...

    async def cancel(self, workspace: str, id_: str) -> Job:
        """Have nothing more done about a job, and answer it; raise `NotFound`."""
        ...


class Status(Protocol):
    """Tells how the server is."""

    async def status(self, workspace: str) -> RuntimeStatus:
        """Answer it, with the figures of one workspace."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """All that the admin API needs.

    Attributes:
        config: a workspace's present configuration from memory, None for an unknown one.
        intake: where replayed events go, as collected ones do.
        http: sends a destination's test event, behind the same guard as deliveries.
        requests_per_second: how many each admin key may make; 0 is no limit.
        max_body_bytes: the largest request body.
        model: a language model that may propose plans for what the grammar does not know.
        plans: that were shown, by their hash, whoever asked for them.
        heartbeat_seconds: how long `/v1/tail` may be silent, so that proxies keep it open.
    """

    people: People
    audiences: Audiences
    workspaces: WorkspaceCalls
    registry: RegistryCalls
    lanes: Lanes
    dead_letters: DeadLetters
    config: Callable[[str], WorkspaceConfig | None]
    intake: Intake
    tail: Tail
    status: Status
    questions: Questions
    jobs: Jobs
    sql: SqlQueries
    exports: Exports
    http: Http
    clock: Clock
    random: Random
    requests_per_second: int = 1000
    max_body_bytes: int = 1024 * 1024
    heartbeat_seconds: float = 15.0
    model: Model | None = None
    plans: KeptPlans = field(default_factory=KeptPlans)
