"""What `/ready` asks: whether the disk takes a commit."""

from __future__ import annotations

import asyncio

from headwater.errors import HeadwaterError
from headwater.local.writer import Writer
from headwater.ports import Clock, Sql

# A probe costs an fsync, and anybody may probe: so an answer is good for this long.
_GOOD_FOR = 1.0  # seconds
_PATIENCE = 5.0  # seconds

_UPSERT = (
    "INSERT INTO readiness (only, at) VALUES (1, ?) "
    "ON CONFLICT (only) DO UPDATE SET at = excluded.at"
)


class Readiness:
    """Whether requests should be sent here now: the disk takes a commit, and it is not draining."""

    def __init__(self, writer: Writer, clock: Clock) -> None:
        self._writer = writer
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
        return await asyncio.shield(self._probe)

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
