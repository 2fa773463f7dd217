"""The `Bucket` port, the same on every runtime and in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from headwater.ports import Bucket, ObjectMissing, StoredObject
from tests.contract import runtime


@pytest.fixture(scope="module")
def buckets() -> Iterator[runtime.Buckets]:
    """Makes buckets of each kind."""
    with runtime.buckets() as made:
        yield made


@pytest.fixture(params=["memory", "own", "s3"])
def bucket(request: pytest.FixtureRequest, buckets: runtime.Buckets, tmp_path: Path) -> Bucket:
    """An empty bucket: the twin in memory, the runtime's own (a folder, R2), and S3."""
    return buckets(request.param, tmp_path)


async def test_what_is_put_is_there(bucket: Bucket) -> None:
    """An object is read whole, in part, and from its end; a second put replaces it."""
    assert await bucket.put("w/a.bin", b"0123456789")

    assert await bucket.get("w/a.bin") == b"0123456789"
    assert await bucket.range("w/a.bin", 2, 3) == b"234"
    assert await bucket.range("w/a.bin", 8, 100) == b"89"
    assert await bucket.range("w/a.bin", -4, 2) == b"67"
    assert await bucket.range("w/a.bin", -100, 100) == b"0123456789"
    assert await bucket.range("w/a.bin", 10, 5) == b""
    assert await bucket.range("w/a.bin", 100, 5) == b""
    assert await bucket.put("w/a.bin", b"new")
    assert await bucket.get("w/a.bin") == b"new"


async def test_what_is_not_there_is_missing(bucket: Bucket) -> None:
    """Reading it raises; deleting it does not."""
    with pytest.raises(ObjectMissing):
        await bucket.get("nothing")
    with pytest.raises(ObjectMissing):
        await bucket.range("nothing", 0, 1)
    await bucket.delete(["nothing"])


async def test_an_object_is_made_once(bucket: Bucket) -> None:
    """Of many who put only where nothing is, one succeeds, and its bytes stay."""
    tries = [bucket.put("log/1", bytes([n]), only_if_absent=True) for n in range(8)]
    answers = await asyncio.gather(*tries)

    assert sum(answers) == 1
    assert await bucket.get("log/1") == bytes([answers.index(True)])


async def test_a_listing_is_in_order(bucket: Bucket) -> None:
    """By key, under a prefix that need not end at a slash, and behind a key."""
    for key in ("w/log/2", "w/log/10", "w/logs", "w/log/1", "v/log/1"):
        await bucket.put(key, b"xyz", cold=True)

    assert await bucket.list("w/log/") == [
        StoredObject("w/log/1", 3),
        StoredObject("w/log/10", 3),
        StoredObject("w/log/2", 3),
    ]
    assert [one.key for one in await bucket.list("w/log", after="w/log/10")] == [
        "w/log/2",
        "w/logs",
    ]
    assert await bucket.list("nobody/") == []
    assert len(await bucket.list("")) == 5


async def test_what_is_deleted_is_gone(bucket: Bucket) -> None:
    """One call deletes many."""
    for key in "abc":
        await bucket.put(f"w/{key}", b"1")
    await bucket.delete(["w/a", "w/b"])

    assert [one.key for one in await bucket.list("w/")] == ["w/c"]


async def test_large_objects_are_whole(bucket: Bucket) -> None:
    """Megabytes go in and out, and any part of them can be read."""
    data = bytes(range(256)) * 20_000
    await bucket.put("w/large", data)

    assert await bucket.get("w/large") == data
    assert await bucket.range("w/large", 3_000_001, 70_000) == data[3_000_001:3_070_001]
    assert await bucket.range("w/large", -100_000, 8) == data[-100_000:-99_992]


async def test_an_empty_object_is_one(bucket: Bucket) -> None:
    """It has no bytes, and is there."""
    await bucket.put("w/empty", b"")

    assert await bucket.get("w/empty") == b""
    assert await bucket.list("") == [StoredObject("w/empty", 0)]


@pytest.mark.parametrize("count", [1010])
async def test_a_listing_is_complete(bucket: Bucket, count: int) -> None:
    """More than one page of a listing, and more than one call's worth of deletions."""
    keys = [f"n/{number:05}" for number in range(count)]
    for start in range(0, count, 100):
        await asyncio.gather(*(bucket.put(key, b"1") for key in keys[start : start + 100]))

    assert [one.key for one in await bucket.list("n/")] == keys
    assert [one.key for one in await bucket.list("n/", after=keys[999])] == keys[1000:]
    await bucket.delete(keys)
    assert await bucket.list("n/") == []
