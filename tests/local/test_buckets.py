"""What the `Bucket` port promises, held by each of its implementations."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from headwater.local.folder_bucket import STAGED, FolderBucket
from headwater.ports import Bucket, BucketRefused, ObjectMissing, StoredObject
from tests.lake.memory_bucket import MemoryBucket

BUCKETS: dict[str, Callable[[Path], Bucket]] = {
    "memory": lambda _: MemoryBucket(),
    "folder": FolderBucket,
}


@pytest.fixture(params=BUCKETS)
def bucket(request: pytest.FixtureRequest, tmp_path: Path) -> Bucket:
    """Answer an empty bucket of each kind."""
    return BUCKETS[request.param](tmp_path / "lake")


async def test_what_is_put_is_there(bucket: Bucket) -> None:
    """An object is read whole, in part, and from its end; a second put replaces it."""
    assert await bucket.put("w/a.bin", b"0123456789")

    assert await bucket.get("w/a.bin") == b"0123456789"
    assert await bucket.range("w/a.bin", 2, 3) == b"234"
    assert await bucket.range("w/a.bin", 8, 100) == b"89"
    assert await bucket.range("w/a.bin", -4, 2) == b"67"
    assert await bucket.range("w/a.bin", -100, 100) == b"0123456789"
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


async def test_a_file_that_was_not_finished_is_no_object(tmp_path: Path) -> None:
    """What a crash left half written is in no listing, and a start clears it."""
    bucket = FolderBucket(tmp_path)
    half = tmp_path / STAGED / "half"
    half.write_bytes(b"ha")

    assert await bucket.list("") == []
    bucket.clear_staged()
    assert not half.exists()


@pytest.mark.parametrize("key", ["", "/etc/passwd", "../x", "a/../b", "a/..", "a/", "a b", "./a"])
async def test_a_key_cannot_leave_the_folder(tmp_path: Path, key: str) -> None:
    """Only plain relative paths are keys."""
    with pytest.raises(ValueError, match="no key"):
        await FolderBucket(tmp_path).put(key, b"")


async def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    """A file in the way is told by its name, as a failure."""
    (tmp_path / "file").write_text("")

    with pytest.raises(Exception, match="file") as caught:
        FolderBucket(tmp_path / "file" / "lake")
    assert not isinstance(caught.value, BucketRefused)
