"""What a commit of events has stored, and what it hands to the lanes in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from headwater.actors import deliveries
from headwater.collect.arrival import Arrival
from headwater.commands import Command, Deliver, Rekey
from headwater.ports import Sql


@dataclass(frozen=True, slots=True)
class Stored:
    """What one commit stored, published to whoever listens after it.

    Attributes:
        events: new events with the actor of their person, in order.
        duplicates: how many had been stored before.
        destinations: ids of those whose lane has something new.
        audiences: ids of those that somebody entered or left.
        armed: the earliest timer that was set, in milliseconds.
    """

    events: tuple[tuple[str, Arrival], ...]
    duplicates: int
    destinations: frozenset[str]
    audiences: frozenset[str] = frozenset()
    armed: int | None = None


def carry_out(sql: Sql, commands: Sequence[Command], now: int) -> set[str]:
    """Do what actors asked for; answer the destinations that have something new.

    Merges come after the events of the same turn, so all its deliveries are there to be rekeyed.
    """
    deliver = [command for command in commands if isinstance(command, Deliver)]
    if deliver:
        deliveries.enqueue(sql, deliver, now)
    for command in commands:
        if isinstance(command, Rekey):
            deliveries.rekey(sql, command.loser, command.winner)
    return {command.destination for command in deliver}
