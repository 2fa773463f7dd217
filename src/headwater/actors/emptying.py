"""A database emptied for good: nothing that was ever in it is left, in no page of it."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from headwater.ports import Sql


@runtime_checkable
class Empties(Protocol):
    """A database that can be emptied at once, with what was deleted in it before."""

    def empty(self) -> None:
        """Delete everything; call it outside of any unit of work."""
        ...


def empty(sql: Sql) -> None:
    """Delete everything that a database of one actor holds, tables included.

    Outside of any unit of work, which a runtime may be unable to undo it in.
    """
    if isinstance(sql, Empties):
        sql.empty()
        return

    def drop() -> None:
        tables = sql.execute(
            "SELECT type, name FROM sqlite_master WHERE type IN ('table', 'view')"
            " AND name NOT LIKE 'sqlite_%'"
        )
        for kind, name in tables:
            sql.execute(f"DROP {kind.upper()} {name}")

    sql.run(drop)
