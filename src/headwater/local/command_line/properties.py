"""Properties at a terminal: `-p revenue=99.99 -p address.city=Graz`, or a JSON object."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from headwater.local.command_line.trouble import USAGE, Trouble

_HELP = (
    "As often as needed. A value that is JSON (99.99, true, null, [1,2]) is taken as such, else "
    "as text; NAME:=TEXT is always text. A dot in the name goes one level down."
)
Pairs = Annotated[
    list[str] | None, typer.Option("--property", "-p", metavar="NAME=VALUE", help=_HELP)
]
Traits = Annotated[
    list[str] | None,
    typer.Option("--trait", "-t", "--property", "-p", metavar="NAME=VALUE", help=_HELP),
]
Whole = Annotated[
    str | None, typer.Option("--json-object", metavar="JSON", help="All of them at once.")
]


def read(pairs: Sequence[str] | None, whole: str | None) -> dict[str, Any]:
    """Answer the object that the options make.

    Raises:
        Trouble: a pair has no `=`, the object is none, or a name is both a value and an object.
    """
    result = _object(whole) if whole else {}
    for pair in pairs or ():
        name, equals, text = pair.partition("=")
        if not equals or not name.strip(":"):
            raise Trouble(f"-p {pair!r} is no property: write it as NAME=VALUE.", exit_code=USAGE)
        value = text if name.endswith(":") else _value(text)
        _put(result, name.removesuffix(":").split("."), value, pair)
    return result


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Trouble(f"--json-object is not JSON: {error}.", exit_code=USAGE) from error
    if not isinstance(value, dict):
        raise Trouble("It must be a JSON object, such as '{\"revenue\": 99.99}'.", exit_code=USAGE)
    return value


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _put(target: dict[str, Any], path: Sequence[str], value: Any, pair: str) -> None:
    for step in path[:-1]:
        target = target.setdefault(step, {})
        if not isinstance(target, dict):
            raise Trouble(
                f"-p {pair!r}: {step} is given as a value already, so nothing can be below it.",
                exit_code=USAGE,
            )
    target[path[-1]] = value
