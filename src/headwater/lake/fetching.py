"""Parquet files read out of a bucket, by the ranges that a reading asks for."""

from __future__ import annotations

import asyncio

from headwater.lake.manifest import LakeFile
from headwater.lake.parquet.ranges import Answer, Reading
from headwater.lake.parquet.reader import ParquetFile, open_file
from headwater.ports import Bucket


async def fetched(reading: Reading[Answer], bucket: Bucket, key: str) -> Answer:
    """Answer what a reading of the object under a key returns.

    Raises:
        ObjectMissing: there is none.
        BucketFailure: the bucket did not answer.
        DamagedFile, UnsupportedFile: see the reading.
    """
    try:
        ranges = next(reading)
        while True:
            asked = [bucket.range(key, one.offset, one.length) for one in ranges]
            ranges = reading.send(await asyncio.gather(*asked))
    except StopIteration as end:
        answer: Answer = end.value
        return answer


async def opened(bucket: Bucket, one: LakeFile) -> ParquetFile:
    """Answer a file of the lake, ready to be read; raises as `fetched` does."""
    return await fetched(open_file(one.bytes), bucket, one.key)
