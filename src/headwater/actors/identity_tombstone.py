"""What is left at an actor whose person was erased: that nothing of them comes in again."""

from __future__ import annotations

from collections.abc import Sequence

from headwater.actors.configurations import Configurations
from headwater.actors.identity_calls import Event
from headwater.ports import Sql
from headwater.profiles.suppression import SuppressionCheck


def tombstone(sql: Sql) -> int | None:
    """Answer below which version nothing is let in any more; None where nobody was erased."""
    rows = sql.execute("SELECT version FROM erased")
    return int(rows[0][0]) if rows else None


def is_closed(known: Configurations, actor: str, *, version: int, below: int) -> bool:
    """Tell whether an actor whose person was erased takes nothing of a caller.

    Args:
        known: configurations; the newest tells whether the identifier is suppressed still.
        actor: its name.
        version: of the caller's configuration.
        below: what `tombstone` answered.
    """
    if version < below:
        return True
    workspace, _, identifier = actor.partition("/")
    config = known.config(workspace)
    return config is not None and SuppressionCheck(config).covers([identifier])


def of_others(actor: str, events: Sequence[Event]) -> list[tuple[int, str]]:
    """Answer places of events that came by another identifier than an actor's own, and its actor.

    An actor that was emptied knows of no other any more.
    """
    workspace, _, own = actor.partition("/")
    return [
        (place, f"{workspace}/{one.identifiers[0]}")
        for place, one in enumerate(events)
        if one.identifiers[0] != own
    ]
