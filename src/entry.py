"""The Worker: what Cloudflare calls, in a line each. wrangler.toml names these classes."""

from __future__ import annotations

from typing import Any

from workers import WorkerEntrypoint

from durable_objects.identity import IdentityDO
from durable_objects.job import JobDO
from durable_objects.lane import LaneDO
from durable_objects.population import PopulationDO
from durable_objects.tail import TailDO
from durable_objects.workspace import WorkspaceDO
from edge.application import Application
from edge.isolate import isolate
from queues import deliveries, lake

__all__ = ["Default", "IdentityDO", "JobDO", "LaneDO", "PopulationDO", "TailDO", "WorkspaceDO"]

_applications: list[Application] = []


class Default(WorkerEntrypoint):
    """Answers requests, consumes queues, and does what the clock orders."""

    async def fetch(self, request: Any) -> Any:
        """Answer one request."""
        if not _applications:
            _applications.append(Application(isolate(self.env._env)))
        return await _applications[0].fetch(request.js_object)

    async def queue(self, batch: Any) -> None:
        """Carry out a batch of a queue; each environment's queues end alike."""
        parts = isolate(self.env._env)
        if batch.queue.endswith("-lake"):
            await lake.consume(batch, parts.lake)
        else:
            await deliveries.consume(batch, parts.deliveries)

    async def scheduled(self, controller: Any, *_: Any) -> None:  # noqa: ARG002 - which trigger it was
        """Look after the lake, and old exports."""
        await isolate(self.env._env).tend()
