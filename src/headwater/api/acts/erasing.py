"""People erased, and of whom nothing is kept from now on."""

from __future__ import annotations

from typing import Any

from headwater.actors.workspace import WorkspaceActor
from headwater.api.acts.asked import Asked, nobody
from headwater.api.erasures import KIND
from headwater.api.jobs import job_view
from headwater.api.suppressions import normalised
from headwater.language.plan_people import Erase, Suppress, Unsuppress


async def identifiers_of(who: str, asked: Asked) -> list[str]:
    """Answer every identifier of the person that one names, that one first.

    Raises:
        NotFound: nobody is known by it, so that a slip of the pen erases nobody.
    """
    (meant,) = normalised(asked.services, asked.workspace, [who])
    person = await asked.services.people.person(asked.workspace, meant)
    if person is None:
        raise nobody(who)
    held = [f"{one.type}:{one.value}" for one in person.identifiers]
    return list(dict.fromkeys([meant, *held]))


async def erase(plan: Erase, asked: Asked) -> dict[str, Any]:
    """Erase a person by all their identifiers; answer the job, and where its certificate will be.

    Raises:
        NotFound: nobody is known by the identifier.
    """
    meant = await identifiers_of(plan.who, asked)
    parameters = {"identifiers": meant}
    job = await asked.services.jobs.start(asked.workspace, KIND, parameters, unit="steps")
    shown = job_view(job).model_dump(mode="json")
    return {"job": shown, "identifiers": meant, "certificate": f"/v1/erasures/{job.id}"}


async def suppress(plan: Suppress, asked: Asked) -> dict[str, Any]:
    """Keep nothing of a person from now on, by any identifier that they hold now."""
    meant = await _whole(plan.who, asked)
    changed = await asked.services.workspaces.write(
        asked.workspace, WorkspaceActor.suppress, meant, now=asked.now
    )
    return {"suppressed": meant, "changed": changed}


async def unsuppress(plan: Unsuppress, asked: Asked) -> dict[str, Any]:
    """Keep events of a person again, from now on."""
    meant = await _whole(plan.who, asked)
    changed = await asked.services.workspaces.write(
        asked.workspace, WorkspaceActor.unsuppress, meant
    )
    return {"unsuppressed": meant, "changed": changed}


async def _whole(who: str, asked: Asked) -> list[str]:
    """Answer the identifiers of a person; of somebody who is not known yet, the one named."""
    (meant,) = normalised(asked.services, asked.workspace, [who])
    person = await asked.services.people.person(asked.workspace, meant)
    held = [f"{one.type}:{one.value}" for one in person.identifiers] if person else []
    return list(dict.fromkeys([meant, *held]))
