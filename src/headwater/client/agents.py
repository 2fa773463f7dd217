"""A workspace for each agent: `Headwater.for_("tom")`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from headwater.client.errors import InvalidSettings

if TYPE_CHECKING:
    from headwater.client.handle import Headwater

_LONGEST = 50


def workspace_of(agent: str) -> str:
    """Answer the id of an agent's own workspace: `agent-tom`.

    Raises:
        InvalidSettings: nothing of the name can stand in an id.
    """
    name = re.sub(r"[^a-z0-9]+", "-", str(agent).lower()).strip("-")[:_LONGEST]
    if not name:
        raise InvalidSettings(f"{agent!r} is no name of an agent: give one of letters and digits")
    return f"agent-{name}"


class ForAgent:
    """A method that a class and its instances both have; the class uses the environment."""

    def __get__(
        self, handle: Headwater | None, kind: type[Headwater]
    ) -> Callable[[str], Headwater]:
        def for_(agent: str) -> Headwater:
            """Answer a handle on the agent's own workspace; it is made at the first use."""
            base = kind() if handle is None else handle
            return base.in_workspace(workspace_of(agent), make=True)

        return for_
