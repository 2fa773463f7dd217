"""What a commit changed goes to the parts that hold it in memory."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import Any

from headwater.api.directory import WriteKeyDirectory
from headwater.collect.arrival import Arrival
from headwater.collect.intake import Rejection
from headwater.local.identities import Identities
from headwater.local.lake.keeper import LakeKeeper
from headwater.local.lanes import Lanes
from headwater.local.metrics import Metrics
from headwater.local.stored import Stored
from headwater.local.tail import LiveTail
from headwater.workspace import WorkspaceConfig


class Listeners:
    """Tells the parts what a commit has changed. On the event loop's thread."""

    def __init__(
        self,
        metrics: Metrics,
        known: WriteKeyDirectory,
        lanes: Lanes,
        tail: LiveTail,
        lake: LakeKeeper | None = None,
    ) -> None:
        self._metrics = metrics
        self._known = known
        self._lanes = lanes
        self._tail = tail
        self._lake = lake

    def configured(self, config: WorkspaceConfig) -> None:
        """Hand on a workspace's present configuration."""
        self._known.put(config)
        self._lanes.configure(config)

    def committed(self, notes: list[Any]) -> None:
        """Hand on what the jobs of a turn published."""
        for note in notes:
            if isinstance(note, Stored):
                self._metrics.count("accepted", len(note.events))
                self._metrics.count("duplicate", note.duplicates)
                self._tail.show(arrival for _, arrival in note.events)
                self._lanes.wake(note.destinations)
                if self._lake is not None:
                    self._lake.stored(len(note.events))
            elif isinstance(note, WorkspaceConfig):
                self.configured(note)


class CountedIntake:
    """An `Intake` that counts what is refused; what is stored is counted where it is committed."""

    def __init__(self, identities: Identities, metrics: Metrics) -> None:
        self._identities = identities
        self._metrics = metrics

    def receive(self, config: WorkspaceConfig, arrivals: Sequence[Arrival]) -> Awaitable[None]:
        """Return once all are committed; see `Intake.receive`."""
        return self._identities.receive(config, arrivals)

    async def reject(self, workspace: str, source: str, rejections: Sequence[Rejection]) -> None:
        """Return once the refused events are committed; see `Intake.reject`."""
        self._metrics.count("rejected", len(rejections))
        await self._identities.reject(workspace, source, rejections)
