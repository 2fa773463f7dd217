"""What `/ready` asks: whether the disk takes a commit."""

from __future__ import annotations

import asyncio
from time import monotonic

from headwater.errors import HeadwaterError
from headwater.local.metrics import Metrics
from headwater.local.writer import Writer
from headwater.ports import Clock, Sql

# A probe costs an fsync, and anybody may probe: so an answer is good for this long.
_GOOD_FOR = 1.0  # seconds
_PATIENCE = 5.0  # seconds
_REMEMBERED = 10.0  # seconds; as long as Kubernetes waits between two probes

_UPSERT = (
    "INSERT INTO readiness (only, at) VALUES (1, ?) "
    "ON CONFLICT (only) DO UPDATE SET at = excluded.at"
)


class Readiness:
    """Whether requests should be sent here now: the disk takes commits, and it is not draining."""

    def __init__(self, writer: Writer, clock: Clock, metrics: Metrics) -> None:
        self._writer = writer
        self._metrics = metrics
        self._clock = clock
        self._draining = False
        self._probe: asyncio.Task[str | None] | None = None
        self._probed_at = 0.0

    def drain(self) -> None:
        """From now on say that requests should go elsewhere."""
        self._draining = True

    async def problem(self) -> str | None:
        """Answer why not, or None where it is ready."""
        if self._draining:
            return "The server is shutting down."
        now = asyncio.get_running_loop().time()
        if self._probe is None or (self._probe.done() and now - self._probed_at > _GOOD_FOR):
            self._probed_at = now
            self._probe = asyncio.create_task(self._commit())
        return await asyncio.shield(self._probe) or self._lately()

    def _lately(self) -> str | None:
        """Say that a commit failed lately: a full disk may have room for a probe, but no event."""
        failed_at = self._metrics.failed_at
        ago = None if failed_at is None else monotonic() - failed_at
        if ago is None or ago > _REMEMBERED:
            return None
        return f"A commit failed {ago:.0f} s ago; the log says why (is the disk full?)."

    async def _commit(self) -> str | None:
        at = self._clock.now()

        def write(sql: Sql) -> None:
            sql.execute(_UPSERT, (at,))

        try:
            async with asyncio.timeout(_PATIENCE):
                await self._writer.run(write)
        except HeadwaterError as error:
            return error.message
        except TimeoutError:
            return f"The database took more than {_PATIENCE:g} seconds to commit."
        return None
