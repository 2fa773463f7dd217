"""What the alarms of identity objects have done, in its order.

The lake is told that something waits for it; merges, deliveries and timers are carried on; the
population's shard is told what has changed. None of them waits for another that fails.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from headwater.actors.configurations import Configurations
from headwater.actors.identity_calls import Revisit
from headwater.actors.identity_object import IdentityObject
from headwater.collect.arrival import Arrival
from headwater.dispatch import lake_queue
from headwater.dispatch.intake import Dispatcher
from headwater.dispatch.parcels import Settings
from headwater.dispatch.population import Shards, feed
from headwater.ports import Clock, Queue, Sql

if TYPE_CHECKING:
    from headwater.dispatch.population_recalling import LakeRows

Show = Callable[[str, Sequence[Arrival]], Awaitable[None]]
"""Shows events of a workspace that were stored meanwhile to those who follow."""


class IdentityAlarms:
    """Does what is due for identity objects.

    Args:
        settings: answer configurations.
        known: those that the objects of this isolate use.
        dispatcher: carries merges and splits on.
        queue: takes word for the lake.
        shards: the population's.
        clock: tells the time.
        show: is told of memberships in audiences that came about.
        rows: reads the lake for what objects have let go of.
    """

    def __init__(
        self,
        settings: Settings,
        known: Configurations,
        dispatcher: Dispatcher,
        queue: Queue,
        shards: Shards,
        *,
        clock: Clock,
        show: Show,
        rows: LakeRows | None = None,
    ) -> None:
        self._settings = settings
        self._known = known
        self._dispatcher = dispatcher
        self._queue = queue
        self._shards = shards
        self._clock = clock
        self._show = show
        self._rows = rows

    async def act(self, name: str, of: IdentityObject, sql: Sql) -> None:
        """Do what is due for the actor of this name; what is left then, its next alarm does.

        Raises:
            CallFailed: somebody did not answer.
        """
        if of.wants_lake(sql, now=self._clock.now()):
            await lake_queue.tell(self._queue, [name])
            of.lake.told(now=self._clock.now())
        try:
            if of.wants_waking(sql, now=self._clock.now()):
                await self._wake(name)
        finally:  # the population does not wait for a merge, or a destination
            await self._feed(name, of, sql)

    async def revisit(self, workspace: str, person: str, version: int) -> None:
        """Have a person decided by audiences of a version, or of a newer one."""
        config = await self._settings.config(workspace)
        if config.version < version:
            config = await self._settings.newest(workspace)
        told = await self._dispatcher.wake(config, f"{workspace}/{person}", Revisit())
        await self._show(workspace, told)

    async def _wake(self, name: str) -> None:
        config = await self._settings.config(name.partition("/")[0])
        told = await self._dispatcher.wake(config, name)
        await self._show(config.workspace, told)

    async def _feed(self, name: str, of: IdentityObject, sql: Sql) -> None:
        workspace, _, person = name.partition("/")
        if self._known.config(workspace) is None:
            self._known.put(await self._settings.config(workspace))
        newest = await feed(of, sql, name, shards=self._shards, clock=self._clock, rows=self._rows)
        if newest is not None:
            await self.revisit(workspace, person, newest)
