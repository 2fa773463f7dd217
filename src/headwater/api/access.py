"""Who may call what: a route names the role that it needs by the type of its `caller`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request

from headwater.actors.registry import Role
from headwater.api.authentication import Caller


def _with_role(role: Role) -> Callable[[Request], Awaitable[Caller]]:
    # Async, as FastAPI gives anything else to a thread, and the edge has none.
    async def caller(request: Request) -> Caller:
        present: Caller = request.scope["state"]["caller"]
        present.require(role)
        return present

    return caller


Reader = Annotated[Caller, Depends(_with_role("read"))]
"""Any key."""

Writer = Annotated[Caller, Depends(_with_role("write"))]
"""A key that may also replay, merge, split and test."""

Admin = Annotated[Caller, Depends(_with_role("admin"))]
"""A key that may also change settings and keys."""
