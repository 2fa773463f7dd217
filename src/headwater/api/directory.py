"""Which workspace and source a write key belongs to, in memory, for every collector to ask."""

from __future__ import annotations

from headwater.workspace import WorkspaceConfig, WriteKey


class WriteKeyDirectory:
    """The `Directory` port (collect/intake.py), rebuilt for a workspace when its settings change.

    `put` swaps in new tables in one assignment, so a reader on another thread sees the old
    ones or the new ones, never a mixture.
    """

    def __init__(self) -> None:
        self._configs: dict[str, WorkspaceConfig] = {}
        self._index: dict[str, tuple[WorkspaceConfig, str, WriteKey]] = {}

    def put(self, config: WorkspaceConfig) -> None:
        """Take a workspace's new configuration; one that is older than the present is ignored."""
        present = self._configs.get(config.workspace)
        if present is None or config.version >= present.version:
            self._rebuild({**self._configs, config.workspace: config})

    def remove(self, workspace: str) -> None:
        """Forget a workspace: its keys open nothing from now on."""
        self._rebuild({name: one for name, one in self._configs.items() if name != workspace})

    def config(self, workspace: str) -> WorkspaceConfig | None:
        """Answer a workspace's present configuration, or None where it was never put."""
        return self._configs.get(workspace)

    def configs(self) -> tuple[WorkspaceConfig, ...]:
        """Answer the present configuration of every workspace."""
        return tuple(self._configs.values())

    def source(self, write_key: str, now: int) -> tuple[WorkspaceConfig, str] | None:
        """Answer the configuration and the source's id, or None for an unknown or expired key.

        A source that is switched off is answered too: what to tell its sender is the
        collector's to decide.
        """
        found = self._index.get(write_key)
        if found is None:
            return None
        config, source, key = found
        if key.expires_at is not None and key.expires_at <= now:
            return None
        return config, source

    def _rebuild(self, configs: dict[str, WorkspaceConfig]) -> None:
        index = {
            key.key: (config, source.id, key)
            for config in configs.values()
            for source in config.sources
            for key in source.write_keys
        }
        self._configs, self._index = configs, index
