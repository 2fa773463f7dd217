"""What the parts of a workspace's actor share: its name, its database, its version."""

from __future__ import annotations

from headwater.ports import Random, Sql


class WorkspaceSettings:
    """One workspace's rows; no method of it or of its heirs sees another workspace's.

    Times are milliseconds since 1970-01-01 UTC.
    """

    def __init__(self, sql: Sql, workspace: str, *, random: Random) -> None:
        """Work on a database in which `workspace.sql` has been applied."""
        self._sql = sql
        self._workspace = workspace
        self._random = random

    @property
    def workspace(self) -> str:
        """The workspace's id."""
        return self._workspace

    def version(self) -> int:
        """Answer the version of the configuration; it grows with each change, from 1."""
        rows = self._sql.execute(
            "SELECT version FROM workspace_settings WHERE workspace = ?", (self._workspace,)
        )
        return int(rows[0][0]) if rows else 1

    def _grow_version(self) -> None:
        """Call inside the transaction that changes what `config()` answers."""
        self._sql.execute(
            "INSERT INTO workspace_settings (workspace, version) VALUES (?, 2) "
            "ON CONFLICT (workspace) DO UPDATE SET version = version + 1",
            (self._workspace,),
        )

    def _new_id(self, prefix: str) -> str:
        return prefix + self._random.uuid().replace("-", "")
