"""Identifiers as commands take them: checked before anything is asked of a server."""

from __future__ import annotations

from typing import Annotated, TypeVar

import typer

Given = TypeVar("Given", str, "list[str] | None", "str | None")


def checked(given: Given) -> Given:
    """Answer what was given; raise where one is not written as `type:value`.

    Raises:
        typer.BadParameter: it says how to write it.
    """
    for one in [given] if isinstance(given, str) else given or ():
        type_, colon, value = one.partition(":")
        if not (type_ and colon and value):
            guess = f"{'email' if '@' in one else 'user_id'}:{value or one or '42'}"
            near = f"{type_}:42" if type_ and colon else guess
            raise typer.BadParameter(f"{one!r} should be written TYPE:VALUE, such as {near}.")
    return given


Identifier = Annotated[
    str,
    typer.Argument(
        metavar="TYPE:VALUE", help="An identifier, such as user_id:42.", callback=checked
    ),
]
Identifiers = Annotated[
    list[str],
    typer.Argument(metavar="TYPE:VALUE", help="Identifiers, such as user_id:42.", callback=checked),
]
AnyIdentifiers = Annotated[
    list[str] | None,
    typer.Argument(metavar="TYPE:VALUE", help="Identifiers, such as user_id:42.", callback=checked),
]
