"""What tests look at from outside of a client: what it gave up, and what it left on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from headwater.client import ClientError


class Errors:
    """An `on_error` that remembers."""

    def __init__(self) -> None:
        self.calls: list[tuple[ClientError, list[dict[str, Any]]]] = []

    def __call__(self, error: ClientError, events: Any) -> None:
        """Remember."""
        self.calls.append((error, list(events)))

    @property
    def ids(self) -> list[str]:
        """The messageIds of all events that were given up."""
        return [event["messageId"] for _, events in self.calls for event in events]


def spool_files(folder: Path) -> list[Path]:
    """Answer the files of every spool under a folder."""
    return [path for path in folder.rglob("*") if path.is_file()]
