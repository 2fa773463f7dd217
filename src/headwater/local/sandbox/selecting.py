"""SQL of a selection of events. Only what was checked goes into it, and numbers."""

from __future__ import annotations

from headwater.local.sandbox.engine import quoted
from headwater.local.sandbox.orders import Selection


def condition(selection: Selection) -> str:
    """Answer the condition on `events`; its `where` must have been checked."""
    parts = [
        "true" if selection.where is None else f"(\n{selection.where}\n)",
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
