"""What the network's people must be: plain sets, joined in the order in which actors decided."""

from __future__ import annotations

from headwater.actors.identity_messages import Join, JoinAnswer
from headwater.profiles.resolution import Limits, Verdict


class Oracle:
    """Plain sets of identifiers, joined in the order in which the network decided."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.sets: dict[str, set[str]] = {}
        self.orders = False

    def of(self, identifier: str) -> set[str]:
        """Answer the set that an identifier is in."""
        return self.sets.setdefault(identifier, {identifier})

    def decided(self, request: Join, reply: JoinAnswer) -> None:
        """Hear a decision, check that it was right when it was made, and follow it."""
        asker = self.of(request.actor.partition("/")[2])
        second = request.link.second
        if reply.verdict == Verdict.JOINED:
            assert self.of(second) == {second}, "a fresh identifier was in a person"
            self._join(asker, {second}, request)
        elif reply.verdict == Verdict.FROZEN:
            assert reply.person is not None
            assert self.of(second) == set(reply.person.ids), "a person froze with a wrong set"
            self._join(asker, self.of(second), request)

    def _join(self, first: set[str], second: set[str], request: Join) -> None:
        if request.link.reason == "event":
            assert self.limits.broken(first, second) is None, "a join broke a limit"
        else:
            self.orders = True
        together = first | second
        for identifier in together:
            self.sets[identifier] = together

    def parted(self, stays: set[str], gone: set[str]) -> None:
        """Hear of a split."""
        for part in (stays, gone):
            for identifier in part:
                self.sets[identifier] = set(part)
