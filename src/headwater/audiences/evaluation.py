"""Asking a compiled condition about one person: true or not, and when exactly that flips."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from types import MappingProxyType
from typing import Any, Protocol

from headwater.audiences.features import State
from headwater.audiences.program import Program
from headwater.audiences.scope import PersonView


class Part(Protocol):
    """The states of features that one identifier's events have made."""

    @property
    def get(self) -> Callable[[str], State | None]:
        """What answers a feature's state; None if it has none."""
        ...


Parts = Mapping[str, Part]
"""An identifier to its part."""

_NOTHING: Mapping[str, Any] = MappingProxyType({})

_LOOKS_AHEAD = 50
"""Instants at which something may change that are looked at in one go; the next look is timed."""


class Person:
    """A person as conditions see them.

    Attributes:
        feature: answers the state of all the person's events together; None if none was for it.
        parts: features' states by identifier.
        traits: those that were written, by name.
        groups: accounts that the person is in: id and traits.
        members: ids of audiences that the person is in.
        computed: ids of computed traits to their values.
    """

    __slots__ = (
        "computed",
        "feature",
        "groups",
        "members",
        "parts",
        "program",
        "traits",
    )

    def __init__(
        self,
        program: Program,
        parts: Parts,
        traits: Mapping[str, Any] = _NOTHING,
        groups: Callable[[], list[tuple[str, dict[str, Any]]]] = list,
        members: Container[str] = (),
        computed: dict[str, Any] | None = None,
    ) -> None:
        self.program = program
        self.parts = parts
        self.traits = traits
        self.groups = groups
        self.members = members
        self.computed: dict[str, Any] = {} if computed is None else computed
        self.look_again()

    def look_again(self) -> None:
        """See that parts have come, or gone, since the person was made."""
        self.feature: Callable[[str], State | None] = (
            # Nothing to fold, as with most people: the part answers itself.
            next(iter(self.parts.values())).get
            if len(self.parts) == 1
            else _folding(self.program, self.parts)
        )

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


def _folding(program: Program, parts: Parts) -> Callable[[str], State | None]:
    """Answer what folds a feature's states, once each.

    It is no method, as a person that held one of its own could only be freed by the garbage
    collector: until then it would keep all that its turn had read.
    """
    known: dict[str, State | None] = {}

    def fold(feature: str) -> State | None:
        if feature in known:
            return known[feature]
        states = [state for part in parts.values() if (state := part.get(feature)) is not None]
        if len(states) > 1:
            folded = program.features[feature].fold(states)
        else:
            folded = states[0] if states else None
        known[feature] = folded
        return folded

    return fold


def settled(
    ask: Callable[[PersonView, int], tuple[Any, int | None]], person: PersonView, now: int
) -> tuple[Any, int | None]:
    """Answer a value now, and the instant at which time alone makes it another.

    Should that be very many changes of the parts away, an earlier instant, at which to ask again.
    """
    return settled_from(ask(person, now), ask, person)


def settled_from(
    answer: tuple[Any, int | None],
    ask: Callable[[PersonView, int], tuple[Any, int | None]],
    person: PersonView,
) -> tuple[Any, int | None]:
    """Answer `settled`, where what is asked was answered for now already."""
    value, change = answer
    for _ in range(_LOOKS_AHEAD):
        if change is None:
            return value, None
        later, following = ask(person, change)
        if later != value or isinstance(later, bool) != isinstance(value, bool):
            return value, change
        change = following
    return value, change
