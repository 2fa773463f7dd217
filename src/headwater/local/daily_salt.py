"""The secret of the day that visitors who want nothing stored are named by; gone the day after."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path

from headwater.collect.visitor import day_of
from headwater.ports import Clock

_SALT_BYTES = 32

_logger = logging.getLogger(__name__)


class DailySalt:
    """Answers the salt of the day (UTC). Of yesterday's nothing is left.

    It is in a file, so that a restart does not make new visitors of all who are there; where the
    file cannot be written, it does.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._day = -1
        self._salt = b""

    def __call__(self) -> bytes:
        """Answer today's."""
        today = day_of(self._clock.now())
        if today != self._day:
            self._salt = self._kept(today) or self._new(today)
            self._day = today
        return self._salt

    def _kept(self, today: int) -> bytes | None:
        try:
            content = json.loads(self._path.read_text("utf-8"))
            salt = bytes.fromhex(content["salt"])
            return salt if content["day"] == today and len(salt) == _SALT_BYTES else None
        except (OSError, ValueError, LookupError, TypeError):
            return None

    def _new(self, today: int) -> bytes:
        salt = os.urandom(_SALT_BYTES)
        temporary = self._path.with_suffix(".tmp")
        try:
            temporary.unlink(missing_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            with os.fdopen(os.open(temporary, flags, 0o600), "w", encoding="utf-8") as file:
                json.dump({"day": today, "salt": salt.hex()}, file)
            temporary.replace(self._path)
        except OSError as error:
            _logger.warning("Today's salt cannot be kept over a restart: %s", error.strerror)
        return salt
