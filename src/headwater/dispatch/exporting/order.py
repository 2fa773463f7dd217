"""One go of a step of a person's export: what it works on, and where it puts what it makes."""

from __future__ import annotations

from typing import Any

import msgspec

from headwater.actors.erased_people import ErasedPeople
from headwater.dispatch.exchange import Exchange
from headwater.dispatch.exporting.files import found_key, piece_key
from headwater.dispatch.exporting.held import add
from headwater.dispatch.exporting.state import Found, PersonState
from headwater.exports.archive import Archive
from headwater.exports.person import FILE, in_order, readable_change
from headwater.ports import Actors, Bucket
from headwater.workspace import WorkspaceConfig


class Order:
    """An order, as far as it is.

    Attributes:
        archive: writes it on.
        result: of the job, once all is done.
    """

    def __init__(
        self, bucket: Bucket, job: str, state: PersonState, config: WorkspaceConfig
    ) -> None:
        self.job = job
        self.state = state
        self.config = config
        self.workspace = config.workspace
        self.archive = Archive(state.archive)
        self.result: dict[str, Any] | None = None
        self._bucket = bucket

    @property
    def people(self) -> ErasedPeople:
        """Who is exported."""
        return ErasedPeople(self.workspace, self.state.identifiers)

    def exchange(self, actors: Actors) -> Exchange:
        """Answer who calls the workspace's actors."""
        return Exchange(actors, self.config)

    async def put(self) -> None:
        """Store what was written of the archive as its next piece."""
        state = self.state
        key = piece_key(self.workspace, self.job, FILE, state.pieces)
        await self._bucket.put(key, self.archive.taken())
        state.pieces += 1

    async def note(self, found: Found) -> None:
        """Keep something for the last step; it goes when the export goes."""
        if found == Found():
            return
        key = found_key(self.workspace, self.job, self.state.found)
        await self._bucket.put(key, msgspec.json.encode(found))
        self.state.found += 1

    async def found(self) -> Found:
        """Answer all that was kept; rows that files had before and after a merge are there once."""
        whole, rows = Found(), dict[bytes, dict[str, Any]]()
        for number in range(self.state.found):
            part = await self._bucket.get(found_key(self.workspace, self.job, number))
            one = msgspec.json.decode(part, type=Found)
            whole.consent += one.consent
            add(whole.held, one.held)
            rows |= {msgspec.json.encode(row): row for row in one.lake_identity}
        whole.lake_identity = [readable_change(row) for row in in_order(rows.values())]
        return whole
