"""The bucket that an address names: a folder's path, or `s3://bucket/prefix`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from headwater.local.folder_bucket import FolderBucket
from headwater.local.lake.nearby import Fetched, InFolder, Nearby
from headwater.local.s3_place import s3_place
from headwater.ports import Bucket
from headwater.settings import SettingsError

if TYPE_CHECKING:
    from headwater.local.s3_bucket import S3Bucket


def open_bucket(address: str) -> Bucket:
    """Answer the bucket.

    Raises:
        BucketFailure: it cannot be used.
        ValueError: the address is none.
    """
    return _s3(address) if "://" in address else FolderBucket(Path(address))


def whole(address: str) -> str:
    """Answer an address as it is from anywhere on this machine."""
    return address if "://" in address else str(Path(address).resolve())


def check_address(address: str) -> None:
    """Raise where an address of a lake is none, before anything is made.

    Raises:
        SettingsError: it says why.
    """
    if "://" in address:
        try:
            s3_place(address)
        except ValueError as error:
            raise SettingsError(f"lake: {error}") from error


def open_lake(address: str, *, cache: Path) -> tuple[Bucket, Nearby]:
    """Answer the bucket, and what tells where its files can be read by path.

    Args:
        address: of the bucket.
        cache: folder for copies of files that are not on this machine.

    Raises:
        BucketFailure: it cannot be used.
        SettingsError: the address is none.
    """
    check_address(address)
    if "://" not in address:
        bucket = FolderBucket(Path(address))
        bucket.clear_staged()
        return bucket, InFolder(bucket)
    remote = _s3(address)
    return remote, Fetched(remote, cache)


def _s3(address: str) -> S3Bucket:
    # Imported here: boto3 takes half a second, which a lake in a folder can spare.
    from headwater.local.s3_bucket import S3Bucket  # noqa: PLC0415 - see above

    return S3Bucket(address)
