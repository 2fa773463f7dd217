"""The spool: events on disk for a server that is away, safe from crashes and from other processes.

Each client appends to files of its own and owns them by a lock. A file whose owner died has no
lock any more: whichever client looks first owns it from then on. Files are sent oldest first and
removed when all their events were answered for.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from headwater.client import spool_format
from headwater.client.errands import Page
from headwater.client.segment import SUFFIX, UNFINISHED, Segment, sync_folder

logger = logging.getLogger("headwater.client")

SEGMENT_BYTES = 4_000_000
"""A file is not appended to beyond this, so that disk is freed while a long spool is sent."""

_STALE_SECONDS = 3600


class SpoolFull(OSError):
    """The folder is at its limit."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ends: in which file, at which byte."""

    segment: Segment
    end: int


class Spool:
    """The spool files that this client owns, in the order in which they are sent."""

    def __init__(self, folder: Path, *, max_bytes: int) -> None:
        self.folder = folder
        self._max_bytes = max_bytes
        self._segments: list[Segment] = []
        self._appending: Segment | None = None

    def prepare(self) -> None:
        """Make the folder if it is not there, for its owner's eyes only.

        Raises:
            OSError: it cannot be made, or cannot be written to.
        """
        if not self.folder.is_dir():
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            sync_folder(self.folder.parent)
        if not os.access(self.folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self.folder))

    def adopt(self) -> int:
        """Own every file in the folder that nobody owns; answer how many events they hold.

        Raises:
            OSError: the folder cannot be read.
        """
        if not self.folder.exists():
            return 0
        count = 0
        for path in sorted(self.folder.iterdir()):
            if path.suffix == UNFINISHED:
                _remove_stale(path)
            elif path.suffix == SUFFIX and self._is_foreign(path):
                count += self._adopt(path)
        return count

    def append(self, events: Sequence[bytes]) -> None:
        """Return once the events are on disk.

        Raises:
            OSError: the folder is at its limit (`SpoolFull`), or the disk does not obey; none of
                the events is kept then.
        """
        lines = b"".join(map(spool_format.line, events))
        self.prepare()
        if self._used() + len(lines) > self._max_bytes:
            raise SpoolFull(f"it is at its limit of {self._max_bytes:,} bytes (spool_bytes)")
        segment = self._appending
        if segment is None or segment.size + len(lines) > SEGMENT_BYTES:
            segment = self._appending = Segment.create(self.folder)
            self._segments.append(segment)
        try:
            segment.append(lines)
        except OSError:
            self._appending = None
            raise

    def load(self, *, max_events: int, max_bytes: int) -> Page | None:
        """Answer the oldest events, or None where there are none.

        Raises:
            OSError: a file cannot be read; it is let go, and the next call reads on after it.
        """
        while self._segments:
            segment = self._segments[0]
            try:
                lines = segment.read(max_events=max_events, max_bytes=max_bytes)
            except OSError:
                self._let_go(segment)
                raise
            if lines.damaged:
                logger.warning("passed over %d damaged lines of a spool file", lines.damaged)
            if lines.events:
                return Page(lines.events, Place(segment, lines.end))
            self._finish(segment)
        return None

    def remove(self, place: Place) -> None:
        """Take off the page that ends there; its file goes with its last event.

        Raises:
            OSError: it may come back after a restart.
        """
        segment = place.segment
        if segment not in self._segments:
            return
        if place.end >= segment.size:
            self._finish(segment)
        else:
            segment.acknowledge(place.end)

    def close(self) -> None:
        """Let go of every file, for another client to send."""
        for segment in self._segments:
            segment.close()
        self._segments = []
        self._appending = None

    def _adopt(self, path: Path) -> int:
        segment = Segment.adopt(path)
        if segment is None:
            return 0
        try:
            lines = segment.read(max_events=1 << 60, max_bytes=1 << 60)
        except OSError:
            segment.close()
            raise
        if lines.events:
            self._segments.append(segment)
        else:
            segment.remove()
        return len(lines.events)

    def _is_foreign(self, path: Path) -> bool:
        return all(segment.path.name != path.name for segment in self._segments)

    def _used(self) -> int:
        used = 0
        for path in self.folder.iterdir():
            with contextlib.suppress(FileNotFoundError):  # another process has just sent it
                used += path.stat().st_size
        return used

    def _finish(self, segment: Segment) -> None:
        self._segments.remove(segment)
        if segment is self._appending:
            self._appending = None
        segment.remove()

    def _let_go(self, segment: Segment) -> None:
        self._segments.remove(segment)
        if segment is self._appending:
            self._appending = None
        segment.close()


def _remove_stale(path: Path) -> None:
    """Remove a file whose maker died before it held anything."""
    with contextlib.suppress(FileNotFoundError):
        if time.time() - path.stat().st_mtime > _STALE_SECONDS:
            path.unlink()
