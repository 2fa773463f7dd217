"""Carries out a courier's errands on the disk. A disk that fails is an outcome, not a crash."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from headwater.client.errands import Load, Page, Remove, Scan, Store
from headwater.client.errors import InvalidSettings
from headwater.client.settings import Settings
from headwater.client.spool import Place, Spool

logger = logging.getLogger("headwater.client")


class Keeper:
    """The spool of one client, or none. Every method may be called from any thread."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._is_failing = False
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

    def keep(self, events: Sequence[bytes]) -> bool:
        """Append events to the spool; answer whether they are on disk."""
        if self._spool is None:
            return False
        try:
            self._spool.append(events)
        except OSError as error:
            if not self._is_failing:
                logger.warning(
                    "events wait in memory, since the spool %s takes none: %s",
                    self._spool.folder,
                    error,
                )
            self._is_failing = True
            return False
        self._is_failing = False
        return True

    def close(self) -> None:
        """Let go of the files; what is in them is for the next client."""
        if self._spool is not None:
            self._spool.close()

    def forget(self) -> None:
        """Close a forked child's copies of the files."""
        if self._spool is not None:
            self._spool.forget()

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
