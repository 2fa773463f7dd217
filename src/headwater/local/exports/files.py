"""Where exports lie until they are fetched: a folder for each job, gone a day after its end."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
from pathlib import Path

from headwater.actors.jobs import Job
from headwater.errors import Conflict, HeadwaterError, NotFound
from headwater.exports.keeping import KIND, PERSON, is_over
from headwater.local.jobs.runner import JobRunner
from headwater.ports import Clock

_logger = logging.getLogger(__name__)

_EVERY = 3600.0  # seconds


class ExportFiles:
    """The files of exports, by job.

    Attributes:
        folder: that holds them all.
    """

    def __init__(self, folder: Path, jobs: JobRunner, *, clock: Clock) -> None:
        self.folder = folder
        self._jobs = jobs
        self._clock = clock

    async def file(self, workspace: str, id_: str, name: str) -> Path:
        """Answer where a file of a finished export is.

        Raises:
            NotFound: there is no such export, or it has no such file, or has it no more.
            Conflict: it is not finished.
        """
        job = await self._export(workspace, id_)
        if job.state != "done" or job.result is None:
            raise Conflict(f"Export {id_} is {job.state}; its files are there once it is done.")
        path = self.folder / id_ / name
        if name not in {one["name"] for one in job.result["files"]} or not path.is_file():
            raise NotFound(f"Export {id_} has no file {name[:200]!r}, or has it no more.")
        return path

    async def delete(self, workspace: str, id_: str) -> Job:
        """Delete an export's files; one that is not finished is cancelled first."""
        job = await self._export(workspace, id_)
        if not job.has_ended:
            job = await self._jobs.cancel(workspace, id_)
        await self._remove(id_)
        return job

    async def drop(self, workspace: str) -> int:
        """Delete all of a workspace's exports, also those that are being made; answer how many."""
        open_states = ("waiting", "running", "done")
        found = await self._jobs.jobs(
            workspace, kinds=(KIND, PERSON), states=open_states, limit=10_000
        )
        held = [one for one in found if not one.has_ended or (self.folder / one.id).is_dir()]
        for one in held:
            await self.delete(workspace, one.id)
        return len(held)

    async def keep_swept(self) -> None:
        """Look every hour which exports have lain for long enough, and delete them."""
        while True:
            try:
                await self.sweep()
            except (HeadwaterError, OSError):
                _logger.warning("Old exports were not deleted; it is tried again.", exc_info=True)
            await asyncio.sleep(_EVERY)

    async def sweep(self) -> None:
        """Delete the files of exports that ended without success, or a day ago."""
        if not self.folder.is_dir():
            return
        for folder in sorted(self.folder.iterdir()):
            try:
                job = await self._jobs.job(None, folder.name)
            except NotFound:
                await self._remove(folder.name)
                continue
            if is_over(job, now=self._clock.now()):
                await self._remove(job.id)

    async def _export(self, workspace: str, id_: str) -> Job:
        job = await self._jobs.job(workspace, id_)
        if job.kind not in {KIND, PERSON}:
            raise NotFound(f"Job {id_[:80]!r} is no export.")
        return job

    async def _remove(self, id_: str) -> None:
        await self._jobs.release(id_)
        await asyncio.to_thread(shutil.rmtree, self.folder / id_, ignore_errors=True)


def settle(path: Path) -> None:
    """Return once it is on the disk which files a folder has."""
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
