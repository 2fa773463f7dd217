"""Files of the lake where DuckDB can read them: a folder's own, or copies of a bucket's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

from headwater.lake.manifest import LakeFile
from headwater.local.folder_bucket import FolderBucket
from headwater.ports import BucketFailure, ObjectMissing


class Nearby(Protocol):
    """Tells the path of each file; used from threads."""

    def paths(self, files: Iterable[LakeFile]) -> Mapping[str, str]:
        """Answer each file's path by its key; raise `BucketFailure` where one cannot be had."""
        ...

    def open(self, one: LakeFile) -> AbstractContextManager[Any]:
        """Open a file whose parts are wanted; raise `ObjectMissing` or `BucketFailure`."""
        ...


class InFolder:
    """The files of a lake that is a folder."""

    def __init__(self, bucket: FolderBucket) -> None:
        self._bucket = bucket

    def paths(self, files: Iterable[LakeFile]) -> Mapping[str, str]:
        """Answer each file's path by its key."""
        return {one.key: str(self._bucket.path(one.key)) for one in files}

    def open(self, one: LakeFile) -> AbstractContextManager[Any]:
        """Open a file."""
        try:
            return self._bucket.path(one.key).open("rb")
        except FileNotFoundError as error:
            raise ObjectMissing(one.key) from error
        except OSError as error:
            raise BucketFailure(f"{one.key}: {error.strerror}") from error
