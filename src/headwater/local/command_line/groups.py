"""A group of commands that says which there are, where one is typed that is none."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup


class Group(TyperGroup):
    """`headwater source add`: there is no `add`, but `create`."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Answer the command that is typed; end with a line that lists all where it is none."""
        typed = args[0]
        if not typed.startswith("-") and self.get_command(ctx, typed) is None:
            ctx.fail(f"There is no command {typed!r} here, but: {', '.join(self.commands)}.")
        return super().resolve_command(ctx, args)
