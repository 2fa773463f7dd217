"""What a runtime must provide. The core knows these and nothing else of the outside world.

Each port has an implementation per runtime in a file of the same name (`local/sql.py`,
`local/http.py`, …) and an in-memory twin in `tests/simulation/`.
Times are integers: milliseconds since 1970-01-01 UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

Answer = TypeVar("Answer")
SqlValue = str | int | float | bytes | None


class Sql(Protocol):
    """A synchronous SQLite handle that one actor, or one thread of actors, owns."""

    def execute(self, sql: str, params: Sequence[SqlValue] = ()) -> list[tuple[Any, ...]]:
        """Run one statement and answer all its rows, in order; `[]` where it has none."""
        ...

    def execute_many(self, sql: str, rows: Sequence[Sequence[SqlValue]]) -> None:
        """Run an `INSERT … VALUES (?, …)` for each row, as one write.

        Where a call is dear (edge) the adapter turns the `VALUES` clause into a `SELECT` over
        `json_each(?)`; where it is not (local) that detour would cost 15 µs a row.
        """
        ...

    def run(self, work: Callable[[], Answer]) -> Answer:
        """Run one unit of work: all that it writes is kept when it returns, nothing if it raises.

        Whoever drives an actor makes each call of it such a unit. Nothing is awaited in one.
        """
        ...

    def transaction(self) -> AbstractContextManager[None]:
        """Commit on leaving, roll back on an exception. A nested one is part of the outer.

        So is one within `run`. On the edge there is no other: SQLite is Cloudflare's there, which
        commits what a callback wrote and lets nobody begin in one place and end in another.
        """
        ...


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> int:
        """Answer the milliseconds since 1970-01-01 UTC."""
        ...


class Random(Protocol):
    """Draws what must not be guessed, and what must not be repeated."""

    def uuid(self) -> str:
        """Answer a new random UUID in its canonical text form."""
        ...

    def uniform(self) -> float:
        """Answer a number in [0, 1)."""
        ...


class CallFailed(Exception):
    """A call to an actor was not answered: it may have been carried out, or not."""


class Actor(Protocol):
    """One actor, wherever its database is."""

    async def call(self, request: str) -> str:
        """Run one call in the actor, as one transaction, and answer once that is durable.

        Request and answer are JSON texts (see `actors/identity_calls.py` and its likes), as one
        text crosses between runtimes at the price of one value.

        Raises:
            CallFailed: nobody knows whether it was carried out; it may be repeated.
        """
        ...


class Actors(Protocol):
    """Finds actors by name; one that was never called is made by its first call."""

    def identity(self, name: str) -> Actor:
        """Answer the actor of an external id, or of an account, by its full name."""
        ...

    def workspace(self, workspace: str) -> Actor:
        """Answer the actor that keeps a workspace's settings."""
        ...

    def lane(self, workspace: str, destination: str) -> Actor:
        """Answer the actor that keeps what waits for a destination."""
        ...

    def tail(self, workspace: str) -> Actor:
        """Answer the actor that shows a workspace's events as they are stored."""
        ...

    def population(self, workspace: str, shard: int) -> Actor:
        """Answer one of the actors that together know all people of a workspace."""
        ...

    def job(self, workspace: str, job: str) -> Actor:
        """Answer the actor that does a job."""
        ...


class Queue(Protocol):
    """Carries messages to whoever consumes a topic: at least once, in any order."""

    async def send(self, topic: str, messages: Sequence[str]) -> None:
        """Return once the messages, JSON texts of at most 120 KB each, are durable.

        Raises:
            CallFailed: some of them may have been taken, or none.
        """
        ...


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request to the outside. `timeout` is in seconds and covers the whole exchange."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    timeout: float = 15.0


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """What came back. `headers` have lower-case names; `body` is cut at 64 KB."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class HttpFailure(Exception):
    """No response: the name did not resolve, the connection failed, or time ran out."""


class AddressRefused(HttpFailure):
    """The address is private, link-local or otherwise not for outgoing requests."""


class Http(Protocol):
    """Sends requests to the outside; redirects are followed only where the guard allows."""

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Answer the response, whatever its status; raise `HttpFailure` where there is none."""
        ...


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object of a bucket, as a listing tells of it. `size` is in bytes."""

    key: str
    size: int


class BucketFailure(Exception):
    """The bucket did not answer, or not in time, or with an error: it may work later.

    Of a `put` or `delete` that ended so it is not known whether it was done.
    """


class BucketRefused(BucketFailure):
    """The bucket does not let us: wrong credentials, no such bucket, no right. Trying is vain."""


class ObjectMissing(Exception):
    """There is no object under that key."""


class Bucket(Protocol):
    """Keeps objects: bytes under keys such as `default/events/day=2026-11-23/0001.parquet`.

    Keys are relative paths of printable ASCII without `..`, at most 800 characters. What a `put`
    has answered, every later call sees. Objects are replaced whole or not at all: no reader ever
    sees half of one, and an upload that was cut off leaves nothing under its key.
    Each method raises `BucketFailure` after its own retries.
    """

    async def put(
        self, key: str, data: bytes, *, only_if_absent: bool = False, cold: bool = False
    ) -> bool:
        """Store an object; answer whether it was stored.

        Args:
            key: where.
            data: all of it.
            only_if_absent: where there is one under the key already, leave it and answer False.
                Of two that try at once, one is answered True. A repeated try whose first one
                had arrived after all is answered False: compare what is there.
            cold: in the class for what is seldom read, where the bucket has one that still
                answers within seconds.
        """
        ...

    async def get(self, key: str) -> bytes:
        """Answer all of an object; raise `ObjectMissing` where there is none."""
        ...

    async def range(self, key: str, start: int, length: int) -> bytes:
        """Answer bytes `start` to `start + length`, fewer where it ends before.

        A negative `start` counts from the end, `length` then being no more than it.
        Raises `ObjectMissing` where there is none.
        """
        ...

    async def list(self, prefix: str, *, after: str = "") -> Sequence[StoredObject]:
        """Answer all objects whose key begins with `prefix` and sorts behind `after`, in order."""
        ...

    async def delete(self, keys: Sequence[str]) -> None:
        """Remove objects; one that is not there is no error."""
        ...
