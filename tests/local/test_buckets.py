"""What is particular to folders and S3 as buckets; what both must do is in `tests/contract`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.config import Config

from headwater.lake.catalogue import Catalogue
from headwater.local.folder_bucket import STAGED, FolderBucket
from headwater.local.lake.nearby import Fetched, RangeFile
from headwater.local.s3_bucket import S3Bucket
from headwater.ports import BucketFailure, BucketRefused
from tests.lake.test_catalogue import entry, lake_file
from tests.s3_server import BUCKET, RoughRoad, S3Server

PATIENCE = Config(read_timeout=1, retries={"mode": "standard", "total_max_attempts": 2})


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """A real S3 server, which boto3 finds by the environment."""
    with S3Server(tmp_path_factory.mktemp("s3")) as server, pytest.MonkeyPatch.context() as patch:
        for name, value in server.environment().items():
            patch.setenv(name, value)
        yield server


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


@pytest.mark.parametrize("address", ["s3:/x", "http://x/y", "s3://", "s3://x?color=red"])
def test_what_is_no_address_is_told(address: str) -> None:
    """Only s3://bucket/prefix is one, with the options there are."""
    with pytest.raises(ValueError, match="no address"):
        S3Bucket(address)


async def test_a_bucket_that_refuses_says_so(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wrong credentials, a bucket that is not there: trying again would be vain."""
    with pytest.raises(BucketRefused):
        await S3Bucket("s3://nowhere/x").list("")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    with pytest.raises(BucketRefused):
        await S3Bucket(f"s3://{BUCKET}/x").put("a", b"1")


async def test_a_server_that_is_away_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told within the retries, and may work later."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    with pytest.raises(BucketFailure):
        await S3Bucket("s3://lake/x", config=PATIENCE).get("a")


async def test_each_entry_counts_once_on_a_rough_road(
    s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Timeouts, 503, half uploads, lost answers: objects stay whole, and the manifest right."""
    road = RoughRoad(s3.url, seed=3, hang=1.3)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", road.url)
    address = f"s3://{BUCKET}/{tmp_path.name}"
    bucket = S3Bucket(address, config=PATIENCE)
    road.failing = 30
    catalogue = Catalogue(bucket, "w")
    data = {f"w/d{number}": bytes([number]) * 100_000 for number in range(12)}
    for number, (key, content) in enumerate(data.items()):
        for call in (
            lambda key=key, content=content: bucket.put(key, content),
            lambda number=number: catalogue.add(entry(f"n{number}")),
        ):
            for _ in range(50):
                try:
                    await call()
                    break
                except BucketFailure:
                    continue
    road.close()
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", s3.url)
    plain = S3Bucket(address)

    assert sum(road.seen.values()) > 5
    assert {key: await plain.get(key) for key in data} == data
    manifest = await Catalogue(plain, "w").refresh()
    assert manifest.version == len(manifest.files) == 12


def test_files_of_a_bucket_are_copied_or_read_in_parts(s3: S3Server, tmp_path: Path) -> None:
    """A copy is made once and used from then on; the oldest goes when there are too many."""
    bucket = S3Bucket(f"s3://{BUCKET}/{tmp_path.name}")
    files = [lake_file(name) for name in "abc"]
    for number, one in enumerate(files):
        bucket.put_now(one.key, bytes([number]) * 100)
    near = Fetched(bucket, tmp_path / "cache", limit=150)

    with near.open(files[0]) as part:
        assert isinstance(part, RangeFile)
        part.seek(-10, 2)
        assert part.read() == b"\0" * 10
    paths = near.paths(files)
    assert [Path(path).read_bytes()[0] for path in paths.values()] == [0, 1, 2]
    bucket.delete_now([one.key for one in files])
    assert near.paths(files[1:2]) == {files[1].key: paths[files[1].key]}
    assert len(list((tmp_path / "cache").glob("*.parquet"))) == 1
    with near.open(files[1]) as copy:
        assert copy.read() == b"\1" * 100
    with pytest.raises(BucketFailure, match="not in the bucket"):
        near.paths(files)
