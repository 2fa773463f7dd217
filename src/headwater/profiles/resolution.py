"""Who is who: the rules by which identifiers become one person, or are kept apart.

Two people are never merged by a link that would give one person more values of a type than its
limit, that a person parted by a split, or that goes over the workspace's caps. An `alias` is an
order and may break limits; an explicit `merge` may also override a block.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from headwater.workspace import IdentityRules


class Verdict(StrEnum):
    """What an actor answers to a request to join."""

    JOINED = "joined"
    """It was fresh, and now belongs to the asker."""

    FROZEN = "frozen"
    """It was a person of lower standing; it froze, and the asker may pull."""

    REVERSED = "reversed"
    """It is a person of higher standing, and will ask the asker itself."""

    REDIRECT = "redirect"
    """It belongs to another; ask there."""

    REFUSED = "refused"
    """The link breaks a rule; the reason says which."""

    BUSY = "busy"
    """It is in the middle of something; ask again."""


class Reason(StrEnum):
    """Why a link was refused."""

    LIMIT = "limit"
    BLOCKED = "blocked"
    CAP = "cap"
    UNKNOWN = "unknown"


OVERRIDES: Mapping[str, frozenset[Reason]] = {
    "event": frozenset(),
    "alias": frozenset({Reason.LIMIT, Reason.CAP}),
    "merge": frozenset({Reason.LIMIT, Reason.CAP, Reason.BLOCKED}),
}
"""Which rules each kind of link may break."""


def type_of(identifier: str) -> str:
    """Answer the type of `type:value`."""
    return identifier.partition(":")[0]


@dataclass(frozen=True, slots=True)
class Limits:
    """A workspace's identity rules, looked up by type."""

    rules: IdentityRules

    def of(self, type_name: str) -> int:
        """Answer how many values of a type one person may hold."""
        for rule in self.rules.types:
            if rule.name == type_name:
                return rule.limit
        return self.rules.custom_limit

    def rank(self, type_name: str) -> int:
        """Answer a type's rank, 0 for the strongest; types without a rule share the last."""
        for rank, rule in enumerate(self.rules.types):
            if rule.name == type_name:
                return rank
        return len(self.rules.types)

    def broken(self, first: Iterable[str], second: Iterable[str]) -> Reason | None:
        """Tell which rule one person with both sets of identifiers would break, if any.

        A type that the union does not make larger breaks nothing, even where an order has put
        one of the two over its limit before.
        """
        ours, theirs = set(first), set(second)
        together = ours | theirs
        if len(together) > self.rules.max_identifiers:
            return Reason.CAP
        counts: dict[str, int] = {}
        for identifier in together:
            name = type_of(identifier)
            counts[name] = counts.get(name, 0) + 1
        for name, count in counts.items():
            if count > self.of(name) and count > max(_held(ours, name), _held(theirs, name)):
                return Reason.LIMIT
        return None


def _held(identifiers: Iterable[str], name: str) -> int:
    return sum(type_of(identifier) == name for identifier in identifiers)


def refusal(reason: str, rules_broken: Iterable[Reason | None]) -> Reason | None:
    """Answer the first broken rule that a link of this kind may not override."""
    allowed = OVERRIDES[reason]
    return next((rule for rule in rules_broken if rule and rule not in allowed), None)
