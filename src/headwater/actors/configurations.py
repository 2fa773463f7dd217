"""The configurations that one isolate, or process, knows: the newest of each workspace, compiled.

Calls between actors name the version that they were made under. Who has it already needs no more;
who has not says so, and is sent it with the same call again. So a change reaches every actor with
the first call after it, and nobody asks the workspace's own actor on the way of an event.
"""

from __future__ import annotations

from headwater.actors.identity import Policy
from headwater.audiences.program import program_of
from headwater.destinations.routing import Router
from headwater.profiles.resolution import Limits
from headwater.workspace import WorkspaceConfig


class Configurations:
    """Workspaces' configurations by version, with their rules as actors need them."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[WorkspaceConfig, Policy]] = {}

    def put(self, config: WorkspaceConfig) -> None:
        """Take a configuration, unless a newer one is known."""
        present = self._known.get(config.workspace)
        if present is None or config.version > present[0].version:
            router = Router(config)
            policy = Policy(
                Limits(config.identity),
                router.destinations,
                router.types,
                audiences=program_of(config),
                gates=router.gates,
            )
            self._known[config.workspace] = (config, policy)

    def config(self, workspace: str) -> WorkspaceConfig | None:
        """Answer the newest configuration that is known, if any is."""
        present = self._known.get(workspace)
        return present[0] if present else None

    def policy(self, workspace: str, version: int) -> Policy | None:
        """Answer the rules of this version or a newer one; None where neither is known."""
        present = self._known.get(workspace)
        return present[1] if present and present[0].version >= version else None
