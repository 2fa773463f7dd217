"""Who somebody was at an instant, out of what is known now: links in time, and events.

Links that a split took away are kept with the time of it, so the links of any instant are known;
and every event keeps the identifier that it arrived under, so the events of any identifiers at
any instant are, too. A person is a function of the two. See docs/identity.md, "As of then".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from headwater.profiles import traits
from headwater.profiles.people import Identifier, Person, Trait
from headwater.profiles.traits import Stamped

Stamp = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Tie:
    """A link between two identifiers: since when, and until when if it was taken away. In ms."""

    first: str
    second: str
    since: int
    until: int | None = None

    def holds(self, at: int) -> bool:
        """Tell whether the two were linked at an instant."""
        return self.since <= at and (self.until is None or at < self.until)


@dataclass(frozen=True, slots=True)
class Then:
    """A person at an instant.

    Attributes:
        root: the identifier that stood for all.
        identifiers: those held, each to when it is first known of.
    """

    workspace: str
    root: str
    identifiers: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class PastEvent:
    """What shapes a person of an event that arrived under one of their identifiers. In ms."""

    via: str
    type: str
    timestamp: int
    message_id: str
    received_at: int
    traits: Mapping[str, Any]
    group: str | None


def identifiers_at(name: str, ties: Iterable[Tie], at: int) -> dict[str, int]:
    """Answer the identifiers that made one person with this one, to the first link of each.

    One that had no link is not among them, so that whoever had none is answered nothing.
    """
    neighbours: dict[str, set[str]] = {}
    since: dict[str, int] = {}
    for tie in ties:
        if tie.holds(at):
            for one, other in ((tie.first, tie.second), (tie.second, tie.first)):
                neighbours.setdefault(one, set()).add(other)
                since[one] = min(tie.since, since.get(one, tie.since))
    found, waiting = set(), [name]
    while waiting:
        one = waiting.pop()
        if one not in found and one in neighbours:
            found.add(one)
            waiting += neighbours[one]
    return {one: since[one] for one in sorted(found)}


@dataclass(slots=True)
class _Figures:
    """What arrived under one identifier."""

    events: int = 0
    first: int | None = None
    last: int = 0
    traits: dict[str, Stamped] = field(default_factory=dict)

    def add(self, event: PastEvent) -> None:
        self.events += 1
        self.first = event.timestamp if self.first is None else min(self.first, event.timestamp)
        self.last = event.timestamp if self.events == 1 else max(self.last, event.timestamp)
        if event.type == "identify":
            traits.write(self.traits, event.traits, (event.timestamp, event.message_id))


def person_of(then: Then, events: Iterable[PastEvent], at: int) -> Person:
    """Answer the person as they were shown at an instant, computed traits aside.

    `events` are those of their identifiers, each once, in any order; of those received after
    `at` nothing is taken.
    """
    figures = {name: _Figures() for name in then.identifiers}
    counts: dict[str, int] = {}
    groups: dict[str, int] = {}
    stamps: list[Stamp] = []
    for event in events:
        if event.received_at > at or event.via not in figures:
            continue
        figures[event.via].add(event)
        counts[event.type] = counts.get(event.type, 0) + 1
        stamps.append((event.timestamp, event.message_id))
        if event.group is not None:
            groups[event.group] = max(event.timestamp, groups.get(event.group, event.timestamp))
    first, last = min(stamps, default=(0, "")), max(stamps, default=(0, ""))
    return Person(
        id=then.root,
        workspace=then.workspace,
        identifiers=tuple(
            _identifier(name, then.identifiers[name], figures[name]) for name in sorted(figures)
        ),
        traits=_traits(figures),
        groups=dict(sorted(groups.items())),
        counts=dict(sorted(counts.items())),
        first_seen=first[0],
        last_seen=last[0],
        first_message_id=first[1],
        last_message_id=last[1],
    )


def _identifier(name: str, since: int, figures: _Figures) -> Identifier:
    kind, _, value = name.partition(":")
    if figures.first is None:
        return Identifier(kind, value, first_seen=since, last_seen=since, events=0)
    return Identifier(kind, value, figures.first, figures.last, figures.events)


def _traits(figures: Mapping[str, _Figures]) -> dict[str, Trait]:
    came_by = {
        (name, stamped[2]): via
        for via, one in figures.items()
        for name, stamped in one.traits.items()
    }
    folded = traits.fold(one.traits for one in figures.values())
    return {
        name: Trait(value, timestamp, message_id, came_by[name, message_id])
        for name, (value, timestamp, message_id) in sorted(folded.items())
        if value is not None
    }
