"""Every command that is shown to be typed is one that there is, with options that it has."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import typer.main

from headwater.local.command_line import as_command
from headwater.local.command_line.application import application

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *ROOT.glob("sdk/*/README.md")]
PROGRAM: Any = typer.main.get_command(application)
_BLOCK = re.compile(r"^```(?:sh|bash|console)?\n(.*?)^```", re.MULTILINE | re.DOTALL)
_ANY_BLOCK = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_TYPED = re.compile(r"^\s*(?:\$ )?(?:[A-Z_]+=\S+ )*(headwater .+)$", re.MULTILINE)
_SHELL = {"|", ">", "<", "&&", "&"}
"""What ends a command's own arguments."""

USAGE_ERROR: Any = typer.BadParameter.__mro__[1]
"""What all mistakes of who types a command derive from."""


def arguments(line: str) -> list[str]:
    """Answer what the program is given, as its entry point reads it; comments are no part of it."""
    words = shlex.split(line, comments=True)[1:]
    end = next((at for at, word in enumerate(words) if word in _SHELL), len(words))
    return as_command(words[:end], set(PROGRAM.commands))


def resolved(words: list[str]) -> tuple[Any, list[str]]:
    """Answer the command that is meant, and what is left for it."""
    command = PROGRAM
    while words and words[0] in getattr(command, "commands", {}):
        command, words = command.commands[words[0]], words[1:]
    return command, words


def shown() -> Iterator[tuple[str, str]]:
    """Answer each line of the pages' blocks that is typed, with the page."""
    for page in PAGES:
        for block in _BLOCK.findall(page.read_text("utf-8")):
            for line in _TYPED.findall(block.replace("\\\n", " ")):
                yield page.relative_to(ROOT).as_posix(), line


def examples() -> Iterator[tuple[str, str]]:
    """Answer each example of the commands' help, with the command's name."""

    def walk(name: str, command: Any) -> Iterator[tuple[str, str]]:
        text = re.sub(r"(?<!\n)\n {4,}(?!headwater|[A-Z_]+=)", " ", (command.help or ""))
        for line in _TYPED.findall(text.partition("Examples:")[2]):
            yield name, line
        for own, one in getattr(command, "commands", {}).items():
            yield from walk(f"{name} {own}", one)

    yield from walk("headwater", PROGRAM)


SHOWN = sorted(set(shown()))
EXAMPLES = sorted(set(examples()))


def assert_is_taken(line: str) -> None:
    """The program would begin what the line says: it is parsed, and not carried out."""
    command, words = resolved(arguments(line))
    assert command is not PROGRAM, f"there is no such command: {line}"

    command.make_context(line, list(words))


def test_there_is_something_to_check() -> None:
    """The pages and the help are read: without this, what follows could not fail."""
    assert len(SHOWN) > 30
    assert len(EXAMPLES) > 100


@pytest.mark.parametrize(("page", "line"), SHOWN)
def test_a_page_shows_commands_that_work(page: str, line: str) -> None:
    """Whoever copies a line of the docs is not told that an option does not exist."""
    assert_is_taken(line)


@pytest.mark.parametrize(("command", "line"), EXAMPLES)
def test_help_shows_commands_that_work(command: str, line: str) -> None:
    """The same for the examples of --help."""
    assert_is_taken(line)


def test_pages_speak_of_commands_that_exist() -> None:
    """Also between two words of a sentence: the command, and each option that is named with it."""
    wrong = []
    for page in PAGES:
        text = _ANY_BLOCK.sub("", page.read_text("utf-8"))
        for mention in re.findall(r"`(headwater [a-z][^`]*)`", text):
            command, words = resolved(arguments(mention))
            known = {name for one in command.params for name in [*one.opts, *one.secondary_opts]}
            unknown = [word for word in words if word.startswith("--") and word not in known]
            if command is PROGRAM or unknown:
                wrong.append(f"{page.name}: {mention}")

    assert wrong == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("headwater no-such", "no such command"),
        ("headwater status --no-such", "No such option"),
        ("headwater who", "Missing argument"),
    ],
)
def test_the_check_sees_what_is_not_there(line: str, said: str) -> None:
    """A command or an option that does not exist is found, and so is what is left out."""
    with pytest.raises((AssertionError, USAGE_ERROR)) as caught:
        assert_is_taken(line)

    assert said in str(getattr(caught.value, "format_message", lambda: caught.value)())
