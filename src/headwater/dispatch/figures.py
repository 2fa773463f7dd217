"""How a Worker is, asked of the actors that know: for `/metrics` and `headwater status`.

Nothing is counted or written for it before somebody asks. What only one isolate could count, and
would forget (requests, their times, events by outcome), Cloudflare's own metrics have.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from headwater.actors.workspace import WorkspaceActor
from headwater.dispatch.lanes import LanesOverActors
from headwater.dispatch.population import Shards
from headwater.dispatch.settings import SettingsOverActors
from headwater.errors import Unavailable
from headwater.figures import (
    Family,
    RuntimeStatus,
    exposition,
    lake_families,
    lane_families,
    people_family,
)
from headwater.lake.catalogue import Catalogue
from headwater.lake.manifest import OutOfDate
from headwater.lake.schema import EVENTS
from headwater.ports import Bucket, BucketFailure, CallFailed, Clock


class FiguresOverActors:
    """The `Status` port, and what `/metrics` prints.

    Args:
        shards: know how many people there are.
        lanes: know what waits for destinations.
        settings: know how many events were refused.
        bucket: where the lake is; None where there is none.
        clock: tells since when this isolate is there.
    """

    def __init__(
        self,
        shards: Shards,
        lanes: LanesOverActors,
        settings: SettingsOverActors,
        bucket: Bucket | None,
        *,
        clock: Clock,
    ) -> None:
        self._shards = shards
        self._lanes = lanes
        self._settings = settings
        self._bucket = bucket
        self._started_at = clock.now()
        self._catalogues: dict[str, Catalogue] = {}

    async def status(self, workspace: str) -> RuntimeStatus:
        """Answer how the Worker is, with the figures of one workspace.

        Raises:
            Unavailable: who knows them does not answer.
        """
        people, rejected, lake = await asyncio.gather(
            self._people(workspace), self._rejected(workspace), self._lake(workspace)
        )
        figures = {"people": people, "events_rejected": rejected, **lake}
        return RuntimeStatus("ready", self._started_at, figures)

    async def metrics(self, workspaces: Sequence[str]) -> bytes:
        """Answer figures of some workspaces in Prometheus' text format.

        Raises:
            Unavailable: who knows them does not answer.
        """
        statuses = await asyncio.gather(*map(self.status, workspaces))
        lanes = await asyncio.gather(*map(self._lanes.status, workspaces))
        figures = {name: one.figures for name, one in zip(workspaces, statuses, strict=True)}
        rejected = sum(int(one["events_rejected"]) for one in figures.values())
        return exposition(
            [
                Family(
                    "headwater_events",
                    "Events by what became of them: here, rejected.",
                    ("outcome",),
                    [(("rejected",), rejected)],
                    is_counter=True,
                ),
                people_family({name: int(one["people"]) for name, one in figures.items()}),
                *lake_families(figures),
                *lane_families([lane for some in lanes for lane in some]),
            ]
        )

    async def _people(self, workspace: str) -> int:
        try:
            return await self._shards.people(workspace)
        except CallFailed as error:
            raise Unavailable("The people cannot be counted now; ask again.") from error

    async def _rejected(self, workspace: str) -> int:
        return await self._settings.read(workspace, WorkspaceActor.rejected_so_far)

    async def _lake(self, workspace: str) -> dict[str, int]:
        """Answer what the lake's manifest says; of a lake that was read before, what is new."""
        if self._bucket is None:
            return {}
        catalogue = self._catalogues.setdefault(workspace, Catalogue(self._bucket, workspace))
        try:
            manifest = await catalogue.refresh()
        except (BucketFailure, OutOfDate) as error:
            raise Unavailable(f"The lake cannot be read now: {error}") from error
        return {
            "lake_files": len(manifest.files),
            "lake_events": sum(one.rows for one in manifest.of(EVENTS.name)),
            "lake_bytes": sum(one.bytes for one in manifest.files.values()),
        }
