"""A `Bucket` in memory that fails, and forgets to answer, when it is told to."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from headwater.ports import BucketFailure, ObjectMissing, StoredObject


class MemoryBucket:
    """Objects in a dictionary.

    Attributes:
        objects: key to bytes.
        cold: keys that were put in the cold class.
        failing: of a hundred calls so many fail, half of the writes among them after all.
    """

    def __init__(self, seed: int = 0) -> None:
        self.objects: dict[str, bytes] = {}
        self.cold: set[str] = set()
        self.failing = 0
        self._random = Random(seed)

    def _fail(self) -> bool:
        """Tell whether to fail; for a write a second call tells whether it is done first."""
        return self._random.randrange(100) < self.failing

    async def put(
        self, key: str, data: bytes, *, only_if_absent: bool = False, cold: bool = False
    ) -> bool:
        fails = self._fail()
        if fails and self._random.randrange(2):
            raise BucketFailure("it did not arrive")
        stored = not (only_if_absent and key in self.objects)
        if stored:
            self.objects[key] = data
            self.cold.add(key) if cold else self.cold.discard(key)
        if fails:
            raise BucketFailure("it arrived, but the answer was lost")
        return stored

    async def get(self, key: str) -> bytes:
        if self._fail():
            raise BucketFailure("no answer")
        if key not in self.objects:
            raise ObjectMissing(key)
        return self.objects[key]

    async def range(self, key: str, start: int, length: int) -> bytes:
        data = await self.get(key)
        start = start if start >= 0 else max(0, len(data) + start)
        return data[start : start + length]

    async def list(self, prefix: str, *, after: str = "") -> Sequence[StoredObject]:
        if self._fail():
            raise BucketFailure("no answer")
        return [
            StoredObject(key, len(data))
            for key, data in sorted(self.objects.items())
            if key.startswith(prefix) and key > after
        ]

    async def delete(self, keys: Sequence[str]) -> None:
        if self._fail():
            raise BucketFailure("no answer")
        for key in keys:
            self.objects.pop(key, None)
