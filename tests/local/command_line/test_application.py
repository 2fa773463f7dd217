"""The table of all commands, as a newcomer meets it."""

from __future__ import annotations

import pytest
import typer.main
from typer.testing import CliRunner

from headwater.local.command_line.application import application
from headwater.local.command_line.options import with_examples

GROUPS = {
    name: sorted(command.commands)
    for name, command in typer.main.get_command(application).commands.items()  # type: ignore[attr-defined] # it is a group
    if hasattr(command, "commands") and not command.invoke_without_command
}


@pytest.mark.parametrize("group", sorted(GROUPS))
def test_a_group_alone_lists_its_commands(group: str) -> None:
    """Who types the group alone sees what there is, not that something is missing."""
    shown = CliRunner().invoke(application, [group]).output

    assert "Missing command" not in shown
    for command in GROUPS[group]:
        assert f" {command} " in shown


def test_help_keeps_together_what_belongs_together() -> None:
    """Each command stands in a panel that says what it is about."""
    shown = CliRunner().invoke(application, ["--help"]).output

    panels = [line.strip("╭─╮ ") for line in shown.splitlines() if line.startswith("╭")]
    assert panels[0] == "Options"
    assert "People" in panels
    assert "Commands" not in panels


def test_help_fills_the_terminal() -> None:
    """A paragraph of a docstring is as wide as the terminal; examples keep their lines."""
    text = """Do it.

    A paragraph that stands
    in two lines.

    * a list
    * of two

    Examples:
        headwater one
        headwater two
    """

    assert with_examples(text) == (
        "Do it.\n\nA paragraph that stands in two lines.\n\n* a list\n* of two\n\n"
        "\b\nExamples:\n    headwater one\n    headwater two"
    )


@pytest.mark.parametrize("group", sorted(GROUPS))
def test_a_group_names_its_commands_where_one_is_typed_that_is_none(group: str) -> None:
    """`add` may be what others call `create`: who types it sees all there are."""
    done = CliRunner().invoke(application, [group, "frobnicate"])
    said = " ".join(done.stderr.replace("│", " ").split())

    assert done.exit_code == 2
    assert "There is no command 'frobnicate' here" in said
    assert all(command in said for command in GROUPS[group])
