"""The bucket that an address names: a folder's path, or `s3://bucket/prefix`."""

from __future__ import annotations

from pathlib import Path

from headwater.local.folder_bucket import FolderBucket
from headwater.local.lake.nearby import InFolder, Nearby
from headwater.ports import Bucket


def open_bucket(address: str) -> Bucket:
    """Answer the bucket.

    Raises:
        BucketFailure: it cannot be used.
    """
    return FolderBucket(Path(address))


def open_lake(address: str, *, cache: Path) -> tuple[Bucket, Nearby]:
    """Answer the bucket, and what tells where its files can be read by path.

    Raises:
        BucketFailure: it cannot be used.
    """
    del cache
    bucket = FolderBucket(Path(address))
    return bucket, InFolder(bucket)
