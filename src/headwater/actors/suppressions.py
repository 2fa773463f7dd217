"""Of whom a workspace keeps nothing: added to, lifted, listed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from headwater.actors.workspace_settings import WorkspaceSettings
from headwater.profiles.suppression import hash_of
from headwater.workspace import Suppression

MOST = 1_000_000
"""Suppressed identifiers that a listing reaches; every one of them is in memory."""


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A suppressed identifier, as far as it can still be told.

    Attributes:
        type: of the identifier; its value is not kept.
        reason: `suppressed`, or `erased` where the person's data was deleted, too.
        created_at: since when, in milliseconds.
    """

    hash: str
    type: str
    reason: str
    created_at: int


class Suppressions(WorkspaceSettings):
    """The part of a workspace's actor that knows of whom nothing is kept."""

    def suppression(self) -> Suppression:
        """Answer what collectors need to know."""
        rows = self._sql.execute(
            "SELECT salt, erased_at FROM suppression_salts WHERE workspace = ?", (self._workspace,)
        )
        if not rows:
            return Suppression()
        ((salt, erased_at),) = rows
        hashes = self._sql.execute(
            "SELECT hash FROM suppressions WHERE workspace = ?", (self._workspace,)
        )
        return Suppression(salt, frozenset(row[0] for row in hashes), erased_at)

    def suppress(self, identifiers: Sequence[str], *, now: int, reason: str = "suppressed") -> int:
        """Keep nothing of these from now on; answer how many were not suppressed before.

        `identifiers` are normalised, `type:value`. One that was suppressed keeps its date; it
        becomes `erased` where that is the reason now.
        """
        with self._sql.transaction():
            salt, present = self._salt(), self.suppression().hashes
            hashes = {hash_of(salt, one): one.partition(":")[0] for one in identifiers}
            self._sql.execute_many(
                "INSERT INTO suppressions (workspace, hash, type, reason, created_at)"
                " VALUES (?, ?, ?, ?, ?) ON CONFLICT (workspace, hash) DO UPDATE"
                " SET reason = CASE excluded.reason WHEN 'erased' THEN 'erased' ELSE reason END",
                [(self._workspace, one, type_, reason, now) for one, type_ in hashes.items()],
            )
            new = len(hashes.keys() - present)
            if new:
                self._grow_version()
        return new

    def unsuppress(self, identifiers: Sequence[str], *, erased_at: int = 0) -> int:
        """Keep events of these again; answer how many were suppressed.

        `erased_at` is the present, in milliseconds, where they are erased by now.
        """
        with self._sql.transaction():
            present = self.suppression()
            hashes = {hash_of(present.salt, one) for one in identifiers} & present.hashes
            self._sql.execute(
                "DELETE FROM suppressions WHERE workspace = ?"
                " AND hash IN (SELECT value FROM json_each(?))",
                (self._workspace, json.dumps(sorted(hashes))),
            )
            self._sql.execute(
                "UPDATE suppression_salts SET erased_at = max(erased_at, ?) WHERE workspace = ?",
                (erased_at, self._workspace),
            )
            if hashes:
                self._grow_version()
        return len(hashes)

    def suppressed(
        self, *, limit: int, after: str = "", only: Sequence[str] | None = None
    ) -> tuple[Suppressed, ...]:
        """Answer suppressions in the order of their hashes, behind `after`.

        `only` names identifiers, normalised: those of them that are suppressed.
        """
        rows = self._sql.execute(
            "SELECT hash, type, reason, created_at FROM suppressions"
            " WHERE workspace = ? AND hash > ? ORDER BY hash LIMIT ?",
            (self._workspace, after, limit if only is None else MOST),
        )
        found = tuple(Suppressed(*row) for row in rows)
        if only is None:
            return found
        salt = self.suppression().salt
        wanted = {hash_of(salt, one) for one in only} if salt else set()
        return tuple(one for one in found if one.hash in wanted)[:limit]

    def _salt(self) -> str:
        self._sql.execute(
            "INSERT OR IGNORE INTO suppression_salts (workspace, salt) VALUES (?, ?)",
            (self._workspace, self._new_id("")),
        )
        rows = self._sql.execute(
            "SELECT salt FROM suppression_salts WHERE workspace = ?", (self._workspace,)
        )
        return str(rows[0][0])
