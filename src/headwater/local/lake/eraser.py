"""People taken out of a lake: files written anew, and nothing of the old ones kept."""

from __future__ import annotations

from headwater.actors.erased_people import ErasedPeople
from headwater.lake.manifest import LakeFile
from headwater.local.lake.lake import Lake
from headwater.local.lake.orders import Erase, Erased
from headwater.ports import BucketFailure

_FILES = 20
"""Files of one order to the lake's process."""

_PASSES = 10
"""Times that files are looked through, as others may write new ones meanwhile."""

_TARGET = 1 << 40
"""Bytes: a file stays one file."""

_LEVEL = 6
_MEMORY = 512 * 1024 * 1024  # bytes


class LakeEraser:
    """Erases people from the lake of a running server."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake

    async def erase(self, people: ErasedPeople) -> dict[str, int]:
        """Take people out of every file; answer what that changed.

        Files that were replaced before, which are kept for time travel, are deleted too, and the
        manifest's log begins anew: so does travelling back in time.

        Raises:
            BucketFailure: not all could be done; it may be done again from the start.
        """
        await self._lake.open()
        files = rows = 0
        async with self._lake.rewriting:  # nobody compacts: what they read would be written again
            for _ in range(_PASSES):
                changed = await self._pass(people)
                if not changed[0]:
                    break
                files, rows = files + changed[0], rows + changed[1]
            else:
                raise BucketFailure("Rows of the erased keep coming to the lake.")
            deleted = await self._lake.clear(people.workspace)
        return {"files": files, "rows": rows, "deleted_files": deleted}

    async def count_files(self, people: ErasedPeople) -> int:
        """Answer how many files there are, after reading them all again.

        Raises:
            BucketFailure: one of them holds something of these people.
        """
        manifest = await self._lake.manifest(people.workspace)
        async with self._lake.rewriting:
            changed = await self._pass(people)
        if changed[0]:
            raise BucketFailure("Rows of the erased came to the lake again; it is done again.")
        return len(manifest.files)

    async def _pass(self, people: ErasedPeople) -> tuple[int, int]:
        """Replace what holds anything; answer the files and the rows that went."""
        manifest = await self._lake.manifest(people.workspace)
        files = sorted(manifest.files.values(), key=lambda one: one.key)
        changed = gone = 0
        for start in range(0, len(files), _FILES):
            done = await self._rewritten(people, files[start : start + _FILES])
            if done.replaced:
                old = [one.old for one in done.replaced]
                new = [file for one in done.replaced for file in one.new]
                await self._lake.replace(people.workspace, old, new, reason="erase")
                changed += len(old)
                gone += sum(one.rows for one in old) - sum(one.rows for one in new)
        return changed, gone

    async def _rewritten(self, people: ErasedPeople, files: list[LakeFile]) -> Erased:
        result = await self._lake.run(
            Erase(
                address=self._lake.address,
                workspace=people.workspace,
                files=files,
                identifiers=sorted(people.identifiers),
                messages=sorted(people.messages),
                target=_TARGET,
                level=_LEVEL,
                now=self._lake.clock.now(),
                unique=self._lake.unique(),
                memory=_MEMORY,
            )
        )
        assert isinstance(result, Erased)  # noqa: S101 - the answer to this order
        return result
