"""What a runtime must provide. The core knows these and nothing else of the outside world.

Each port has an implementation per runtime in a file of the same name (`local/sql.py`,
`local/http.py`, …) and an in-memory twin in `tests/simulation/`.
Times are integers: milliseconds since 1970-01-01 UTC.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

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

    def transaction(self) -> AbstractContextManager[None]:
        """Commit on leaving, roll back on an exception. A nested one is part of the outer."""
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
