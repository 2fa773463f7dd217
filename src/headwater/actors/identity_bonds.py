"""Who was one with whom, ever, out of what the actors of several people know of it.

A split leaves the link that it took away with both halves. So whoever asks one person's actor is
led on to all who were one with that person at any time; see docs/identity.md, "As of then".
"""

from __future__ import annotations

import msgspec

from headwater.actors.identity_state import Root, Standing
from headwater.profiles.past import Then, Tie, identifiers_at


class Bonds(msgspec.Struct, frozen=True):
    """What one person's actor knows of who was one with whom.

    Attributes:
        actor: its name.
        identifiers: those that the person holds now.
        standings: of each root that is in this person, as long as it was one.
        ties: the links of the person, and those that splits took away.
        far: identifiers at the ends of links that were taken away.
    """

    actor: str
    identifiers: list[str]
    standings: dict[str, Standing]
    ties: list[Tie]
    far: list[str]


def bonds(actor: str, root: Root) -> Bonds:
    """Answer what the actor of a person knows."""
    ties = [Tie(edge.first, edge.second, edge.at) for edge in root.edges]
    far: list[str] = []
    for parted in root.parted:
        edge = parted.edge
        ties.append(Tie(edge.first, edge.second, edge.at, parted.at))
        far += [edge.first, edge.second]
    return Bonds(
        actor=actor,
        identifiers=sorted(root.ids),
        standings={**root.former, actor.partition("/")[2]: root.standing},
        ties=ties,
        far=far,
    )


class Neighbourhood:
    """All who may ever have been one with an identifier; ask for `wanted`, and `give` it."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._ties: dict[Tie, None] = {}
        self._standings: dict[str, Standing] = {}
        self._actors: dict[str, str] = {}
        self._seen = {name}
        self._waiting = [name]

    def wanted(self) -> str | None:
        """Answer an identifier whose holder's bonds are needed; None once all are known."""
        while self._waiting:
            name = self._waiting.pop()
            if name not in self._actors:
                return name
        return None

    def give(self, known: Bonds | None) -> None:
        """Take the bonds of whoever holds what was wanted; None: nobody does."""
        if known is None:
            return
        self._actors |= dict.fromkeys(known.identifiers, known.actor)
        self._standings |= known.standings
        self._ties |= dict.fromkeys(known.ties)
        new = [name for name in dict.fromkeys(known.far) if name not in self._seen]
        self._seen.update(new)
        self._waiting += new

    def then(self, workspace: str, at: int) -> Then | None:
        """Answer the person who held the identifier at an instant in ms; None: nobody did."""
        held = identifiers_at(self._name, self._ties, at)
        if not held:
            standing = self._standings.get(self._name)
            if standing is None or standing[1] > at:
                return None
            # As for the present: where there is no link, an identifier is as old as its person.
            held = {self._name: standing[1]}
        root = min((self._standings[one], one) for one in held if one in self._standings)[1]
        return Then(workspace, root, held)

    def holders(self, then: Then) -> dict[str, list[str]]:
        """Answer the actors that hold the identifiers of then, each with which ones, in order."""
        found: dict[str, list[str]] = {}
        for name in sorted(then.identifiers):
            if name in self._actors:
                found.setdefault(self._actors[name], []).append(name)
        return dict(sorted(found.items()))
