"""What ends a command: one line for people, and an exit code for scripts."""

from __future__ import annotations

# Also in docs/command-line.md.
REFUSED = 1
USAGE = 2
UNREACHABLE = 3


class Trouble(Exception):
    """The command cannot go on; `exit_code` is `REFUSED`, `USAGE` or `UNREACHABLE`."""

    def __init__(self, message: str, *, exit_code: int = REFUSED) -> None:
        super().__init__(message)
        self.exit_code = exit_code
