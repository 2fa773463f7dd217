"""The `headwater` command."""

from __future__ import annotations

import sys
from collections.abc import Collection, Sequence


def main() -> None:
    """Run the command line of this process; it ends the process."""
    from headwater.local.command_line.application import application  # noqa: PLC0415 - a second

    commands = {one.name for one in application.registered_commands}
    commands |= {one.name for one in application.registered_groups}
    application(args=as_command(sys.argv[1:], {name for name in commands if name}))


def as_command(arguments: Sequence[str], commands: Collection[str]) -> list[str]:
    """Answer the arguments, behind `say` where they are a sentence and no command.

    A single word that is none stays as it is: it is a command that was mistyped.
    """
    behind = next((one for one in arguments if one not in _OF_SAY), "")
    if behind and not behind.startswith("-") and behind not in commands:
        is_id = any(sign.isdigit() or sign in "@:{" for sign in behind)
        if is_id or " " in behind or "\n" in behind:
            return ["say", *arguments]
    return list(arguments)


_OF_SAY = frozenset({"--plan", "--yes", "-y", "--json"})
