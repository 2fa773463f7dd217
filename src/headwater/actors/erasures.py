"""Certificates of erasures: kept for as long as the workspace is."""

from __future__ import annotations

from headwater.actors.workspace_settings import WorkspaceSettings
from headwater.errors import NotFound


class Erasures(WorkspaceSettings):
    """The part of a workspace's actor that keeps certificates, which name nobody."""

    def keep_certificate(self, erasure: str, certificate: str, *, now: int) -> None:
        """Store a certificate, JSON; one that is there already stays."""
        self._sql.execute(
            "INSERT OR IGNORE INTO erasures (workspace, id, created_at, certificate)"
            " VALUES (?, ?, ?, ?)",
            (self._workspace, erasure, now, certificate),
        )

    def signing_key(self, offered: str | None = None) -> str | None:
        """Answer the private key that certificates are signed by; the first one offered stays.

        For where no data folder is; None where there is none yet.
        """
        if offered is not None:
            self._sql.execute(
                "INSERT OR IGNORE INTO erasure_keys (workspace, key) VALUES (?, ?)",
                (self._workspace, offered),
            )
        rows = self._sql.execute(
            "SELECT key FROM erasure_keys WHERE workspace = ?", (self._workspace,)
        )
        return str(rows[0][0]) if rows else None

    def certificate(self, erasure: str) -> str:
        """Answer a certificate, JSON; raise `NotFound` where there is none of that name."""
        rows = self._sql.execute(
            "SELECT certificate FROM erasures WHERE workspace = ? AND id = ?",
            (self._workspace, erasure),
        )
        if not rows:
            raise NotFound(
                f"There is no certificate of {erasure[:80]!r}; GET /v1/erasures lists them."
            )
        return str(rows[0][0])

    def certificates(self, *, limit: int = 1000) -> tuple[tuple[str, int], ...]:
        """Answer id and time (milliseconds) of erasures that are done, the latest first."""
        rows = self._sql.execute(
            "SELECT id, created_at FROM erasures WHERE workspace = ?"
            " ORDER BY created_at DESC, id LIMIT ?",
            (self._workspace, limit),
        )
        return tuple((row[0], row[1]) for row in rows)
