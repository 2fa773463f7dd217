"""The server's side of the lake's process: started when there is something to do, one at a time."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys

import msgspec

from headwater.local.lake.orders import Compacted, Erased, Failed, Order, Result, Written
from headwater.ports import BucketFailure

_encoder = msgspec.json.Encoder()
_results = msgspec.json.Decoder(Result)

_LONGEST_ANSWER = 64 * 1024 * 1024  # bytes; a line names every file that was written

# Memory that a flush lets go of is kept for the next one: to be given each page anew, zeroed, takes
# a tenth of its time. Of large pages there are fewer to be given and to be found, which saves half
# as much again. What is kept goes with the process, once there is nothing to do.
_MEMORY = {
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_MMAP_THRESHOLD_": str(32 * 1024 * 1024),
    "MALLOC_TRIM_THRESHOLD_": str(256 * 1024 * 1024),
}


class LakeProcess:
    """Runs `headwater.local.lake.worker`."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._lock = asyncio.Lock()

    async def run(self, order: Order) -> Written | Compacted | Erased:
        """Answer the result of an order.

        Raises:
            BucketFailure: it could not be done; nothing of it counts.
        """
        async with self._lock:
            try:
                result = await self._asked(order)
            except BaseException:
                await self._end()  # an answer that comes late must not be taken for the next one's
                raise
        if isinstance(result, Failed):
            raise BucketFailure(f"{result.kind}: {result.message}")
        return result

    async def _asked(self, order: Order) -> Result:
        process = self._process
        if process is None or process.returncode is not None:
            process = self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "headwater.local.lake.worker",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                limit=_LONGEST_ANSWER,
                env=_MEMORY | os.environ,
            )
        assert process.stdin is not None  # noqa: S101 - made with pipes, above
        assert process.stdout is not None  # noqa: S101 - made with pipes, above
        try:
            process.stdin.write(_encoder.encode(order) + b"\n")
            await process.stdin.drain()
            line = await process.stdout.readline()
        except OSError as error:
            raise BucketFailure("The lake's process ended.") from error
        if not line.endswith(b"\n"):
            raise BucketFailure("The lake's process ended.")
        result: Result = _results.decode(line)
        return result

    async def rest(self) -> None:
        """Let the process go while there is nothing to do, unless it is at work."""
        if not self._lock.locked():
            async with self._lock:
                await self._end()

    async def close(self) -> None:
        """End the process, whatever it does."""
        await self._end()

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
