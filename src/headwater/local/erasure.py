"""The job that erases people: from the database, the lake, and what lies between; then proves it.

Each step may be repeated, so a crash at any place is followed by the same job from the start of
what it was at. Tombstones come first: whatever is submitted after them is checked against them.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from headwater.actors import certificates, erasing
from headwater.actors.erased_people import ErasedPeople
from headwater.actors.workspace import WorkspaceActor
from headwater.collect.times import write_time
from headwater.errors import Unavailable
from headwater.local.backups.erasing import BackupEraser
from headwater.local.bytes_search import count_files
from headwater.local.certificate import signed
from headwater.local.identities import Identities
from headwater.local.jobs.runner import RunningJob
from headwater.local.lake.eraser import LakeEraser
from headwater.local.lake.keeper import LakeKeeper
from headwater.local.random import SystemRandom
from headwater.local.readers import Readers
from headwater.local.rewriting import rewrite
from headwater.local.sql import FILE_NAME, Database
from headwater.local.workspaces import LocalWorkspaces
from headwater.local.writer import Writer
from headwater.ports import Clock, Sql
from headwater.profiles.suppression import hash_of
from headwater.workspace import WorkspaceConfig

KIND = "erase"
STEPS = 6
_PASSES = 20
_CHECKPOINT_TRIES = 30


class Erasure:
    """Erases people of one server."""

    def __init__(
        self,
        *,
        writer: Writer,
        readers: Readers,
        workspaces: LocalWorkspaces,
        identities: Identities,
        lake: LakeKeeper | None,
        config: Callable[[str], WorkspaceConfig | None],
        clock: Clock,
        folder: Path,
        drop_exports: Callable[[str], Awaitable[int]],
    ) -> None:
        """Prepare; `drop_exports` deletes a workspace's exports, whole or under way.

        In the data folder, `folder`, lies the key that certificates are signed by.
        """
        self._writer = writer
        self._readers = readers
        self._workspaces = workspaces
        self._identities = identities
        self._lake = lake
        self._config = config
        self._clock = clock
        self._folder = folder
        self._drop_exports = drop_exports

    async def work(self, job: RunningJob) -> Mapping[str, Any]:
        """Do one order, as `jobs.runner.Work`.

        Its parameters are `identifiers`, normalised, and `suppress`, left out where true: whether
        nothing of them is to be kept afterwards either.
        """
        workspace = job.job.workspace
        if "identifiers" not in job.parameters:  # a crash came after the last that names anybody
            return await self._end(job, dict(job.cursor), None)
        held, already = await self._tombstones(job)
        people = await self._with_messages(job, ErasedPeople(workspace, held), already)
        statement: dict[str, Any] = {
            "erasure": job.job.id,
            "workspace": workspace,
            "requested_at": write_time(job.job.created_at),
            "identifiers": await self._hashed(workspace, people),
        }
        if self._lake is not None:
            await self._lake.lake.flush()
        await job.note(1, total=STEPS)
        exports = await self._drop_exports(workspace)
        statement["removed"] = await self._rows(job, people)
        await job.note(2)
        statement["lake"] = await self._files(people)
        # Again, for those that were begun when the lake still had everybody.
        statement["exports_deleted"] = exports + await self._drop_exports(workspace)
        statement["unreadable_from"] = write_time(self._clock.now())
        statement["backups"] = await self._backups(
            people, suppress=job.parameters.get("suppress", True)
        )
        await job.note(3)
        statement["rescan"] = await self._scan(job, people)
        statement["destinations"] = certificates.destinations(self._present(workspace))
        statement["suppressed"] = job.parameters.get("suppress", True)
        if not statement["suppressed"]:
            lifted = sorted(people.identifiers - already)
            await self._workspaces.write(workspace, WorkspaceActor.unsuppress, lifted)
        await job.note(4, cursor=statement, work=lambda sql: _forget_order(sql, job.job.id))
        return await self._end(job, statement, people)

    async def _tombstones(self, job: RunningJob) -> tuple[set[str], set[str]]:
        """Suppress every identifier of the people, also those that come by while this is done.

        Answer them, and those of them that were suppressed before.
        """
        workspace, wanted = job.job.workspace, list(job.parameters["identifiers"])
        held: set[str] = set()
        already = set(job.parameters.get("already", ()))
        # Of what a try before this one suppressed itself, it noted what was before.
        noted = set(wanted) if "already" in job.parameters else set()
        while True:
            await self._identities.sweep()
            found = await self._readers.run(
                lambda sql: erasing.all_identifiers(sql, workspace, sorted(held | set(wanted)))  # noqa: B023 - run before the next round
            )
            now = set().union(*map(set, found.values()))
            if now <= held:
                break
            suppression = await self._workspaces.read(workspace, WorkspaceActor.suppression)
            already |= {
                one
                for one in now - held - noted
                if hash_of(suppression.salt, one) in suppression.hashes
            }
            held |= now
            # What was decided must outlast the rows by which it was.
            parameters = {
                **job.parameters,
                "identifiers": sorted(held),
                "already": sorted(already),
            }
            await job.note(
                0,
                total=STEPS,
                work=lambda sql: _keep_order(sql, job.job.id, parameters),  # noqa: B023 - run before the next round
            )
            await self._workspaces.write(
                workspace,
                WorkspaceActor.suppress,
                sorted(held),
                now=self._clock.now(),
                reason="erased",
            )
        return held, already

    async def _with_messages(
        self, job: RunningJob, people: ErasedPeople, already: set[str]
    ) -> ErasedPeople:
        """Answer the people with the ids of their group calls, which are kept with the order."""
        found = await self._readers.run(lambda sql: erasing.group_messages(sql, people))
        messages = sorted({*found, *job.parameters.get("messages", ())})
        parameters = {
            **job.parameters,
            "identifiers": sorted(people.identifiers),
            "messages": messages,
            "already": sorted(already),
        }
        await job.note(0, work=lambda sql: _keep_order(sql, job.job.id, parameters))
        return ErasedPeople(people.workspace, people.identifiers, messages)

    async def _hashed(self, workspace: str, people: ErasedPeople) -> list[dict[str, str]]:
        suppression = await self._workspaces.read(workspace, WorkspaceActor.suppression)
        return certificates.hashed(suppression.salt, sorted(people.identifiers))

    async def _rows(self, job: RunningJob, people: ErasedPeople) -> dict[str, int]:
        """Delete their rows from the database, a slice at a time; answer how many of each table."""
        removed = {"event": 0}
        config = self._present(people.workspace)
        while ids := await self._readers.run(lambda sql: erasing.own_rows(sql, people)):
            await self._writer.run(
                lambda sql, ids=ids: erasing.delete_events(sql, ids),  # type: ignore[misc]  # bound now
                weight=len(ids),
            )
            removed["event"] += len(ids)
        removed |= await self._writer.run(lambda sql: erasing.delete_actors(sql, people))
        others = await self._readers.run(lambda sql: erasing.mentions(sql, people))
        for start in range(0, len(others), erasing.SLICE):
            some = others[start : start + erasing.SLICE]
            await self._writer.run(
                lambda sql, some=some: erasing.forget_mentions(sql, people, some)  # type: ignore[misc]
            )
        removed["mentions"] = len(others)
        for table in ("delivery", "dead_letter"):
            theirs, renamed = await self._readers.run(
                lambda sql, table=table: erasing.deliveries_of(sql, table, people, config)  # type: ignore[misc]
            )
            await self._writer.run(
                lambda sql, of=(table, theirs, renamed): erasing.delete_deliveries(sql, *of)  # type: ignore[misc]
            )
            removed[table] = len(theirs)
        rejected = await self._readers.run(lambda sql: erasing.rejected_of(sql, people, config))
        ended = await self._readers.run(lambda sql: erasing.jobs_of(sql, people, but=job.job.id))
        await self._writer.run(
            lambda sql: erasing.delete_texts(sql, people.workspace, rejected=rejected, jobs=ended)
        )
        return removed | {"rejected_events": len(rejected), "job": len(ended)}

    async def _files(self, people: ErasedPeople) -> dict[str, int]:
        """Write the lake's files anew; answer what that took away."""
        if self._lake is None:
            return {"files": 0, "rows": 0, "deleted_files": 0}
        # Once more, so that no flush that had begun before the rows went comes after this.
        await self._lake.lake.flush()
        done = await LakeEraser(self._lake.lake).erase(people)
        self._lake.forget(people.workspace)
        return done

    async def _backups(self, people: ErasedPeople, *, suppress: bool) -> list[dict[str, str]]:
        """Take them out of the backups of this data folder; answer what was done with each.

        Rows of theirs are gone by now, so a backup that is begun later has none.
        """
        config = self._present(people.workspace)
        eraser = BackupEraser(self._folder, config, random=SystemRandom())
        return await asyncio.to_thread(
            eraser.erase, people, now=self._clock.now(), suppress=suppress
        )

    async def _scan(self, job: RunningJob, people: ErasedPeople) -> dict[str, Any]:
        """Look again in every table and file; raise where anything is found."""
        config = self._present(people.workspace)
        found = await self._readers.run(
            lambda sql: erasing.remaining(sql, people, config, job=job.job.id)
        )
        left = {name: count for name, count in found.items() if count}
        if left:
            raise Unavailable(f"Rows came back while they were erased ({left}); it is done again.")
        files = 0 if self._lake is None else await LakeEraser(self._lake.lake).count_files(people)
        return {
            "at": write_time(self._clock.now()),
            "tables": sorted(found),
            "rows_found": 0,
            "lake_files_read": files,
            "lake_rows_found": 0,
        }

    async def _end(
        self, job: RunningJob, statement: dict[str, Any], people: ErasedPeople | None
    ) -> Mapping[str, Any]:
        """Make the freed bytes be gone, look for them, and sign what was done."""
        await self._rewrite_database()
        await job.note(5)
        if people is not None:
            statement["rescan"]["bytes_found"] = await self._bytes(people)
        statement["physically_gone_by"] = write_time(self._clock.now())
        certificate = signed(statement, self._folder)
        text = json.dumps(certificate, ensure_ascii=False)
        await self._workspaces.write(
            job.job.workspace,
            WorkspaceActor.keep_certificate,
            job.job.id,
            text,
            now=self._clock.now(),
        )
        await job.note(STEPS)
        return {"certificate": f"/v1/erasures/{job.job.id}"}

    async def _rewrite_database(self) -> None:
        path = self._folder / FILE_NAME
        if not await self._writer.between(lambda database: rewrite(database, path, self._readers)):
            # Somebody has it open, such as a backup: in place it takes longer, but no turn of ours.
            await self._writer.between(_vacuum)
        for _ in range(_CHECKPOINT_TRIES):
            if await self._writer.between(_fold_log):
                return
            await asyncio.sleep(1)
        raise Unavailable("A long reading keeps the database's log from being emptied.")

    async def _bytes(self, people: ErasedPeople) -> int:
        """Answer how many files of the database have one of the identifiers in their bytes."""
        files = [path for path in self._folder.glob(f"{FILE_NAME}*") if path.is_file()]
        return await count_files(files, people.identifiers, database=self._folder / FILE_NAME)

    def _present(self, workspace: str) -> WorkspaceConfig:
        return self._config(workspace) or WorkspaceConfig(workspace)


def _keep_order(sql: Sql, job: str, parameters: Mapping[str, Any]) -> None:
    sql.execute("UPDATE job SET parameters = ? WHERE id = ?", (json.dumps(parameters), job))


def _forget_order(sql: Sql, job: str) -> None:
    sql.execute("UPDATE job SET parameters = '{}' WHERE id = ?", (job,))


def _vacuum(database: Database) -> None:
    """Write every page anew: what was deleted or overwritten before is in none of them."""
    database.execute("PRAGMA temp_store = FILE")
    try:
        database.execute("VACUUM")
    finally:
        database.execute("PRAGMA temp_store = MEMORY")


def _fold_log(database: Database) -> bool:
    """Write the log back and empty it; answer False where a reader was in the way."""
    ((busy, _, _),) = database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return not busy
