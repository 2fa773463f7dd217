"""How a regulation is: its status, when it ended, and what became of it at destinations."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

from headwater.actors.jobs import Job
from headwater.actors.regulations import Regulation
from headwater.actors.workspace import WorkspaceActor
from headwater.api.fields import written
from headwater.api.services import Services
from headwater.errors import NotFound

Status = Literal[
    "INITIALIZED", "RUNNING", "FINISHED", "FAILED", "PARTIAL_SUCCESS", "NOT_SUPPORTED", "INVALID"
]
_FORWARDED = {"SUPPRESS_WITH_DELETE", "DELETE_ONLY"}
_STATUS: dict[str, Status] = {
    "waiting": "INITIALIZED",
    "running": "RUNNING",
    "done": "FINISHED",
    "failed": "FAILED",
    "cancelled": "FAILED",
}


async def standing(
    services: Services, workspace: str, one: Regulation
) -> tuple[Status, Job | None]:
    """Answer how a regulation is, and its job where that is still shown."""
    if one.job is None:
        return "FINISHED", None
    try:
        job = await services.jobs.job(workspace, one.job)
    except NotFound:  # jobs that have ended are shown for a month; the certificate stays
        return "FINISHED", None
    return _STATUS[job.state], job


async def entry(services: Services, workspace: str, one: Regulation) -> dict[str, Any]:
    """Answer a regulation as lists show it."""
    status, job = await standing(services, workspace, one)
    certified = None if job is not None else await _certified(services, workspace, one)
    return {
        "id": one.id,
        "subjectType": one.subject_type,
        "subjects": list(one.subjects),
        "status": status,
        "createdAt": written(one.created_at),
        "regulationType": one.type,
        **_finished(one, job, status, certified),
    }


async def whole(services: Services, workspace: str, one: Regulation) -> dict[str, Any]:
    """Answer a regulation as it is shown by itself."""
    status, job = await standing(services, workspace, one)
    certified = await _certified(services, workspace, one) if status == "FINISHED" else None
    finished = _finished(one, job, status, certified)
    return {
        "id": one.id,
        "workspaceId": workspace,
        "overallStatus": status,
        "createdAt": written(one.created_at),
        **finished,
        "streamStatus": _streams(services, workspace, one, certified, finished),
    }


async def _certified(
    services: Services, workspace: str, one: Regulation
) -> Mapping[str, Any] | None:
    """Answer what the certificate of a deletion says, where it is done."""
    if one.job is None:
        return None
    try:
        text = await services.workspaces.read(workspace, WorkspaceActor.certificate, one.job)
    except NotFound:
        return None
    statement: dict[str, Any] = json.loads(text)["statement"]
    return statement


def _finished(
    one: Regulation, job: Job | None, status: Status, certified: Mapping[str, Any] | None
) -> dict[str, str]:
    """Answer when a regulation ended, as a field that is left out before."""
    if status not in {"FINISHED", "FAILED"}:
        return {}
    if job is not None and job.ended_at is not None:
        return {"finishedAt": written(job.ended_at)}
    if certified is not None:  # `done_at`: what Cloudflare keeps is gone later than that
        return {"finishedAt": str(certified.get("done_at", certified["physically_gone_by"]))}
    return {"finishedAt": written(one.created_at)}


def _streams(
    services: Services,
    workspace: str,
    one: Regulation,
    certified: Mapping[str, Any] | None,
    finished: Mapping[str, str],
) -> list[dict[str, Any]]:
    """Answer what became of it at destinations, those of when it was done: none can delete yet."""
    config = services.config(workspace)
    if config is None or one.type not in _FORWARDED:
        return []
    names = {each.id: each.name for each in config.destinations}
    there = (
        {each.id: each.type for each in config.destinations}
        if certified is None
        else {each["id"]: each["type"] for each in certified["destinations"]}
    )
    refused = [
        {
            "name": names.get(id_, kind),  # one that was removed since has no name any more
            "id": id_,
            "status": "NOT_SUPPORTED",
            "errString": f"There is no delete call for {kind}; delete there yourself.",
            **finished,
        }
        for id_, kind in there.items()
    ]
    return [{"id": workspace, "destinationStatus": refused}]
