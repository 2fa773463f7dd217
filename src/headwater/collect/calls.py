"""Which of an event's fields each of the six calls has; whatever else a client says is dropped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import chain
from operator import attrgetter
from typing import Any

from headwater.collect.events import Fields

WHO = ("userId", "anonymousId")
"""The fields that say who did it."""

_NAMES: Mapping[str, tuple[str, ...]] = {
    "track": (*WHO, "event"),
    "identify": WHO,
    "page": (*WHO, "name", "category"),
    "screen": (*WHO, "name", "category"),
    "group": (*WHO, "groupId"),
    "alias": (*WHO, "previousId"),
}
_CONTENT = {
    "track": "properties",
    "page": "properties",
    "screen": "properties",
    "identify": "traits",
    "group": "traits",
}
_EVERY = tuple(dict.fromkeys(chain(*_NAMES.values(), _CONTENT.values())))


class Call:
    """One of the six calls.

    Attributes:
        content: the field with what the client says at will; None of an alias.
    """

    def __init__(self, names: tuple[str, ...], content: str | None) -> None:
        self.content = content
        self._own = names
        self._others = tuple(name for name in _EVERY if name not in {*names, content})
        # Asked of every event, and nearly always in vain: each is one step of the interpreter.
        self._said: Callable[[Fields], tuple[Any, ...]] = attrgetter(*names)
        self._said_besides: Callable[[Fields], tuple[Any, ...]] = attrgetter(*self._others)
        self._nothing_besides = (None,) * len(self._others)

    def clear(self, event: Fields) -> None:
        """Take away what belongs to other calls, and names that are empty."""
        if self._said_besides(event) != self._nothing_besides:
            for name in self._others:
                setattr(event, name, None)
        if "" in self._said(event):
            for name in self._own:
                if getattr(event, name) == "":
                    setattr(event, name, None)


CALLS: Mapping[str, Call] = {
    kind: Call(names, _CONTENT.get(kind)) for kind, names in _NAMES.items()
}
"""The calls by their type."""
