"""The server's state over HTTP."""

from __future__ import annotations

from fastapi import APIRouter

from headwater import __version__
from headwater.api.access import Reader
from headwater.api.fields import Instant, View
from headwater.api.services import Services
from headwater.errors import NotFound


class StatusView(View):
    """How the server and the workspace are.

    `figures` are the runtime's further counts; `troubles`: what does not work just now, and why.
    """

    version: str
    state: str
    started_at: Instant
    workspace: str
    configuration_version: int
    sources: int
    destinations: int
    waiting: int
    dead_letters: int
    figures: dict[str, int | float]
    troubles: dict[str, str]


def status_routes(services: Services) -> APIRouter:
    """Answer the route `/v1/status`."""
    routes = APIRouter(prefix="/v1/status", tags=["status"])

    @routes.get("")
    async def status(caller: Reader) -> StatusView:
        """Show how the server and the workspace are."""
        config = services.config(caller.workspace)
        if config is None:
            raise NotFound(f"There is no workspace {caller.workspace!r}.")
        runtime = await services.status.status(caller.workspace)
        lanes = await services.lanes.status(caller.workspace)
        return StatusView(
            version=__version__,
            state=runtime.state,
            started_at=runtime.started_at,
            workspace=caller.workspace,
            configuration_version=config.version,
            sources=len(config.sources),
            destinations=len(config.destinations),
            waiting=sum(lane.waiting for lane in lanes),
            dead_letters=sum(lane.dead_letters for lane in lanes),
            figures=dict(runtime.figures),
            troubles=dict(runtime.troubles),
        )

    return routes
