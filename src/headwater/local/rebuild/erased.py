"""People whom a backup has, and who were erased since: they must not return with it.

Everybody who was in the lake when the backup was made is still there, or was erased: the lake
keeps who is who for ever, and an erasure takes it out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from headwater.actors.erased_people import ErasedPeople
from headwater.actors.identity_changes import noted
from headwater.actors.workspace import WorkspaceActor
from headwater.lake.schema import IDENTITY
from headwater.local.erased_rows import erase_rows
from headwater.local.lake import position as positions
from headwater.local.rebuild.plan import Plan
from headwater.local.rebuild.source import LakeSource
from headwater.local.sql import Database
from headwater.local.workspaces import configs
from headwater.ports import Random

Erased = Mapping[str, frozenset[str]]
"""Identifiers by workspace."""

_MISSING = """
SELECT actor FROM identity WHERE actor > ? AND actor < ? AND instr(actor, '/=account:') = 0
  AND actor NOT IN (SELECT actor FROM in_lake) AND actor NOT IN (SELECT value FROM json_each(?))
"""
_BY_IDENTIFIER = ("event", "traits", "history")


class Erasing:
    """Takes them out of a restored database; call its methods in one transaction."""

    def __init__(self, sql: Database, source: LakeSource, *, random: Random) -> None:
        self._sql = sql
        self._source = source
        self._random = random

    def erased(self, plan: Plan) -> Erased:
        """Answer who was erased since the backup was made."""
        at = positions.position(self._sql)
        if not plan.is_lake_newer or at is None or at.change is None:
            return {}
        _, changes = noted(self._sql, after=at.change)
        not_flushed = json.dumps(changes.states)
        return {
            workspace: found
            for workspace in plan.files
            if (found := self._missing(plan, workspace, not_flushed))
        }

    def _missing(self, plan: Plan, workspace: str, not_flushed: str) -> frozenset[str]:
        own = [one for one in plan.files[workspace] if one.table == IDENTITY.name]
        self._sql.execute("CREATE TEMP TABLE in_lake (actor TEXT PRIMARY KEY) WITHOUT ROWID")
        try:
            for names in self._source.actors(own):
                self._sql.execute_many(
                    "INSERT INTO in_lake VALUES (?)", [(f"{workspace}/{name}",) for name in names]
                )
            rows = self._sql.execute(_MISSING, (f"{workspace}/", f"{workspace}0", not_flushed))
        finally:
            self._sql.execute("DROP TABLE in_lake")
        return frozenset(row[0].partition("/")[2] for row in rows)

    def forget(self, erased: Erased) -> None:
        """Delete who they are and what arrived under their identifiers, wherever it lies."""
        for workspace, identifiers in erased.items():
            people = ErasedPeople(workspace, identifiers)
            actors, names = (json.dumps(sorted(one)) for one in (people.actors, identifiers))
            self._sql.execute(
                "DELETE FROM identity WHERE actor IN (SELECT value FROM json_each(?))", (actors,)
            )
            for table in _BY_IDENTIFIER:
                self._sql.execute(
                    f"DELETE FROM {table} WHERE via IN (SELECT value FROM json_each(?))"  # noqa: S608 - names above
                    " AND actor > ? AND actor < ?",
                    (names, f"{workspace}/", f"{workspace}0"),
                )

    def drop_rest(self, erased: Erased, *, now: int) -> None:
        """Delete what else names them, and keep nothing of them from now on."""
        known = {one.workspace: one for one in configs(self._sql, random=self._random)}
        for workspace, identifiers in erased.items():
            if workspace in known:
                erase_rows(self._sql, ErasedPeople(workspace, identifiers), known[workspace])
                WorkspaceActor(self._sql, workspace, random=self._random).suppress(
                    sorted(identifiers), now=now, reason="erased"
                )
