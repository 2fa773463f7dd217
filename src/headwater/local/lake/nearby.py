"""Files of the lake where DuckDB can read them: a folder's own, or copies of a bucket's."""

from __future__ import annotations

import hashlib
import io
import os
import secrets
import threading
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from headwater.lake.manifest import LakeFile
from headwater.local.folder_bucket import FolderBucket
from headwater.ports import BucketFailure, ObjectMissing

if TYPE_CHECKING:
    from headwater.local.s3_bucket import S3Bucket


class Nearby(Protocol):
    """Tells where files can be read; used from threads."""

    def paths(self, files: Iterable[LakeFile]) -> Mapping[str, str]:
        """Answer each file's path by its key; raise `BucketFailure` where one cannot be had."""
        ...

    def forget(self, keys: Iterable[str]) -> None:
        """Keep no copies of these files."""
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

    def forget(self, keys: Iterable[str]) -> None:
        """There are no copies."""

    def open(self, one: LakeFile) -> AbstractContextManager[Any]:
        """Open a file."""
        try:
            return self._bucket.path(one.key).open("rb")
        except FileNotFoundError as error:
            raise ObjectMissing(one.key) from error
        except OSError as error:
            raise BucketFailure(f"{one.key}: {error.strerror}") from error


class Fetched:
    """Copies of a bucket's files; those that were least lately asked for go first.

    Questions fetch whole files, as they read most of each; who wants a few rows of a file that
    was not fetched gets them by ranges.

    Args:
        folder: for the copies. A file under a key never changes, so a copy never grows old.
        limit: bytes that the copies may take, but for those that one question needs at a time.
    """

    def __init__(self, bucket: S3Bucket, folder: Path, *, limit: int = 20 * 1024**3) -> None:
        self._bucket = bucket
        self._folder = folder
        self._limit = limit
        self._lock = threading.Lock()

    def paths(self, files: Iterable[LakeFile]) -> Mapping[str, str]:
        """Answer the path of each file's copy by its key, made where it was missing."""
        with self._lock:
            self._folder.mkdir(parents=True, exist_ok=True)
            paths = {one.key: self._path(one.key) for one in files}
            for key, path in paths.items():
                if path.exists():
                    os.utime(path)
                else:
                    self._fetch(key, path)
            self._make_room(frozenset(paths.values()))
        return {key: str(path) for key, path in paths.items()}

    def forget(self, keys: Iterable[str]) -> None:
        """Delete the copies of these files."""
        with self._lock:
            for key in keys:
                self._path(key).unlink(missing_ok=True)

    def keep_only(self, files: Iterable[LakeFile]) -> None:
        """Delete the copies of all other files."""
        with self._lock:
            wanted = {self._path(one.key) for one in files}
            for path in self._folder.glob("*.parquet"):
                if path not in wanted:
                    path.unlink(missing_ok=True)

    def open(self, one: LakeFile) -> AbstractContextManager[Any]:
        """Open a file's copy, or the file where it lies."""
        try:
            return self._path(one.key).open("rb")
        except FileNotFoundError:
            return RangeFile(self._bucket, one.key, one.bytes)

    def _path(self, key: str) -> Path:
        return self._folder / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.parquet"

    def _fetch(self, key: str, path: Path) -> None:
        try:
            data = self._bucket.get_now(key)
        except ObjectMissing as error:
            raise BucketFailure(f"{key} is in the manifest, but not in the bucket.") from error
        part = path.with_suffix(f".{secrets.token_hex(4)}.part")
        part.write_bytes(data)
        part.replace(path)

    def _make_room(self, needed: frozenset[Path]) -> None:
        """Delete copies, but for those that are needed, until they take no more than they may."""
        copies = [(path.stat(), path) for path in self._folder.glob("*.parquet")]
        size = sum(stat.st_size for stat, _ in copies)
        for stat, path in sorted(copies, key=lambda one: one[0].st_mtime):
            if size <= self._limit:
                return
            if path not in needed:
                path.unlink(missing_ok=True)
                size -= stat.st_size


class RangeFile(io.RawIOBase):
    """An object of a bucket as a file to be read in parts, each part one request."""

    def __init__(self, bucket: S3Bucket, key: str, size: int) -> None:
        super().__init__()
        self._bucket = bucket
        self._key = key
        self._size = size
        self._place = 0

    def readable(self) -> bool:
        """It can be read."""
        return True

    def seekable(self) -> bool:
        """It can be read from anywhere."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}[whence]
        self._place = start + offset
        return self._place

    def tell(self) -> int:
        """Answer the present place."""
        return self._place

    def read(self, size: int = -1) -> bytes:
        """Answer bytes from the present place on."""
        length = self._size - self._place if size < 0 else min(size, self._size - self._place)
        data = self._bucket.range_now(self._key, self._place, length) if length > 0 else b""
        self._place += len(data)
        return data
