"""A file that lies in a bucket as pieces, and is read as one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from headwater.errors import Unavailable
from headwater.ports import Bucket, BucketFailure, ObjectMissing, StoredObject


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of a finished export.

    Attributes:
        size: bytes of all pieces.
        pieces: in their order.
    """

    bucket: Bucket
    size: int
    pieces: Sequence[StoredObject]

    async def read(self, start: int, end: int) -> AsyncIterator[bytes]:
        """Answer the bytes from `start` to before `end`, a piece at a time.

        Raises:
            Unavailable: the bucket does not answer, or has the file no more.
        """
        place = 0
        for one in self.pieces:
            first, last = max(start - place, 0), min(end - place, one.size)
            if first < last:
                try:
                    yield await self.bucket.range(one.key, first, last - first)
                except (BucketFailure, ObjectMissing) as error:
                    raise Unavailable("The bucket does not answer now; ask again.") from error
            place += one.size
