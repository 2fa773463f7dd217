"""Everything held on one person, as one archive: a page to read, and all of it in JSON."""

from __future__ import annotations

import asyncio
import os
import time
import zipfile
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from headwater.actors import erasing
from headwater.actors.erased_people import ErasedPeople
from headwater.actors.everything_held import everything_held
from headwater.actors.suppressions import Suppressed
from headwater.actors.workspace import WorkspaceActor
from headwater.api.archive_views import archive_views
from headwater.audiences.audience import Audience
from headwater.audiences.membership import Audiences, Membership
from headwater.exports.person import EVENTS, FILE, ConsentChanges, Contents, lines, texts
from headwater.local.exports.files import settle
from headwater.local.jobs.runner import RunningJob
from headwater.local.lake.keeper import LakeKeeper
from headwater.local.readers import Readers
from headwater.local.workspaces import LocalWorkspaces
from headwater.ports import Clock
from headwater.profiles.dossier import SHOWN
from headwater.profiles.people import People, TimelineFilter
from headwater.workspace import WorkspaceConfig

_PAGE = 1_000


class PersonExporting:
    """The work of jobs of the kind `export-person`."""

    def __init__(
        self,
        *,
        readers: Readers,
        people: People,
        audiences: Audiences,
        workspaces: LocalWorkspaces,
        lake: LakeKeeper | None,
        config: Callable[[str], WorkspaceConfig | None],
        folder: Path,
        clock: Clock,
    ) -> None:
        """Prepare; archives go to `folder`, one folder for each job."""
        self._readers = readers
        self._people = people
        self._audiences = audiences
        self._workspaces = workspaces
        self._lake = lake
        self._config = config
        self._folder = folder
        self._clock = clock

    async def __call__(self, job: RunningJob) -> Mapping[str, Any]:
        """Write the archive of the job's `identifier`, normalised; see `Work`.

        After a crash it is begun anew.
        """
        folder = self._folder / job.job.id
        self._folder.mkdir(mode=0o700, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        staged = folder / f"{FILE}.part"
        staged.unlink(missing_ok=True)
        with zipfile.ZipFile(staged, "w", zipfile.ZIP_DEFLATED) as archive:
            events = await self._fill(job, archive)
        await asyncio.to_thread(_sync, staged)
        staged.replace(folder / FILE)
        settle(folder)
        size = (folder / FILE).stat().st_size
        return {"rows": events, "files": [{"name": FILE, "rows": events, "bytes": size}]}

    async def _fill(self, job: RunningJob, archive: zipfile.ZipFile) -> int:
        """Put everything in; answer how many events that were."""
        workspace, asked = job.job.workspace, str(job.parameters["identifier"])
        config = self._config(workspace) or WorkspaceConfig(workspace)
        person = await self._people.person(workspace, asked)
        links = await self._people.explain(workspace, asked)
        await job.note(0, total=sum(person.counts.values()) if person else 0)
        identifiers = await self._identifiers(workspace, asked)
        people = ErasedPeople(workspace, identifiers)
        events = _Events(archive)
        await self._write_events(job, events)
        found = Contents(
            asked=asked,
            config=config,
            identifiers=identifiers,
            person=person,
            links=links,
            audiences=await self._memberships(config, asked),
            consent=events.consent.found,
            suppressions=await self._suppressed(workspace, identifiers),
            lake_identity=await self._in_lake(people),
            held=await self._readers.run(lambda sql: everything_held(sql, people, config)),
            newest=list(reversed(events.newest)),
            events=events.count,
            tiers=events.tiers,
        )
        for name, text in texts(found, archive_views(), now=self._clock.now()).items():
            archive.writestr(name, text)
        return events.count

    async def _identifiers(self, workspace: str, asked: str) -> list[str]:
        found = await self._readers.run(
            lambda sql: erasing.all_identifiers(sql, workspace, [asked])
        )
        return sorted({one for held in found.values() for one in held})

    async def _write_events(self, job: RunningJob, events: _Events) -> None:
        workspace, asked = job.job.workspace, str(job.parameters["identifier"])
        oldest_first, cursor = TimelineFilter(oldest_first=True), None
        with events:
            while True:
                found = await self._people.timeline(
                    workspace, asked, which=oldest_first, limit=_PAGE, cursor=cursor
                )
                if found is None:
                    return
                events.add(found.events, found.tiers)
                await job.note(events.count)
                cursor = found.next
                if cursor is None:
                    return

    async def _in_lake(self, people: ErasedPeople) -> list[dict[str, Any]]:
        if self._lake is None:
            return []
        lake = self._lake.lake
        await lake.open()

        def rows() -> list[dict[str, Any]]:
            # Arrow is large, and the server has no other use for it: its workers read the lake.
            from headwater.local.lake.identity_of import identity_rows  # noqa: PLC0415 - see above

            return identity_rows(lake, people)

        return await asyncio.to_thread(rows)

    async def _memberships(
        self, config: WorkspaceConfig, asked: str
    ) -> list[tuple[Audience, Membership]]:
        found = []
        for one in config.audiences:
            membership = await self._audiences.check(config.workspace, one.id, asked, explain=True)
            if membership is not None:
                found.append((one, membership))
        return found

    async def _suppressed(self, workspace: str, identifiers: Sequence[str]) -> Sequence[Suppressed]:
        return await self._workspaces.read(
            workspace, WorkspaceActor.suppressed, limit=len(identifiers), only=identifiers
        )


class _Events:
    """Writes events into the archive, and keeps what the page wants of them."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.count = 0
        self.tiers: list[str] = []
        self.newest: deque[Mapping[str, Any]] = deque(maxlen=SHOWN)
        self.consent = ConsentChanges()

    def __enter__(self) -> None:
        entry = zipfile.ZipInfo(EVENTS, time.localtime()[:6])  # else it is of 1980
        entry.compress_type = zipfile.ZIP_DEFLATED
        self._file = self._archive.open(entry, "w", force_zip64=True)

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, events: Sequence[Mapping[str, Any]], tiers: Sequence[str]) -> None:
        """Take a page of events, oldest first."""
        self.tiers += [one for one in tiers if one not in self.tiers]
        self._file.write(lines(events))
        self.consent.add(events)
        self.newest.extend(events)
        self.count += len(events)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
