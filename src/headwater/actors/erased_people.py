"""Who is erased, in every form by which rows may name them; and a state without its mentions."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

# A root's open negotiations: not lists of things, though they are written as lists.
_WHOLE = frozenset({"talk", "leaving"})


class ErasedPeople:
    """The identifiers of people of one workspace who are being erased.

    Attributes:
        identifiers: `type:value`.
        actors: the same, as actors are named.
        messages: ids of their group calls, which accounts keep as the last word on a trait.
    """

    def __init__(
        self, workspace: str, identifiers: Iterable[str], messages: Iterable[str] = ()
    ) -> None:
        self.workspace = workspace
        self.identifiers = frozenset(identifiers)
        self.actors = frozenset(f"{workspace}/{one}" for one in self.identifiers)
        self.messages = frozenset(messages)

    def are_named(self, value: Any) -> bool:
        """Tell whether a JSON value has one of them, as an identifier, an actor or a parcel.

        Texts that are JSON themselves are looked into.
        """
        if isinstance(value, str):
            # What an actor was asked is noted by a verb and the name of who asked.
            return (
                self._is_name(value)
                or self._is_name(value.partition(" ")[2])
                or (value.startswith(("{", "[")) and self.are_named(_read(value)))
            )
        if isinstance(value, dict):
            return any(self.are_named(one) for pair in value.items() for one in pair)
        return isinstance(value, list) and any(self.are_named(one) for one in value)

    def _is_name(self, text: str) -> bool:
        name, mark, number = text.rpartition("#")
        if mark and number.isdigit() and (name in self.identifiers or name in self.actors):
            return True
        return text in self.identifiers or text in self.actors

    def scrubbed(self, body: str) -> str | None:
        """Answer another actor's state without what names them; None where nothing does.

        What goes is evidence of links that were refused, parted or answered long ago: an actor
        that does not remember them acts as if they had never been asked for.
        """
        fields = json.loads(body)
        changed = self._unsign(fields) if fields.get("type") == "account" else False
        for name, value in list(fields.items()):
            if name == "traits" or not self.are_named(value):
                continue
            changed = True
            if name in _WHOLE or not isinstance(value, dict | list):
                del fields[name]
            elif isinstance(value, dict):
                fields[name] = {
                    key: one
                    for key, one in value.items()
                    if not self.are_named(key) and not self.are_named(one)
                }
            else:
                fields[name] = [one for one in value if not self.are_named(one)]
        if not changed:
            return None
        return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))

    def _unsign(self, account: dict[str, Any]) -> bool:
        """Take the ids of their messages off an account; tell whether there were any.

        What the account was said to be stays, as does when it was said.
        """
        stamps = [*account.get("traits", {}).values(), account.get("first"), account.get("last")]
        theirs = [one for one in stamps if one and one[-1] in self.messages]
        for one in theirs:
            one[-1] = ""
        return bool(theirs)


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
