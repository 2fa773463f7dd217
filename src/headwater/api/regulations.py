"""Deletion and suppression as Segment's Public API has them, so that its clients only change host.

POST and GET /regulations, GET and DELETE /regulations/{id}, GET /suppressions. They drive the same
code as `/v1/erasures` and `/v1/suppressions`. Shapes: `@segment/public-api-sdk-typescript` 47.0
(read 2026-11) and PROTOCOLS.md, section 4.3. Where Segment shows user ids, salted hashes are
shown: who was erased or suppressed is not kept by name.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Annotated, Any, Literal, TypeVar, get_args

from fastapi import APIRouter, Query, Request
from pydantic import Field

from headwater.actors.suppressions import MOST
from headwater.actors.workspace import WorkspaceActor
from headwater.api import erasures
from headwater.api.access import Admin, Reader
from headwater.api.fields import IdPath, LongText, Order, View
from headwater.api.regulation_standing import Status, entry, standing, whole
from headwater.api.services import Services
from headwater.api.suppressions import meant_with, normalised
from headwater.errors import BadRequest, Conflict

Type = Literal[
    "SUPPRESS_ONLY",
    "UNSUPPRESS",
    "SUPPRESS_WITH_DELETE",
    "SUPPRESS_WITH_DELETE_INTERNAL",
    "DELETE_ONLY",
    "DELETE_INTERNAL",
]
_DELETING = {"SUPPRESS_WITH_DELETE", "SUPPRESS_WITH_DELETE_INTERNAL", "DELETE_ONLY"}
_DELETING |= {"DELETE_INTERNAL"}
_SUPPRESSING = {"SUPPRESS_WITH_DELETE", "SUPPRESS_WITH_DELETE_INTERNAL"}
_KINDS = {"USER_ID": "user_id", "ANONYMOUS_ID": "anonymous_id"}
T = TypeVar("T")

Count = Annotated[
    int, Query(alias="pagination[count]", ge=1, le=200, description="How many to answer at most.")
]
PageCursor = Annotated[
    LongText | None,
    Query(alias="pagination[cursor]", description="The `next` of the page before."),
]
Statuses = Annotated[Status | None, Query(alias="status", description="Only of this status.")]
Types = Annotated[list[Type], Query(alias="regulationTypes", description="Only of these types.")]


class RegulationOrder(Order):
    """What to do about whom. Other identifiers that their people hold are meant, too."""

    regulationType: Type  # noqa: N815 - Segment's name
    subjectType: Literal["USER_ID", "ANONYMOUS_ID", "OBJECT_ID"]  # noqa: N815 - Segment's name
    subjectIds: Annotated[  # noqa: N815 - Segment's name
        list[Annotated[str, Field(min_length=1, max_length=900)]],
        Field(min_length=1, max_length=5000),
    ]


class Data(View):
    """What Segment's answers have around them."""

    data: dict[str, Any]


def regulation_routes(services: Services) -> APIRouter:
    """Answer the routes under `/regulations`, and `/suppressions`."""
    routes = APIRouter(tags=["Segment's Public API"])
    _ordering(routes, services)
    _reading(routes, services)
    return routes


def _ordering(routes: APIRouter, services: Services) -> None:
    workspaces = services.workspaces

    @routes.post("/regulations")
    async def create(caller: Admin, order: RegulationOrder) -> Data:
        """Suppress or unsuppress people at once; delete them as a job."""
        named = _named(services, caller.workspace, order)
        job = None
        if order.regulationType in _DELETING:
            suppress = order.regulationType in _SUPPRESSING
            job = await services.jobs.start(
                caller.workspace,
                erasures.KIND,
                {"identifiers": named, "suppress": suppress},
                unit="steps",
            )
        elif order.regulationType == "SUPPRESS_ONLY":
            meant = await meant_with(services, caller.workspace, named)
            await workspaces.write(
                caller.workspace, WorkspaceActor.suppress, meant, now=services.clock.now()
            )
        else:
            meant = await meant_with(services, caller.workspace, named)
            await workspaces.write(caller.workspace, WorkspaceActor.unsuppress, meant)
        id_ = await workspaces.write(
            caller.workspace,
            WorkspaceActor.keep_regulation,
            order.regulationType,
            order.subjectType,
            identifiers=named,
            job=None if job is None else job.id,
            now=services.clock.now(),
        )
        return Data(data={"regulateId": id_})

    @routes.delete("/regulations/{regulation}")
    async def delete(caller: Admin, regulation: IdPath) -> Data:
        """Take a deletion back that has not begun."""
        found = await workspaces.read(caller.workspace, WorkspaceActor.regulation, regulation)
        status, _ = await standing(services, caller.workspace, found)
        if status != "INITIALIZED" or found.job is None:
            raise Conflict(
                f"This regulation is {status}; only one that is INITIALIZED can be taken back. "
                "A suppression is lifted by UNSUPPRESS."
            )
        await services.jobs.cancel(caller.workspace, found.job)
        await workspaces.write(caller.workspace, WorkspaceActor.forget_regulation, regulation)
        return Data(data={"status": "SUCCESS"})

    @routes.post("/regulations/sources/{source}")
    @routes.post("/regulations/cloudsources/{source}")
    async def of_source(caller: Admin, source: IdPath, order: RegulationOrder) -> Data:  # noqa: ARG001 - the path's and the body's
        """Say that regulations are of the whole workspace."""
        raise BadRequest(
            "Regulations of one source are not kept here: people are suppressed and deleted in "
            "the whole workspace. Send it to /regulations."
        )


