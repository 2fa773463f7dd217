"""The bucket that an address names: a folder's path, or `s3://bucket/prefix`."""

from __future__ import annotations

from pathlib import Path

from headwater.local.folder_bucket import FolderBucket
from headwater.ports import Bucket


def open_bucket(address: str) -> Bucket:
    """Answer the bucket.

    Raises:
        BucketRefused: it cannot be used.
    """
    return FolderBucket(Path(address))
