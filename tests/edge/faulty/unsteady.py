"""The Worker with faults that Cloudflare announces: what may fail, or happen twice, does so.

Each strikes by counting, so that it surely does: consumers raise before or after their work, the
queue refuses what is sent, and alarms raise once they have done their work, so that they run again.
"""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import Any

import headwater_entry  # type: ignore[import-not-found]  # src/entry.py; see test_worker_faults.py
from headwater_entry import *  # noqa: F403 - all classes that wrangler.toml names
from workers import Response

from headwater.actors import identity_object
from headwater.ports import CallFailed
from queues.producer import EdgeQueue

STRUCK: Counter[str] = Counter()
COUNTED: Counter[str] = Counter()

identity_object.PATIENCE = 1_000  # a test cannot wait for half a minute


class FaultError(Exception):
    """A fault that is meant to be."""


def strikes(fault: str, *, every: int) -> bool:
    """Answer whether a fault is due, every so many times from the first."""
    COUNTED[fault] += 1
    is_due = COUNTED[fault] % every == 1
    STRUCK[fault] += is_due
    return is_due


def _refusing_queue() -> None:
    send = EdgeQueue.send

    async def sometimes(self: Any, topic: str, messages: Any) -> None:
        if strikes("a send was refused", every=5):
            raise CallFailed("the queue took nothing")
        await send(self, topic, messages)

    EdgeQueue.send = sometimes  # type: ignore[method-assign]  # that is the fault


_refusing_queue()


class IdentityDO(headwater_entry.IdentityDO):  # type: ignore[misc]  # it is seen in the Worker only
    """Its alarm runs again after its work; that of `doomed` dies of it, for the last time."""

    async def alarm_at(self) -> str:
        """Answer when the alarm goes off, in milliseconds."""
        return str(await self.ctx._ctx.storage.getAlarm())

    async def alarm(self, info: Any = None) -> None:
        """Do the work, and fail."""
        if (self._object.name(self._database) or "").endswith("/user_id:doomed"):
            self._object.wake_at = None  # not even what is to be done at its end is done
            STRUCK["an alarm was given up"] += 1
            info = SimpleNamespace(isRetry=True, retryCount=6)
        await super().alarm(info)
        if strikes("an identity's alarm ran again", every=2):
            raise FaultError("after the alarm's work")


class LaneDO(headwater_entry.LaneDO):  # type: ignore[misc]  # the same
    """Its alarm runs again after its work."""

    async def alarm(self, info: Any = None) -> None:
        """Do the work, and fail."""
        await super().alarm(info)
        if strikes("a lane's alarm ran again", every=2):
            raise FaultError("after the alarm's work")


class Default(headwater_entry.Default):  # type: ignore[misc]  # the same
    """Answers how often each fault has struck at `/struck`."""

    async def fetch(self, request: Any) -> Any:
        """Answer one request."""
        if request.url.endswith("/doomed"):
            doomed = self.env._env.IDENTITY.getByName("default/user_id:doomed")
            return Response(await doomed.alarm_at())
        if request.url.endswith("/struck"):
            return Response.json(dict(STRUCK))
        return await super().fetch(request)

    async def queue(self, batch: Any) -> None:
        """Carry out a batch of a queue, or fail before or after that."""
        if strikes("a consumer raised before its work", every=3):
            raise FaultError("before the consumer's work")
        await super().queue(batch)
        if strikes("a consumer raised after its work", every=3):
            raise FaultError("after the consumer's work")
