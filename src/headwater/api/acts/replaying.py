"""Events of the past sent to a destination once more."""

from __future__ import annotations

from typing import Any

from headwater.actors.workspace import WorkspaceActor
from headwater.api.acts.asked import Asked
from headwater.api.acts.asked_events import condition_on, limits_of
from headwater.api.acts.routes import named
from headwater.api.jobs import job_view
from headwater.api.replays import ReplayOrder
from headwater.errors import Conflict
from headwater.language.plan_events import Replay


async def replay(plan: Replay, asked: Asked) -> dict[str, Any]:
    """Order the replay, by the destination's own rules; answer the job.

    Raises:
        NotFound: no destination of that name is set up.
        Conflict: it is switched off.
    """
    present = await asked.services.workspaces.read(asked.workspace, WorkspaceActor.destinations)
    destination = named(present, plan.destination)
    if not destination.enabled:
        raise Conflict(f"{destination.name} is switched off; switch it on first.")
    since, until = limits_of(plan.over, asked)
    where = await condition_on(plan.events, asked)
    order = ReplayOrder(destination=destination.id)
    await asked.services.sql.check(asked.workspace, where)
    chosen = {"where": where, "since": since, "until": until}
    parameters = {**order.model_dump(exclude={"key"}), **chosen}
    # The order's own name: sent again, it is the same replay.
    job = await asked.services.jobs.start(asked.workspace, "replay", parameters, key=asked.id)
    return {"job": job_view(job).model_dump(mode="json")}
