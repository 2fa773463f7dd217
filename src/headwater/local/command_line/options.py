"""The options that every command with a server has, added to the command's own."""

from __future__ import annotations

import functools
import inspect
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from headwater.local.command_line.output import complain
from headwater.local.command_line.remote import Address, Remote, find_server
from headwater.local.command_line.trouble import Trouble

_PANEL = "Server"

_SHARED: dict[str, tuple[Any, Any]] = {
    "url": (
        Annotated[
            str | None,
            typer.Option(
                help="Address of the server (HEADWATER_URL).",
                rich_help_panel=_PANEL,
                metavar="URL",
            ),
        ],
        None,
    ),
    "key": (
        Annotated[
            str | None,
            typer.Option(
                help="Admin key (HEADWATER_ADMIN_KEY). On the server's machine the one that "
                "'headwater serve' saved in its data folder is found by itself.",
                rich_help_panel=_PANEL,
                metavar="KEY",
            ),
        ],
        None,
    ),
    "data": (
        Annotated[
            Path | None,
            typer.Option(
                help="Data folder of a server on this machine.",
                rich_help_panel=_PANEL,
                metavar="DIR",
            ),
        ],
        None,
    ),
    "workspace": (
        Annotated[
            str | None,
            typer.Option(
                help="Workspace to work in (HEADWATER_WORKSPACE), unless the key opens just one.",
                rich_help_panel=_PANEL,
                metavar="ID",
            ),
        ],
        None,
    ),
    "as_json": (
        Annotated[
            bool,
            typer.Option("--json", help="Print JSON, for scripts.", rich_help_panel=_PANEL),
        ],
        False,
    ),
}


def with_examples(text: str | None) -> str:
    """Answer a docstring as help: prose as wide as the terminal, examples line by line."""
    prose, heading, examples = inspect.cleandoc(text or "").partition("Examples:\n")
    paragraphs = [_joined(paragraph) for paragraph in prose.split("\n\n")]
    # click leaves a paragraph as it is that begins with a backspace character.
    return "\n\n".join(paragraphs) + (f"\b\n{heading}{examples}" if heading else "")


def _joined(paragraph: str) -> str:
    """Answer a paragraph in one line, unless it is a list or is set by its indentation."""
    lines = paragraph.split("\n")
    is_set = any(line.startswith((" ", "-", "*", "\b")) for line in lines)
    return paragraph if is_set else " ".join(line for line in lines if line)


def explained(command: Callable[..., None]) -> Callable[..., None]:
    """Make a function's docstring its help."""
    command.__doc__ = with_examples(command.__doc__)
    return command


def with_server(
    command: Callable[..., None], *, is_group: bool = False, unless: str | None = None
) -> Callable[..., None]:
    """Make a command out of a function whose first parameter is a `Remote`.

    One that `is_group` is what a group of commands does where none of them is named. Where the
    command's own option `unless` is given, no server is looked for; the `Remote` has no address.
    """
    hints = get_type_hints(command, include_extras=True)
    kind = inspect.Parameter.KEYWORD_ONLY
    own = list(inspect.signature(command).parameters.values())[1:]
    parameters = [
        parameter.replace(annotation=hints[parameter.name], kind=kind) for parameter in own
    ] + [
        inspect.Parameter(name, kind, default=default, annotation=annotation)
        for name, (annotation, default) in _SHARED.items()
    ]

    @functools.wraps(command)
    def run(**given: Any) -> None:
        context = given.pop("context", None)
        if context is not None and context.invoked_subcommand is not None:
            return
        shared = {name: given.pop(name) for name in _SHARED}
        with troubles_told():
            is_needed = unless is None or given[unless] is None
            remote = _remote(**shared, is_needed=is_needed)
            try:
                command(remote, **given)
            finally:
                remote.close()

    if is_group:
        context = inspect.Parameter("context", kind, annotation=typer.Context)
        parameters.insert(0, context)
    run.__doc__ = with_examples(command.__doc__)
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined] # typer reads it
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return run


@contextmanager
def troubles_told() -> Iterator[None]:
    """End the command with one line where trouble comes up, never with a traceback."""
    try:
        yield
    except Trouble as trouble:
        complain(str(trouble))
        raise typer.Exit(trouble.exit_code) from trouble
    except KeyboardInterrupt as stopped:
        raise typer.Exit(130) from stopped
    except BrokenPipeError as error:
        # The reader of our output (head, less) has seen enough; say nothing more to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(0) from error


def _remote(
    *,
    url: str | None,
    key: str | None,
    data: Path | None,
    workspace: str | None,
    as_json: bool,
    is_needed: bool,
) -> Remote:
    environment = os.environ
    address = Address("", "")
    if is_needed:
        address = find_server(url=url, key=key, data=data, environment=environment)
    return Remote(address, workspace or environment.get("HEADWATER_WORKSPACE"), as_json=as_json)
