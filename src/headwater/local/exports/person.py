"""Everything held on one person, as one archive: a page to read, and all of it in JSON."""

from __future__ import annotations

import asyncio
import json
import os
import zipfile
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from headwater.actors import erasing
from headwater.actors.erased_people import ErasedPeople
from headwater.actors.everything_held import everything_held
from headwater.actors.workspace import WorkspaceActor
from headwater.api.audience_views import membership_view
from headwater.api.people import ExplanationView, person_view
from headwater.audiences.membership import Audiences
from headwater.collect.times import write_time
from headwater.local.exports.files import settle
from headwater.local.jobs.runner import RunningJob
from headwater.local.lake.keeper import LakeKeeper
from headwater.local.readers import Readers
from headwater.local.workspaces import LocalWorkspaces
from headwater.ports import Clock
from headwater.profiles.dossier import SHOWN, Dossier, page
from headwater.profiles.people import People, TimelineFilter
from headwater.workspace import WorkspaceConfig

FILE = "person.zip"
_PAGE = 1_000

_WHAT = {
    "identity": "what the database keeps of who they are",
    "kept_for_audiences": "what audiences and computed traits remember of their events",
    "accounts": "the accounts that they are in",
    "timers": "when they are looked at again",
    "deliveries": "events that wait to be delivered",
    "dead_letters": "deliveries that were given up",
    "refused_events": "refused events that name them",
    "jobs": "orders that name them",
    "mentioned_by_others": "how many other people's or accounts' states name them",
}


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
        shown = (
            None if person is None else person_view(person, verbose=True).model_dump(mode="json")
        )
        explained = None
        if links is not None:
            explained = ExplanationView.model_validate(links).model_dump(mode="json")
        events = _Events(archive)
        await self._write_events(job, events)
        held = await self._readers.run(lambda sql: everything_held(sql, people, config))
        lake = await self._in_lake(people)
        audiences = await self._memberships(config, asked)
        suppressions = await self._suppressed(workspace, identifiers)
        files = {
            "person.json": ("the profile", shown, 0 if shown is None else 1),
            "links.json": ("why these identifiers are one person", explained, len(identifiers)),
            "audiences.json": ("audiences, and why they are in or not", audiences, len(audiences)),
            "consent.json": ("each change of consent", events.consent, len(events.consent)),
            "suppressions.json": ("of which identifiers nothing is kept", suppressions, 0),
            "lake_identity.json": ("what the lake keeps of who they are", lake, len(lake)),
            **{f"{name}.json": (_WHAT[name], found, len(found)) for name, found in held.items()},
        }
        for name, (_, content, _) in files.items():
            archive.writestr(name, _text(content))
        dossier = Dossier(
            asked=asked,
            workspace=workspace,
            made_at=write_time(self._clock.now()),
            identifiers=identifiers,
            person=shown,
            links=explained,
            audiences=audiences,
            consent=events.consent,
            suppressions=suppressions,
            recipients=[
                {"name": one.name, "type": one.type, "enabled": one.enabled, "id": one.id}
                for one in config.destinations
            ],
            held=held,
            newest=list(reversed(events.newest)),
            events=events.count,
            tiers=events.tiers,
            files={"events.jsonl": ("every event, oldest first", events.count)}
            | {name: (what, count) for name, (what, _, count) in files.items()},
        )
        archive.writestr("index.html", page(dossier))
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

    async def _memberships(self, config: WorkspaceConfig, asked: str) -> list[dict[str, Any]]:
        found = []
        for one in config.audiences:
            membership = await self._audiences.check(config.workspace, one.id, asked, explain=True)
            if membership is not None:
                view = membership_view(membership).model_dump(mode="json")
                found.append({"name": one.name, "key": one.key, **view})
        return found

    async def _suppressed(self, workspace: str, identifiers: Sequence[str]) -> list[dict[str, Any]]:
        found = await self._workspaces.read(
            workspace, WorkspaceActor.suppressed, limit=len(identifiers), only=identifiers
        )
        return [{**asdict(one), "created_at": write_time(one.created_at)} for one in found]


class _Events:
    """Writes events into the archive, and keeps what the page wants of them.

    Attributes:
        consent: each `context.consent` that differs from the one before, with its event.
    """

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.count = 0
        self.tiers: list[str] = []
        self.newest: deque[Mapping[str, Any]] = deque(maxlen=SHOWN)
        self.consent: list[dict[str, Any]] = []

    def __enter__(self) -> None:
        self._file = self._archive.open("events.jsonl", "w", force_zip64=True)

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, events: Sequence[Mapping[str, Any]], tiers: Sequence[str]) -> None:
        """Take a page of events, oldest first."""
        self.tiers += [one for one in tiers if one not in self.tiers]
        for event in events:
            self._file.write(json.dumps(event, ensure_ascii=False).encode() + b"\n")
            self._note_consent(event)
        self.newest.extend(events)
        self.count += len(events)

    def _note_consent(self, event: Mapping[str, Any]) -> None:
        context = event.get("context")
        consent = context.get("consent") if isinstance(context, dict) else None
        if consent is not None and not (self.consent and self.consent[-1]["consent"] == consent):
            self.consent.append(
                {
                    "at": event.get("timestamp"),
                    "message_id": event.get("messageId"),
                    "consent": consent,
                }
            )


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
