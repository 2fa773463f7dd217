"""One spool file, which one client at a time owns by holding its lock."""

from __future__ import annotations

import os
import secrets
import time
from pathlib import Path

from headwater.client import spool_format
from headwater.client.file_lock import is_locked_by_us

SUFFIX = ".spool"
UNFINISHED = ".new"


class Segment:
    """An open, locked spool file. Its methods raise OSError where the disk does not obey."""

    def __init__(self, path: Path, descriptor: int, *, offset: int, size: int) -> None:
        self.path = path
        self.offset = offset
        self.size = size
        self._descriptor = descriptor

    @classmethod
    def create(cls, folder: Path) -> Segment:
        """Make an empty file, durably, and own it."""
        # The name sorts by age. It gets its real suffix when it is locked, so that no other
        # process can own it first.
        name = f"{time.time_ns():020d}-{os.getpid()}-{secrets.token_hex(4)}"
        unfinished = folder / (name + UNFINISHED)
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        descriptor = os.open(unfinished, flags, 0o600)
        try:
            # Nobody else locks a file with this suffix.
            is_locked_by_us(descriptor)
            _write(descriptor, spool_format.header(spool_format.HEADER_BYTES), 0)
            os.fsync(descriptor)
            path = unfinished.rename(unfinished.with_suffix(SUFFIX))
            sync_folder(folder)
        except BaseException:
            os.close(descriptor)
            unfinished.unlink(missing_ok=True)
            raise
        start = spool_format.HEADER_BYTES
        return cls(path, descriptor, offset=start, size=start)

    @classmethod
    def adopt(cls, path: Path) -> Segment | None:
        """Own a file that somebody left; None where it is owned, gone, or no spool file."""
        try:
            descriptor = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
        except FileNotFoundError:
            return None
        try:
            # Between the opening and the locking its owner may have finished and removed it.
            if is_locked_by_us(descriptor) and os.fstat(descriptor).st_nlink:
                data = _read(descriptor, 0)
                offset = spool_format.acknowledged(data)
                if offset is not None:
                    return cls(path, descriptor, offset=offset, size=len(data))
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
        return None

    def append(self, lines: bytes) -> None:
        """Add lines and return once they are on disk; add nothing where that fails."""
        try:
            _write(self._descriptor, lines, self.size)
            os.fsync(self._descriptor)
        except OSError:
            os.ftruncate(self._descriptor, self.size)
            raise
        self.size += len(lines)

    def read(self, *, max_events: int, max_bytes: int) -> spool_format.Lines:
        """Answer the next events that were not acknowledged; `end` counts from the file's start."""
        data = _read(self._descriptor, self.offset)
        lines = spool_format.read(data, max_events=max_events, max_bytes=max_bytes)
        return spool_format.Lines(lines.events, self.offset + lines.end, lines.damaged)

    def acknowledge(self, end: int) -> None:
        """Note that everything before that byte is done.

        Not synced: after a power cut these events may be sent again, which is one event still.
        """
        _write(self._descriptor, spool_format.header(end), 0)
        self.offset = end

    def remove(self) -> None:
        """Take the file away and the lock with it."""
        if os.name == "nt":
            self.close()  # Windows does not remove what is open
            self.path.unlink(missing_ok=True)
        else:
            self.path.unlink(missing_ok=True)
            self.close()

    def close(self) -> None:
        """Let go of the file and its lock; in a forked child, the parent's lock stays."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable, where the system can (Windows cannot open folders)."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write(descriptor: int, data: bytes, position: int) -> None:
    os.lseek(descriptor, position, os.SEEK_SET)
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _read(descriptor: int, position: int) -> bytes:
    os.lseek(descriptor, position, os.SEEK_SET)
    parts = []
    while part := os.read(descriptor, 1 << 20):
        parts.append(part)
    return b"".join(parts)
