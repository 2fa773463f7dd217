"""One call of one identity actor at work, in a database of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from headwater.actors import audiences, identity, outbox
from headwater.actors.identity import Policy
from headwater.actors.identity_messages import Request
from headwater.actors.identity_receiving import Received as RulesApplied
from headwater.actors.identity_receiving import let_through, publish
from headwater.actors.identity_storage import Turn
from headwater.collect.arrival import Arrival
from headwater.commands import Command, Deliver
from headwater.ports import Sql


@dataclass(slots=True)
class Step:
    """One call at work.

    Attributes:
        has_passed_time: memberships or computed traits may have changed beside the call's events.
        told: the events that were stored to tell of memberships.
    """

    sql: Sql
    turn: Turn
    policy: Policy
    name: str
    now: int
    has_passed_time: bool = False
    told: list[Arrival] = field(default_factory=list)

    def asks(self) -> list[Request]:
        """Write what has changed, audiences decided; answer what the actor wants of others."""
        asks = identity.requests(self.turn, self.policy, self.name)
        program = self.policy.audiences
        if program is not None:
            touched = self.turn.audiences.unsettled([self.name])
            self._tell(audiences.decide(self.turn, program, touched, self.now))
        self.turn.flush()
        return asks

    def pass_time(self, *, anew: bool = False) -> None:
        """Act on timers that have gone off; or decide everything `anew`."""
        if not anew and self.name not in audiences.due(self.sql, self.now, 1):
            return
        self.has_passed_time = True
        program = self.policy.audiences
        if program is None:
            self.turn.audiences.disarm(self.name)
        else:
            self._tell(audiences.wake(self.turn, program, self.name, self.now))

    def _tell(self, told: Sequence[audiences.Told]) -> None:
        """Store the events that tell of memberships, and have them delivered."""
        self.has_passed_time = self.has_passed_time or bool(told)
        received = RulesApplied()
        publish(self.turn, self.policy, told, received)
        self.told += [arrival for _, arrival in received.stored]
        self.send_to_members(received.commands)

    def send(self, commands: Sequence[Command]) -> list[Command]:
        """Have commands carried out, but answer the deliveries that wait for memberships."""
        gates = self.policy.gates
        waiting = [one for one in commands if isinstance(one, Deliver) and one.destination in gates]
        outbox.put(self.sql, [one for one in commands if one not in waiting], now=self.now)
        return list(waiting)

    def send_to_members(self, commands: Sequence[Command]) -> None:
        """Have commands carried out; deliveries for members alone where the person is one."""
        outbox.put(self.sql, let_through(self.turn, self.policy, commands), now=self.now)
