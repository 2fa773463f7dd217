"""`/metrics` for those who have an admin key: on Cloudflare no proxy keeps it from the public."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from headwater.api.admin_guard import Guard
from headwater.api.asgi import App, Scope
from headwater.api.authentication import Caller, Gate
from headwater.api.operations import MetricsApp
from headwater.api.services import Services


def guarded_metrics(
    services: Services,
    workspaces: Callable[[], Sequence[str]],
    read: Callable[[Sequence[str]], Awaitable[bytes]],
) -> App:
    """Answer an ASGI app that shows a key's owner the metrics of what the key opens.

    Args:
        services: know the keys.
        workspaces: answers all that there are.
        read: answers the metrics of some workspaces as text.
    """

    async def opened(scope: Scope) -> bytes:
        caller: Caller = scope["state"]["caller"]
        return await read(sorted(workspaces()) if caller.may_see_all else [caller.workspace])

    return Guard(Gate(MetricsApp(opened), services=services), random=services.random)
