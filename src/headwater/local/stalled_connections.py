"""Connections whose client has stopped sending, closed after a while.

Each holds one of the files that the process may have open, the database's among them. Uvicorn
closes those that are idle after an answer; not those that never asked anything, or stopped in the
middle of a request, as a phone does that lost its network.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Protocol

PATIENCE = 75.0  # seconds; as long as a connection may be idle after an answer


class Connection(Protocol):
    """A connection to a client."""

    transport: Any

    def waits_for(self) -> object | None:
        """Answer how far the client has come with what is waited for; None where it waits."""
        ...


class StalledConnections:
    """What each connection waited for when it was last looked at, and since when."""

    def __init__(self, *, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._seen: dict[Connection, tuple[object, float]] = {}

    def sweep(self, connections: Collection[Connection], now: float) -> int:
        """Close those that have come no further for as long; answer how many.

        `now` is in seconds, by any clock that does not go back.
        """
        seen, self._seen = self._seen, {}
        closed = 0
        for connection in tuple(connections):
            progress = connection.waits_for()
            if progress is None:
                continue
            before, since = seen.get(connection, (None, now))
            if before != progress:
                since = now
            elif now - since >= self._patience:
                connection.transport.close()
                closed += 1
                continue
            self._seen[connection] = progress, since
        return closed
