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
    if arguments and not arguments[0].startswith("-") and arguments[0] not in commands:
        is_id = any(sign.isdigit() or sign in "@:{" for sign in arguments[0])
        if is_id or " " in arguments[0] or "\n" in arguments[0]:
            return ["say", *arguments]
    return list(arguments)
