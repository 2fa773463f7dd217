"""All lanes of this machine: starts, wakes, changes and stops them, and says how they are."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable

from headwater.actors import deliveries
from headwater.actors.deliveries import LaneStatistics
from headwater.destinations.configuration import destination_of
from headwater.destinations.lane_status import LaneStatus
from headwater.dispatch.lane_report import empty, report_broken
from headwater.dispatch.lane_runner import LaneRunner
from headwater.dispatch.lane_surroundings import Runs, Surroundings
from headwater.errors import BadRequest
from headwater.ports import Clock, Http, Random
from headwater.workspace import DestinationConfig, WorkspaceConfig

_logger = logging.getLogger(__name__)

_TRIM_SECONDS = 300.0

_Key = tuple[str, str]


class Lanes:
    """One lane a destination, each a task of its own, so that none waits for another."""

    def __init__(
        self, *, writer: Runs, readers: Runs, http: Http, clock: Clock, random: Random
    ) -> None:
        """Make it, without lanes; `configure` adds them, inside a running event loop."""
        self._around = Surroundings(writer, readers, http, clock, random)
        self._runners: dict[_Key, LaneRunner] = {}
        self._broken: dict[_Key, tuple[DestinationConfig, str]] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self._trimming: asyncio.Task[None] | None = None
        self._stopped = False

    def configure(self, config: WorkspaceConfig) -> None:
        """Take a workspace's configuration, new or changed; call it from the event loop.

        A destination that is new gets a lane, which delivers what already waits; one that is
        gone loses it, and what waits stays stored (see `deliveries.drop`); one that is switched
        off keeps it, at rest. One whose type or settings are not valid is told by `status`.
        """
        if self._stopped:
            return
        if self._trimming is None:
            self._trimming = asyncio.get_running_loop().create_task(self._trim())
        wanted = {(config.workspace, one.id): one for one in config.destinations}
        present = {*self._runners, *self._broken}
        for key in [key for key in present if key[0] == config.workspace and key not in wanted]:
            self._remove(key)
        for key, one in wanted.items():
            self._put(key, one)

    def wake(self, destinations: Iterable[str]) -> None:
        """Something was committed for these destination ids; call it from the event loop."""
        woken = set(destinations)
        for (_, destination), runner in self._runners.items():
            if destination in woken:
                runner.wake()

    async def status(self, workspace: str | None = None) -> list[LaneStatus]:
        """Answer how each destination's lane is, of one workspace or of all, by configuration."""
        stored = await self._around.readers.run(deliveries.statistics)
        by_key = {(lane.workspace, lane.destination): lane for lane in stored}
        keys = [
            key
            for key in (*self._runners, *self._broken)
            if workspace is None or key[0] == workspace
        ]
        return [self._status(key, by_key.get(key)) for key in keys]

    async def stop(self, grace: float = 10.0) -> None:
        """Start no more requests, and return when those in flight have ended or `grace` s are over.

        What was cut short is sent again after the next start, with the same ids.
        """
        self._stopped = True
        if self._trimming is not None:
            self._trimming.cancel()
        runners = list(self._runners.values())
        await asyncio.gather(*(runner.stop(grace) for runner in runners), *self._ending)

    def _put(self, key: _Key, config: DestinationConfig) -> None:
        runner = self._runners.get(key)
        try:
            if runner is not None and runner.config.type == config.type:
                runner.configure(config)
            else:
                destination = destination_of(config.type)
                fresh = LaneRunner(key[0], config, destination, self._around)
                self._remove(key)
                self._runners[key] = fresh
                fresh.start()
            self._broken.pop(key, None)
        except BadRequest as error:
            # What an older version stored, or another one: better kept and told than sent wrong.
            _logger.warning("Destination %s does not work: %s", config.id, error.message)
            self._remove(key)
            self._broken[key] = (config, error.message)

    def _remove(self, key: _Key) -> None:
        self._broken.pop(key, None)
        runner = self._runners.pop(key, None)
        if runner is not None:
            task = asyncio.get_running_loop().create_task(runner.stop(30.0))
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)

    def _status(self, key: _Key, stored: LaneStatistics | None) -> LaneStatus:
        now = self._around.clock.now()
        stored = stored or empty(*key)
        runner = self._runners.get(key)
        if runner is None:
            config, problem = self._broken[key]
            return report_broken(config, stored, problem, now=now)
        return runner.report(stored)

    async def _trim(self) -> None:
        while True:
            await asyncio.sleep(_TRIM_SECONDS)
            try:
                await self._around.writer.run(deliveries.trim_merges)
            except Exception:
                _logger.exception("Old merges could not be trimmed; it is tried again.")
