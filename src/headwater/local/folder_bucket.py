"""The `Bucket` port over a folder. A file appears whole, and is on the disk once `put` answers."""

from __future__ import annotations

import errno
import os
import re
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path

from headwater.local.blocking_bucket import BlockingBucket
from headwater.ports import BucketFailure, BucketRefused, ObjectMissing, StoredObject

STAGED = ".staged"
"""Folder for files that are being written; nothing in it counts, and a start clears it."""

_KEY = re.compile(r"(?!/)(?!.*(?:^|/)\.{1,2}(?:/|$))[!-~]{1,800}(?<!/)")
_REFUSED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


class FolderBucket(BlockingBucket):
    """A bucket whose objects are the files under a folder."""

    def __init__(self, folder: Path) -> None:
        """Make the folder where it is missing, and clear what a crash left half written.

        Raises:
            BucketRefused: it cannot be made or written.
        """
        self.folder = folder.absolute()
        self._staged = self.folder / STAGED
        try:
            self._staged.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _failure(error) from error

    def clear_staged(self) -> None:
        """Remove what a crash left half written; only while nobody else writes here."""
        for left in self._staged.iterdir():
            left.unlink(missing_ok=True)

    def put_now(
        self,
        key: str,
        data: bytes,
        *,
        only_if_absent: bool = False,
        cold: bool = False,  # noqa: ARG002 - a folder has one class; the key's prefix tells
    ) -> bool:
        """Store an object; see `Bucket.put`."""
        path = self.path(key)
        staged = self._staged / secrets.token_hex(16)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with staged.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            try:
                if only_if_absent:
                    os.link(staged, path)  # unlike a rename it fails where there is a file
                else:
                    staged.replace(path)
            except FileExistsError:
                return False
            _sync_folder(path.parent)
        except OSError as error:
            raise _failure(error) from error
        finally:
            staged.unlink(missing_ok=True)
        return True

    def get_now(self, key: str) -> bytes:
        """Answer all of an object; see `Bucket.get`."""
        try:
            return self.path(key).read_bytes()
        except OSError as error:
            raise _failure(error, key) from error

    def range_now(self, key: str, start: int, length: int) -> bytes:
        """Answer some bytes; see `Bucket.range`."""
        try:
            with self.path(key).open("rb") as file:
                if start < 0:
                    start = max(0, file.seek(0, os.SEEK_END) + start)
                file.seek(start)
                return file.read(length)
        except OSError as error:
            raise _failure(error, key) from error

    def list_now(self, prefix: str, *, after: str = "") -> Sequence[StoredObject]:
        """Answer the objects under a prefix; see `Bucket.list`."""
        folder = self.folder / prefix.rpartition("/")[0]
        try:
            found = [
                StoredObject(key, size)
                for key, size in self._files(folder)
                if key.startswith(prefix) and key > after
            ]
        except OSError as error:
            raise _failure(error) from error
        return sorted(found, key=lambda one: one.key)

    def delete_now(self, keys: Sequence[str]) -> None:
        """Remove objects; see `Bucket.delete`."""
        try:
            for key in keys:
                self.path(key).unlink(missing_ok=True)
        except OSError as error:
            raise _failure(error) from error

    def path(self, key: str) -> Path:
        """Answer the file that an object is; raise `ValueError` for what is no key."""
        if not _KEY.fullmatch(key):
            raise ValueError(f"{key[:100]!r} is no key for an object.")
        return self.folder / key

    def _files(self, folder: Path) -> Iterator[tuple[str, int]]:
        waiting = [folder]
        while waiting:
            try:
                entries = list(os.scandir(waiting.pop()))
            except FileNotFoundError:
                continue
            for entry in entries:
                if entry.is_dir():
                    if entry.name != STAGED:
                        waiting.append(Path(entry.path))
                    continue
                try:
                    size = entry.stat().st_size
                except FileNotFoundError:  # deleted since
                    continue
                yield Path(entry.path).relative_to(self.folder).as_posix(), size


def _sync_folder(folder: Path) -> None:
    """Have a new name on the disk as well."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _failure(error: OSError, key: str | None = None) -> Exception:
    if key is not None and isinstance(error, FileNotFoundError | IsADirectoryError):
        return ObjectMissing(key)
    kind = BucketRefused if error.errno in _REFUSED else BucketFailure
    return kind(f"{error.filename or 'The lake'}: {error.strerror}")
