"""Each workspace's rules as the identity actors of this machine need them."""

from __future__ import annotations

from collections.abc import Callable

from headwater.actors.identity import Policy
from headwater.audiences.program import Program, program_of
from headwater.destinations.routing import Router
from headwater.profiles.resolution import Limits
from headwater.workspace import WorkspaceConfig

_OF_AUDIENCES = ("time_zone", "audiences", "computed_traits", "features")


class Policies:
    """Each workspace's rules, compiled once for each version of its configuration."""

    def __init__(self, config: Callable[[str], WorkspaceConfig | None]) -> None:
        self._config = config
        self._compiled: dict[str, tuple[WorkspaceConfig, Policy]] = {}

    def __call__(self, workspace: str) -> Policy:
        """Answer a workspace's rules as they are now; defaults where it has none."""
        config = self.config(workspace)
        compiled = self._compiled.get(workspace)
        if compiled is None or compiled[0] is not config:
            router = Router(config)
            policy = Policy(
                Limits(config.identity),
                router.destinations,
                router.types,
                audiences=self._program(compiled, config),
                gates=router.gates,
            )
            compiled = self._compiled[workspace] = (config, policy)
        return compiled[1]

    def _program(
        self, present: tuple[WorkspaceConfig, Policy] | None, config: WorkspaceConfig
    ) -> Program | None:
        """Answer a workspace's audiences, compiled anew only where they are others."""
        if present is not None and all(
            getattr(present[0], name) == getattr(config, name) for name in _OF_AUDIENCES
        ):
            return present[1].audiences
        return program_of(config)

    def config(self, workspace: str) -> WorkspaceConfig:
        """Answer a workspace's configuration."""
        return self._config(workspace) or _unconfigured(workspace, self._compiled)


def _unconfigured(
    workspace: str, compiled: dict[str, tuple[WorkspaceConfig, Policy]]
) -> WorkspaceConfig:
    present = compiled.get(workspace)
    return present[0] if present else WorkspaceConfig(workspace)
