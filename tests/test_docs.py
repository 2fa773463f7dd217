"""The docs name everything that there is: settings, commands and their options, metrics."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from headwater.api.operations import PATHS
from headwater.local.command_line.application import application
from headwater.settings import PREFIX, declared

ROOT = Path(__file__).parent.parent
OPERATE = (ROOT / "docs" / "operate.md").read_text("utf-8")
COMMAND_LINE = (ROOT / "docs" / "command-line.md").read_text("utf-8")


ONCE = {
    "README.md": re.compile(r"^- \*\*.+?\*\*", re.MULTILINE),
    "CHANGELOG.md": re.compile(r"^- .+$", re.MULTILINE),
}
"""What begins an entry of a list."""


def commands() -> Iterator[tuple[str, Any]]:
    """Answer every command with its name as it is typed."""

    def walk(name: str, command: Any) -> Iterator[tuple[str, Any]]:
        inner = getattr(command, "commands", None)
        if inner is None or getattr(command, "invoke_without_command", False):
            yield name, command
        for own, one in (inner or {}).items():
            yield from walk(f"{name} {own}", one)

    yield from walk("headwater", typer.main.get_command(application))


COMMANDS = dict(commands())


@pytest.mark.parametrize("setting", [one.name for one in declared()])
def test_every_setting_has_its_row(setting: str) -> None:
    """Name, variable, default and description are as the code declares them."""
    one = next(one for one in declared() if one.name == setting)
    shown = "none" if one.default in (None, ()) else f"`{_written(one.default)}`"
    row = f"| `{setting}` | `{PREFIX}{setting.upper()}` | {shown} | {one.metadata['description']} |"

    assert row in OPERATE.splitlines()


def test_no_setting_is_described_that_is_none() -> None:
    """A setting that was removed leaves the table."""
    described = re.findall(r"^\| `(\w+)` \| `HEADWATER_", OPERATE, re.MULTILINE)

    assert described == [one.name for one in declared()]


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_its_row(name: str) -> None:
    """Each command is in the table, under the words that are typed."""
    assert re.search(rf"^\| `{name}( [A-Z:]+)*` \|", COMMAND_LINE, re.MULTILINE)


def test_no_command_is_described_that_is_none() -> None:
    """A command that was removed leaves the table."""
    described = re.findall(
        r"^\| `(headwater [a-z -]+?)(?: [A-Z:]+)*` \|", COMMAND_LINE, re.MULTILINE
    )

    assert sorted(described) == sorted(COMMANDS)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_teaches(name: str) -> None:
    """Help says what it does and, where there is something to choose, gives examples."""
    command = COMMANDS[name]

    assert command.help, name
    if name != "headwater version":
        assert "Examples:" in command.help
        assert name in command.help


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_option_explains_itself(name: str) -> None:
    """No parameter of a command is without help."""
    missing = [one.name for one in COMMANDS[name].params if not getattr(one, "help", None)]

    assert missing == []


@pytest.mark.parametrize("path", PATHS)
def test_every_path_of_operations_is_described(path: str) -> None:
    """/health, /ready and /metrics are in the table."""
    assert f"| `GET {path}` |" in OPERATE


def test_the_settings_of_a_worker_are_named() -> None:
    """docs/edge.md lists those that the Worker's own code reads, and no others."""
    sources = [*(ROOT / "src" / "edge").glob("*.py"), *(ROOT / "src/headwater/api").glob("*.py")]
    read = {
        name
        for source in sources
        for name in re.findall(r"(?:options|settings)\.([a-z_]+)", source.read_text("utf-8"))
    }
    names = {one.name for one in declared()} & read
    names -= {"trusted_proxies"}  # Cloudflare says whose a request is
    text = (ROOT / "docs" / "edge.md").read_text("utf-8")
    listed = text.partition("**Settings** are variables")[2].partition("\n\n")[0]

    assert set(re.findall(r"`HEADWATER_([A-Z_]+)`", listed)) == {name.upper() for name in names}


def _written(default: object) -> str:
    return str(default).lower() if isinstance(default, bool) else str(default)


@pytest.mark.parametrize("page", sorted(ONCE))
def test_no_list_says_a_thing_twice(page: str) -> None:
    """Two changes that each extended an entry must be put together by hand."""
    entries = ONCE[page].findall((ROOT / page).read_text("utf-8"))

    assert len(entries) > 10
    assert sorted(entries) == sorted(set(entries))


def test_every_page_is_in_the_list_of_pages() -> None:
    """Whoever opens the folder finds each page by what it is good for."""
    index = (ROOT / "docs" / "README.md").read_text("utf-8")
    pages = {page.relative_to(ROOT / "docs").as_posix() for page in ROOT.glob("docs/**/*.md")}

    linked = set(re.findall(r"\]\(([\w./-]+\.md)", index))
    assert pages - {"README.md"} == linked - {"../README.md"}
