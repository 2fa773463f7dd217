"""What is left at an actor whose person was erased: that nothing of them comes in again."""

from __future__ import annotations

from collections.abc import Sequence

from headwater.actors.configurations import Configurations
from headwater.actors.identity_calls import Carried, Carry, Envelope, Event, Receive, Received
from headwater.actors.identity_messages import Join, JoinAnswer
from headwater.ports import Sql
from headwater.profiles.resolution import Reason, Verdict
from headwater.profiles.suppression import SuppressionCheck


def tombstone(sql: Sql) -> int | None:
    """Answer below which version nothing is let in any more; None where nobody was erased."""
    rows = sql.execute("SELECT version FROM erased")
    return int(rows[0][0]) if rows else None


def refusal(
    known: Configurations, envelope: Envelope, *, below: int | None
) -> Received | Carried | None:
    """Answer a call that would bring an erased person back as if it had been of nobody.

    None where the call may go on.

    Args:
        known: configurations; the newest tells whether the identifier is suppressed still.
        envelope: the call.
        below: what `tombstone` answered.
    """
    if below is None:
        return None
    actor, call = envelope.actor, envelope.call
    is_closed = _is_closed(known, actor, version=envelope.version, below=below)
    if isinstance(call, Receive):
        # Whoever looks for somebody else here remembers who was one with them once.
        others = _of_others(actor, call.events)
        return Received([], others) if is_closed or others else None
    if is_closed and isinstance(call, Carry) and isinstance(call.request, Join):
        number = call.request.number
        return Carried(JoinAnswer(actor, number, Verdict.REFUSED, Reason.UNKNOWN))
    return None


def _is_closed(known: Configurations, actor: str, *, version: int, below: int) -> bool:
    """Tell whether an actor whose person was erased takes nothing of a caller."""
    if version < below:
        return True
    workspace, _, identifier = actor.partition("/")
    config = known.config(workspace)
    return config is not None and SuppressionCheck(config).covers([identifier])


def _of_others(actor: str, events: Sequence[Event]) -> list[tuple[int, str]]:
    """Answer places of events that came by another identifier than an actor's own, and its actor.

    An actor that was emptied knows of no other any more.
    """
    workspace, _, own = actor.partition("/")
    return [
        (place, f"{workspace}/{one.identifiers[0]}")
        for place, one in enumerate(events)
        if one.identifiers[0] != own
    ]
