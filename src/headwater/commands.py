"""What the core may ask the outside to do. Actors return these; a runtime carries them out.

A command that must survive a crash is a row, written in the transaction that decided it: in the
actor's own `outbox` where the queue is elsewhere (edge), in the queue itself where it shares the
actor's database (local).
"""

from __future__ import annotations

import msgspec


class Deliver(msgspec.Struct, frozen=True, tag="deliver", array_like=True):
    """Send one event to one destination.

    Attributes:
        destination: the id of a `DestinationConfig`.
        person: the actor whose events must arrive in the order of these commands,
            `{workspace}/{type}:{value}`.
        body: the event as JSON text.
    """

    workspace: str
    destination: str
    person: str
    message_id: str
    body: str


class Rekey(msgspec.Struct, frozen=True, tag="rekey", array_like=True):
    """Two people became one: what waits for `loser` now keeps its order within `winner`."""

    loser: str
    winner: str


Command = Deliver | Rekey
