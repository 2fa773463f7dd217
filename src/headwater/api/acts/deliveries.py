"""How deliveries go."""

from __future__ import annotations

from typing import Any

from headwater.actors.workspace import WorkspaceActor
from headwater.api.acts.asked import Asked, NotYet
from headwater.api.acts.routes import named
from headwater.language.plan_events import DeliveryStatus


async def delivery_status(plan: DeliveryStatus, asked: Asked) -> dict[str, Any]:
    """Answer each lane's figures, or those of one destination."""
    if plan.of is not None:
        raise NotYet("messages", plan)
    lanes = await asked.services.lanes.status(asked.workspace)
    if plan.destination is not None:
        present = await asked.services.workspaces.read(asked.workspace, WorkspaceActor.destinations)
        chosen = named(present, plan.destination)
        lanes = [one for one in lanes if one.destination == chosen.id]
    return {
        "deliveries": [
            {
                "destination": one.destination,
                "name": one.name,
                "enabled": one.enabled,
                "waiting": one.waiting,
                "delivered": one.delivered,
                "failed": one.failed,
                "dead_letters": one.dead_letters,
                "problem": one.problem,
            }
            for one in lanes
        ]
    }
