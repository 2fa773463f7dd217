"""What an identity actor in a database of its own is asked for the archive of a person."""

from __future__ import annotations

from typing import Any

import msgspec

from headwater.workspace import IdentityRules


class ShowHeld(msgspec.Struct, frozen=True, tag=True):
    """Show all that you hold on some people, beside events; change nothing.

    Attributes:
        identifiers: all that they hold.
        rules: by which identifiers are read out of events.
    """

    identifiers: list[str]
    rules: IdentityRules


class HeldShown(msgspec.Struct, frozen=True, tag=True):
    """What there is.

    Attributes:
        held: by the kinds of `everything_held`, as JSON.
        names_them: the actor is somebody else's, or an account's, and its state names them.
        groups: accounts that the person is in.
        named: identifiers of others that the actor's own state names.
    """

    held: dict[str, list[dict[str, Any]]] = {}
    names_them: bool = False
    groups: list[str] = []
    named: list[str] = []
