"""Asking a compiled condition about one person: true or not, and when exactly that flips."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from headwater.audiences.features import State
from headwater.audiences.program import Program
from headwater.audiences.scope import PersonView


class Part(Protocol):
    """The states of features that one identifier's events have made."""

    def get(self, name: str, /) -> State | None:
        """Answer a feature's state; None if it has none."""
        ...


Parts = Mapping[str, Part]
"""An identifier to its part."""

_LOOKS_AHEAD = 50
"""Instants at which something may change that are looked at in one go; the next look is timed."""


@dataclass(slots=True)
class Person:
    """A person as conditions see them.

    Attributes:
        parts: features' states by identifier.
        traits: those that were written, by name.
        groups: accounts that the person is in: id and traits.
        members: ids of audiences that the person is in.
        computed: ids of computed traits to their values.
    """

    program: Program
    parts: Parts
    traits: Mapping[str, Any] = field(default_factory=dict)
    groups: Callable[[], list[tuple[str, dict[str, Any]]]] = list
    members: set[str] = field(default_factory=set)
    computed: dict[str, Any] = field(default_factory=dict)
    _folded: dict[str, State | None] = field(default_factory=dict)

    def feature(self, feature: str) -> State | None:
        """Answer the state of all the person's events together; None if none was for it."""
        known = self._folded
        if feature in known:
            return known[feature]
        states = [state for part in self.parts.values() if (state := part.get(feature)) is not None]
        folded = self.program.features[feature].fold(states) if states else None
        known[feature] = folded
        return folded

    def trait(self, name: str) -> Any:
        """Answer a trait's value; one that is computed hides a written one of the same name."""
        id_ = self.program.computed.get(name)
        return self.traits.get(name) if id_ is None else self.computed.get(id_)

    def accounts(self) -> list[tuple[str, dict[str, Any]]]:
        """Answer the accounts that the person is in."""
        return self.groups()

    def member(self, audience: str) -> bool:
        """Tell whether the person is a member of an audience."""
        return audience in self.members


def settled(
    ask: Callable[[PersonView, int], tuple[Any, int | None]], person: PersonView, now: int
) -> tuple[Any, int | None]:
    """Answer a value now, and the instant at which time alone makes it another.

    Should that be very many changes of the parts away, an earlier instant, at which to ask again.
    """
    value, change = ask(person, now)
    for _ in range(_LOOKS_AHEAD):
        if change is None:
            return value, None
        later, following = ask(person, change)
        if later != value or isinstance(later, bool) != isinstance(value, bool):
            return value, change
        change = following
    return value, change
