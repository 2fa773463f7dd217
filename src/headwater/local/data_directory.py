"""The folder that holds everything the server knows; one server at a time may use it."""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from headwater.local.sql import FILE_NAME


class DataDirectoryError(Exception):
    """The data directory cannot be used."""


@dataclass(frozen=True, slots=True)
class Connection:
    """How a command on the same machine reaches the server."""

    url: str
    admin_key: str


class DataDirectory:
    """A data directory, locked while it is open. Use it as a context manager."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()  # processes of ours work in folders of their own
        self._lock: int | None = None

    @property
    def database(self) -> Path:
        """Where the database file is."""
        return self.path / FILE_NAME

    def open(self) -> Self:
        """Make the directory where it is missing, and lock it.

        Raises:
            DataDirectoryError: it cannot be made or written, or another server has it open.
        """
        lock_path = self.path / "headwater.lock"
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = os.open(lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            message = (
                f"Cannot use the data directory {self.path}: {error.strerror}. "
                "Give one that you may write to with --data."
            )
            raise DataDirectoryError(message) from error
        try:
            # The kernel lets go of this lock when the process ends, however it ends.
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = lock_path.read_text("utf-8").strip() or "unknown"
            os.close(lock)
            message = (
                f"The data directory {self.path} is in use by another server (process {holder}). "
                "Stop that one, or give this one its own directory with --data."
            )
            raise DataDirectoryError(message) from error
        os.ftruncate(lock, 0)
        os.write(lock, str(os.getpid()).encode())
        self._lock = lock
        return self

    def close(self) -> None:
        """Let another server have it."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def save_connection(self, connection: Connection) -> None:
        """Write down, readable by this user alone, how commands reach the server."""
        path = self._connection_path
        temporary = path.with_suffix(".tmp")
        temporary.unlink(missing_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        with os.fdopen(os.open(temporary, flags, 0o600), "w", encoding="utf-8") as file:
            json.dump(asdict(connection), file)
        temporary.replace(path)

    def saved_connection(self) -> Connection | None:
        """Answer what the last server here wrote down, or None where there is nothing to read."""
        try:
            content = json.loads(self._connection_path.read_text("utf-8"))
            return Connection(url=content["url"], admin_key=content["admin_key"])
        except (OSError, ValueError, KeyError, TypeError):
            # Not there, not ours to read, or cut short: the caller says what to give instead.
            return None

    @property
    def _connection_path(self) -> Path:
        return self.path / "connection.json"

    def __enter__(self) -> Self:
        return self.open()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