def _reading(routes: APIRouter, services: Services) -> None:
    workspaces = services.workspaces

    @routes.get("/regulations/{regulation}")
    async def one(caller: Reader, regulation: IdPath) -> Data:
        """Show how a regulation goes."""
        found = await workspaces.read(caller.workspace, WorkspaceActor.regulation, regulation)
        return Data(data={"regulation": await whole(services, caller.workspace, found)})

    @routes.get("/regulations")
    async def every(
        caller: Reader,
        *,
        count: Count = 10,
        cursor: PageCursor = None,
        status: Statuses = None,
        types: Types = [],  # noqa: B006 - FastAPI copies it
        request: Request,
    ) -> Data:
        """List regulations, the latest first."""
        wanted = []
        types = [*types, *_indexed_types(request)]
        for found in await workspaces.read(caller.workspace, WorkspaceActor.regulations):
            if types and found.type not in types:
                continue
            if status in {None, (await standing(services, caller.workspace, found))[0]}:
                wanted.append(found)
        page, pagination = _page(wanted, count, cursor)
        shown = [await entry(services, caller.workspace, one) for one in page]
        return Data(data={"regulations": shown, "pagination": pagination})

    @routes.get("/regulations/sources/{source}")
    async def every_of_source(
        caller: Reader,  # noqa: ARG001 - who may look
        source: IdPath,  # noqa: ARG001 - the path's
        count: Count = 10,
        cursor: PageCursor = None,
    ) -> Data:
        """List the regulations of one source: there are none, all are of the workspace."""
        none: list[dict[str, Any]] = []
        _, pagination = _page(none, count, cursor)
        return Data(data={"regulations": none, "pagination": pagination})

    @routes.get("/suppressions")
    async def suppressed(caller: Reader, *, count: Count = 10, cursor: PageCursor = None) -> Data:
        """List suppressed identifiers of users: as salted hashes, since no others are kept."""
        found = await workspaces.read(caller.workspace, WorkspaceActor.suppressed, limit=MOST)
        of_users = [one for one in found if one.type in _KINDS.values()]
        page, pagination = _page(of_users, count, cursor)
        shown = [{"subjectType": one.type.upper(), "subjectIds": [one.hash]} for one in page]
        return Data(data={"suppressed": shown, "pagination": pagination})


def _indexed_types(request: Request) -> list[Type]:
    """Answer the types that are written `regulationTypes[0]=…`, as Segment's own client does."""
    given = [
        value
        for name, value in request.query_params.multi_items()
        if name.startswith("regulationTypes[")
    ]
    known = {one: one for one in get_args(Type)}
    for one in given:
        if one not in known:
            raise BadRequest(f"regulationTypes: {one[:80]!r} is none of {', '.join(known)}.")
    return [known[one] for one in given]


def _named(services: Services, workspace: str, order: RegulationOrder) -> list[str]:
    kind = _KINDS.get(order.subjectType)
    if kind is None:
        raise BadRequest("OBJECT_ID is of cloud sources, which there are none of; send USER_ID.")
    return normalised(services, workspace, [f"{kind}:{one}" for one in order.subjectIds])


def _page(items: Sequence[T], count: int, cursor: str | None) -> tuple[Sequence[T], dict[str, Any]]:
    """Answer a page and its `pagination`; a cursor is the place of the page in Base64."""
    start = 0
    if cursor is not None:
        try:
            start = int(base64.b64decode(cursor, validate=True))
        except (binascii.Error, ValueError) as error:
            raise BadRequest("pagination[cursor]: not one that a page ended with.") from error
        if not 0 <= start <= MOST:
            raise BadRequest("pagination[cursor]: not one that a page ended with.")
    pagination: dict[str, Any] = {"current": _cursor(start), "totalEntries": len(items)}
    if start + count < len(items):
        pagination["next"] = _cursor(start + count)
    if start > 0:
        pagination["previous"] = _cursor(max(0, start - count))
    return items[start : start + count], pagination


def _cursor(place: int) -> str:
    return base64.b64encode(str(place).encode()).decode()
