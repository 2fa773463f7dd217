"""Regulations as Segment's Public API has them: kept as orders, which name nobody."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from headwater.actors.suppressions import Suppressions
from headwater.errors import NotFound
from headwater.profiles.suppression import hash_of


@dataclass(frozen=True, slots=True)
class Regulation:
    """One regulation. `created_at` is in milliseconds.

    Attributes:
        type: `SUPPRESS_ONLY`, `DELETE_ONLY`, …
        subject_type: `USER_ID` or `ANONYMOUS_ID`.
        subjects: salted hashes of those named, `profiles.suppression.hash_of`.
        job: the deletion's; None where nothing is deleted, which is done at once.
    """

    id: str
    type: str
    subject_type: str
    subjects: tuple[str, ...]
    job: str | None
    created_at: int


class Regulations(Suppressions):
    """The part of a workspace's actor that keeps regulations."""

    def keep_regulation(
        self,
        regulation_type: str,
        subject_type: str,
        *,
        identifiers: Sequence[str],
        job: str | None,
        now: int,
    ) -> str:
        """Store a regulation about identifiers, normalised; answer its id."""
        with self._sql.transaction():
            salt, id_ = self._salt(), self._new_id("reg_")
            self._sql.execute(
                "INSERT INTO regulations"
                " (workspace, id, type, subject_type, subjects, job, created_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    self._workspace,
                    id_,
                    regulation_type,
                    subject_type,
                    json.dumps([hash_of(salt, one) for one in identifiers]),
                    job,
                    now,
                ),
            )
        return id_

    def regulation(self, id_: str) -> Regulation:
        """Answer a regulation; raise `NotFound` where there is none of that id."""
        rows = self._sql.execute(
            f"SELECT {_COLUMNS} FROM regulations WHERE workspace = ? AND id = ?",  # noqa: S608 - below
            (self._workspace, id_),
        )
        if not rows:
            raise NotFound(f"There is no regulation {id_[:80]!r}; GET /regulations lists them.")
        return _regulation(*rows[0])

    def regulations(self) -> tuple[Regulation, ...]:
        """Answer all regulations, the latest first."""
        rows = self._sql.execute(
            f"SELECT {_COLUMNS} FROM regulations WHERE workspace = ? ORDER BY number DESC",  # noqa: S608 - below
            (self._workspace,),
        )
        return tuple(_regulation(*row) for row in rows)

    def forget_regulation(self, id_: str) -> None:
        """Remove a regulation that was never begun; raise `NotFound` where there is none."""
        self.regulation(id_)
        self._sql.execute(
            "DELETE FROM regulations WHERE workspace = ? AND id = ?", (self._workspace, id_)
        )


_COLUMNS = "id, type, subject_type, subjects, job, created_at"


def _regulation(
    id_: str, type_: str, subject_type: str, subjects: str, job: str | None, created_at: int
) -> Regulation:
    return Regulation(id_, type_, subject_type, tuple(json.loads(subjects)), job, created_at)
