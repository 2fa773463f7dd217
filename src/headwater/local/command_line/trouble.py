"""What ends a command: one line for people, and an exit code for scripts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Also in docs/command-line.md.
REFUSED = 1
USAGE = 2
UNREACHABLE = 3


class Trouble(Exception):
    """The command cannot go on.

    Attributes:
        exit_code: `REFUSED`, `USAGE` or `UNREACHABLE`.
        content: what the server answered, where it refused.
    """

    def __init__(
        self,
        message: str,
        *,
        exit_code: int = REFUSED,
        content: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.exit_code = exit_code
        self.content = content
