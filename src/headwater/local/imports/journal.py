"""How far an import has come, on disk, so that it goes on where it stopped."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

_HEAD = 1024 * 1024


@dataclass(slots=True)
class Progress:
    """Rows that are done with, and what became of them."""

    rows: int = 0
    sent: int = 0
    refused: int = 0


def digest(path: Path) -> str:
    """Answer a name for a file's content: its size, its beginning and its end.

    The events of a file get their messageIds from it, so a file that is sent twice counts once.
    """
    size = path.stat().st_size
    found = hashlib.sha256(str(size).encode())
    with path.open("rb") as file:
        found.update(file.read(_HEAD))
        file.seek(max(0, size - _HEAD))
        found.update(file.read(_HEAD))
    return found.hexdigest()[:24]


class Journal:
    """The progress of one file into one place.

    Args:
        folder: where journals are kept.
        name: of the file's content, and of all that decides what is sent where.
    """

    def __init__(self, folder: Path, *name: str) -> None:
        self._path = folder / f"{hashlib.sha256(json.dumps(name).encode()).hexdigest()[:32]}.json"

    def read(self) -> Progress:
        """Answer how far it has come; the beginning where nothing is known."""
        try:
            return Progress(**json.loads(self._path.read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return Progress()

    def write(self, progress: Progress) -> None:
        """Keep how far it has come, whole or not at all."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._path.with_suffix(f".{os.getpid()}")
        temporary.write_text(json.dumps(asdict(progress)), "utf-8")
        temporary.replace(self._path)

    def remove(self) -> None:
        """Forget it: the file is done."""
        self._path.unlink(missing_ok=True)
