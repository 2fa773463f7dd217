"""Carries out a courier's errands on the disk. A disk that fails is an outcome, not a crash."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from pathlib import Path

from headwater.client.errands import Load, Page, Remove, Scan, Store
from headwater.client.errors import InvalidSettings
from headwater.client.settings import Settings
from headwater.client.spool import Place, Spool

logger = logging.getLogger("headwater.client")


class Keeper:
    """The spool of one client, or none. Any thread may call it; errands are done one by one.

    An errand that comes after `close`, from a thread that its client could not wait for, does
    nothing.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._is_failing = False
        self._lock = threading.RLock()
        self._last_kept: Sequence[bytes] = ()
        self._spool: Spool | None = None
        if settings.spool is not None:
            self._spool = Spool(settings.spool, max_bytes=settings.spool_bytes)

    def prepare(self) -> None:
        """Make the spool's folder now, for a program that asked for one.

        Raises:
            InvalidSettings: it cannot be made, or cannot be written to.
        """
        try:
            if self._spool is not None:
                self._spool.prepare()
        except OSError as error:
            raise InvalidSettings(
                f"the spool folder cannot be used ({error}): give another, or spool=None"
            ) from error

    def carry_out(self, errand: Scan | Load | Store | Remove) -> object:
        """Answer the outcome, as the errand's own docstring has it."""
        with self._lock:
            match errand:
                case Scan():
                    return self._scan()
                case Load():
                    return self._load()
                case Store():
                    return self.keep(errand.events)
                case Remove():
                    self._remove(errand.page)
                    return None

    @property
    def last_kept(self) -> Sequence[bytes]:
        """The events that `keep` took last; waits for an errand that is on its way."""
        with self._lock:
            return self._last_kept

    def keep(self, events: Sequence[bytes]) -> bool:
        """Append events to the spool; answer whether they are on disk."""
        with self._lock:
            if self._spool is None:
                return False
            try:
                self._spool.append(events)
            except OSError as error:
                self._complain(self._spool.folder, error)
                return False
            self._last_kept = events
            self._is_failing = False
            return True

    def close(self) -> None:
        """Let go of the files; what is in them is for the next client."""
        with self._lock:
            self.forget()

    def forget(self) -> None:
        """Close a forked child's copies of the files, whatever the parent was at."""
        if self._spool is not None:
            self._spool.close()
            self._spool = None

    def _complain(self, folder: Path, error: OSError) -> None:
        if not self._is_failing:
            logger.warning(
                "events wait in memory, since the spool %s takes none: %s", folder, error
            )
        self._is_failing = True

    def _scan(self) -> int:
        if self._spool is None:
            return 0
        try:
            found = self._spool.adopt()
        except OSError as error:
            logger.warning("the spool %s cannot be read: %s", self._spool.folder, error)
            return 0
        if found:
            logger.info("found %d unsent events in the spool %s", found, self._spool.folder)
        return found

    def _load(self) -> Page | None:
        if self._spool is None:
            return None
        while True:
            try:
                return self._spool.load(
                    max_events=self._settings.batch_size, max_bytes=self._settings.batch_bytes
                )
            except OSError as error:
                # The file was let go, so that this ends with the last one.
                logger.warning(
                    "a file of the spool %s cannot be read: %s", self._spool.folder, error
                )

    def _remove(self, page: Page) -> None:
        if self._spool is None or not isinstance(page.place, Place):
            return
        try:
            self._spool.remove(page.place)
        except OSError as error:
            logger.warning(
                "a page of the spool %s will be sent again: %s", self._spool.folder, error
            )
