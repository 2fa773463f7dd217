"""The `headwater` command."""

from __future__ import annotations


def main() -> None:
    """Run the command line of this process; it ends the process."""
    from headwater.local.command_line.application import application  # noqa: PLC0415 - a second

    application()
