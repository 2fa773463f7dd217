"""Where exports lie in the bucket until they are fetched: each file as pieces, in their order.

    _exports/{workspace}/{job}/{file}/{number}      a piece; together they are the file
    _exports/{workspace}/{job}/-/{number}           what a step found and a later one needs

A step writes one piece, and writes it again where it is done again; so a file is whole once its
job is done, though no step ever held all of it.
"""

from __future__ import annotations

from collections.abc import Sequence

from headwater.actors.jobs import Job
from headwater.actors.workspace import WorkspaceActor
from headwater.dispatch.jobs import JobsOverActors
from headwater.dispatch.settings import SettingsOverActors
from headwater.errors import Conflict, NotFound, Unavailable
from headwater.exports.keeping import KIND, PERSON, is_over
from headwater.exports.stored import StoredFile
from headwater.ports import Bucket, BucketFailure, Clock, StoredObject

FOLDER = "_exports/"
"""A name that no workspace can have."""

PIECE = 4_000_000
"""Bytes that a piece has, about; so much of a file is in memory when it is fetched."""

_FOUND = "-"
_DIGITS = 8


def folder_of(workspace: str, job: str) -> str:
    """Answer what the keys of an export begin with."""
    return f"{FOLDER}{workspace}/{job}/"


def piece_key(workspace: str, job: str, name: str, number: int) -> str:
    """Answer the key of a piece of a file."""
    return f"{folder_of(workspace, job)}{name}/{number:0{_DIGITS}}"


def found_key(workspace: str, job: str, number: int) -> str:
    """Answer the key of something that a step found."""
    return piece_key(workspace, job, _FOUND, number)


class BucketExports:
    """The admin API's `Exports`, and what erasures and the clock do about them.

    Args:
        bucket: where they are; None where there is none.
        jobs: that make them.
        settings: where jobs are listed.
        clock: tells how long they have lain.
    """

    def __init__(
        self,
        bucket: Bucket | None,
        jobs: JobsOverActors,
        settings: SettingsOverActors,
        *,
        clock: Clock,
    ) -> None:
        self._bucket = bucket
        self._jobs = jobs
        self._settings = settings
        self._clock = clock

    async def file(self, workspace: str, id_: str, name: str) -> StoredFile:
        """Answer a file of a finished export; see `Exports.file`."""
        job = await self._export(workspace, id_)
        if job.state != "done" or job.result is None:
            raise Conflict(f"Export {id_} is {job.state}; its files are there once it is done.")
        sizes = {one["name"]: one["bytes"] for one in job.result["files"]}
        if self._bucket is not None and name in sizes:
            pieces = await self._listed(self._bucket, f"{folder_of(workspace, id_)}{name}/")
            if pieces and sum(one.size for one in pieces) == sizes[name]:
                return StoredFile(self._bucket, sizes[name], pieces)
        raise NotFound(f"Export {id_} has no file {name[:200]!r}, or has it no more.")

    async def delete(self, workspace: str, id_: str) -> Job:
        """Delete an export's files; one that is not finished is cancelled first."""
        job = await self._export(workspace, id_)
        if not job.has_ended:
            job = await self._jobs.cancel(workspace, id_)
        await self._settings.write(workspace, WorkspaceActor.release_job, id_)
        await self._remove(folder_of(workspace, id_))
        return job

    async def drop(self, workspace: str) -> int:
        """Delete all of a workspace's exports, also those being made; answer how many there were.

        Raises:
            Unavailable: a step of one is just being done; it is to be done again.
        """
        made = await self._jobs.jobs(
            workspace,
            kinds=(KIND, PERSON),
            states=("waiting", "running"),
            limit=10_000,
        )
        for one in made:
            if not await self._jobs.stop(workspace, one.id):
                raise Unavailable("An export is being made; it is looked again in a moment.")
        there = await self._remove(f"{FOLDER}{workspace}/")
        folders = {key.split("/")[2] for key in there}
        for id_ in sorted(folders | {one.id for one in made}):
            await self._settings.write(workspace, WorkspaceActor.release_job, id_)
        return len(folders | {one.id for one in made})

    async def sweep(self) -> None:
        """Delete the files of exports that ended without success, or a day ago.

        Raises:
            Unavailable: it is to be done again.
        """
        if self._bucket is None:
            return
        keys = [one.key for one in await self._listed(self._bucket, FOLDER)]
        for workspace, id_ in sorted({(one.split("/")[1], one.split("/")[2]) for one in keys}):
            try:
                job = await self._settings.read(workspace, WorkspaceActor.job, id_)
            except NotFound:
                await self._remove(folder_of(workspace, id_))
                continue
            if is_over(job, now=self._clock.now()):
                await self._settings.write(workspace, WorkspaceActor.release_job, id_)
                await self._remove(folder_of(workspace, id_))

    async def _export(self, workspace: str, id_: str) -> Job:
        job = await self._jobs.job(workspace, id_)
        if job.kind not in {KIND, PERSON}:
            raise NotFound(f"Job {id_[:80]!r} is no export.")
        return job

    async def _remove(self, prefix: str) -> list[str]:
        if self._bucket is None:
            return []
        keys = [one.key for one in await self._listed(self._bucket, prefix)]
        if keys:
            try:
                await self._bucket.delete(keys)
            except BucketFailure as error:
                raise Unavailable("The bucket does not answer now; ask again.") from error
        return keys

    async def _listed(self, bucket: Bucket, prefix: str) -> Sequence[StoredObject]:
        try:
            return await bucket.list(prefix)
        except BucketFailure as error:
            raise Unavailable("The bucket does not answer now; ask again.") from error
