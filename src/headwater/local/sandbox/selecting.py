"""SQL of a selection of events. Only what was checked goes into it, and numbers.

The condition that somebody wrote stands in a SELECT of its own, just as it was checked; beside the
others, `a) OR (b` would take all of them out of force.
"""

from __future__ import annotations

from headwater.local.sandbox.engine import quoted
from headwater.local.sandbox.orders import Selection


def selected(selection: Selection) -> str:
    """Answer `events WHERE …`, for behind FROM; the selection's `where` must have been checked."""
    events = "events"
    if selection.where is not None:
        events = f"(SELECT * FROM events WHERE (\n{selection.where}\n)) AS events"  # noqa: S608 - checked
    return f"{events} WHERE {_conditions(selection)}"


def _conditions(selection: Selection) -> str:
    parts = [
        "true",
        *(
            f"{column} {comparison} epoch_ms({value})::TIMESTAMPTZ"
            for column, comparison, value in (
                ("timestamp", ">=", selection.since),
                ("timestamp", "<=", selection.until),
                ("received_at", ">=", selection.received_from),
                ("received_at", "<", selection.received_before),
            )
            if value is not None
        ),
    ]
    if not selection.own_messages:
        parts.append(f"NOT starts_with(message_id, {quoted(selection.leave_out)})")
    return " AND ".join(parts)
