"""Who a write key lets in: the workspace, ready to collect for, and the source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from headwater.collect.assemble import Collector
from headwater.collect.intake import Directory
from headwater.collect.limits import Limits
from headwater.errors import Forbidden, Unauthorized
from headwater.workspace import Source, WorkspaceConfig

UNKNOWN = (
    "This write key is not known, or no longer; `headwater source list` shows those that work."
)


@dataclass(frozen=True, slots=True)
class Workspace:
    """A workspace in one version of its configuration, with what is compiled from it."""

    config: WorkspaceConfig
    collector: Collector
    sources: Mapping[str, Source]


class Doors:
    """Keeps what it has compiled until a workspace's configuration changes."""

    def __init__(self, directory: Directory, limits: Limits) -> None:
        self._directory = directory
        self._limits = limits
        self._workspaces: dict[str, Workspace] = {}

    def open(self, key: str | None, now: int) -> tuple[Workspace, Source]:
        """Answer the workspace and the source that a write key belongs to.

        Raises:
            Unauthorized: there is no key, or nobody's.
            Forbidden: `source_disabled`.
        """
        if not key:
            raise Unauthorized(
                "The request has no write key; send it as the user name of Basic authentication, "
                'as "writeKey" in the body, or as a Bearer token.'
            )
        found = self._directory.source(key, now)
        if found is None:
            if key.startswith("hw_"):
                raise Unauthorized(
                    "This is an admin key, which reads and sets up; events need a write key "
                    "(wk_…), which `headwater source list` shows."
                )
            raise Unauthorized(UNKNOWN)
        config, source_id = found
        workspace = self._workspaces.get(config.workspace)
        if workspace is None or workspace.config is not config:
            workspace = Workspace(
                config, Collector(config, self._limits), {each.id: each for each in config.sources}
            )
            self._workspaces[config.workspace] = workspace
        source = workspace.sources[source_id]
        if not source.enabled:
            raise Forbidden(
                "The source of this write key is switched off; switch it on to send events.",
                code="source_disabled",
            )
        return workspace, source
