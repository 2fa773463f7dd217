"""Sends a refused event through collect again, as if it came a second time by the same source."""

from __future__ import annotations

import json
from typing import get_args
from uuid import NAMESPACE_URL, uuid5

from headwater.actors.rejected_events import RejectedEvent
from headwater.actors.workspace import WorkspaceActor
from headwater.api.services import Services
from headwater.collect.assemble import Circumstances, Collector
from headwater.collect.enrich import Sender
from headwater.collect.envelope import Envelope, open_batch, open_single
from headwater.collect.limits import Limits
from headwater.errors import BadRequest, HeadwaterError, NotFound
from headwater.workspace import EventType

_NOBODY = Sender(ip=None, user_agent=None, is_browser=False)


class _SameNames:
    """`Random` that names the events of one refusal alike each time: replayed twice is once."""

    def __init__(self, workspace: str, event: str) -> None:
        self._event = f"{workspace}/rejected/{event}"
        self._drawn = 0

    def uuid(self) -> str:
        """Answer the next name."""
        self._drawn += 1
        return str(uuid5(NAMESPACE_URL, f"{self._event}/{self._drawn}"))

    def uniform(self) -> float:
        """Answer a number that is as good as any: nothing here is left to chance."""
        return 0.5


class Replay:
    """Replays refused events by the workspace's present rules.

    An event keeps the time at which it was received first, so that the correction of its
    client's clock comes out the same; and one without a `messageId` is given the same each time,
    so that a replay that a crash cut short can be repeated.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._limits = Limits()

    async def send(
        self, workspace: str, event: RejectedEvent, *, body: bytes | None, call: str | None
    ) -> HeadwaterError | None:
        """Store the event and mark it as replayed; answer why not, where it is refused again.

        Args:
            workspace: the one that refused it.
            event: as it was kept.
            body: corrected; None for the body as it was.
            call: its type, where neither body says.

        Raises:
            Unavailable: nothing of it is promised.
        """
        config = self._services.config(workspace)
        if config is None:
            raise NotFound(f"There is no workspace {workspace[:80]!r}.")
        circumstances = Circumstances(
            event.source, _NOBODY, event.received_at, _SameNames(workspace, event.id)
        )
        try:
            corrected = event.body if body is None else body
            envelope = self._open(corrected, call or _type_of(corrected) or _type_of(event.body))
        except (BadRequest, HeadwaterError) as error:
            return error
        collected = Collector(config, self._limits).collect(envelope, circumstances)
        if collected.rejections:
            first = collected.rejections[0]
            return BadRequest(first.message, code=first.code)
        if collected.arrivals:
            await self._services.intake.receive(config, collected.arrivals)
        await self._services.workspaces.write(
            workspace, WorkspaceActor.mark_replayed, event.id, now=self._services.clock.now()
        )
        return None

    def _open(self, body: bytes, call: str | None) -> Envelope:
        if _is_batch(body):
            return open_batch(body, self._limits)
        if call is not None:
            return open_single(body, call, self._limits)
        return Envelope(type=None, events=(body,), depths_unknown=True)


def _type_of(body: bytes) -> str | None:
    """Answer the type that a body names, if it does, and if there is such a call."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    kind = value.get("type") if isinstance(value, dict) else None
    return kind if kind in get_args(EventType) else None


def _is_batch(body: bytes) -> bool:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and "batch" in value and "type" not in value
