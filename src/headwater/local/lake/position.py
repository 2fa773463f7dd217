"""How far a database has reached the lake, as its own table has it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from headwater.actors import identity_changes
from headwater.ports import Random, Sql


@dataclass(frozen=True, slots=True)
class Position:
    """See position.sql."""

    lineage: str
    position: int
    change: int | None


@dataclass(frozen=True, slots=True)
class KnownBy:
    """Another name that a lake may know this database's events by; see known_by.sql."""

    name: str
    position: int
    is_own: bool


def position(sql: Sql) -> Position | None:
    """Answer how far this database has reached the lake; None if it never began."""
    rows = sql.execute("SELECT lineage, position, change FROM lake_position")
    return Position(*rows[0]) if rows else None


def last_event(sql: Sql) -> int:
    """Answer the highest `event.id` there is; 0 where there is none."""
    highest: int = sql.execute("SELECT coalesce(max(id), 0) FROM event")[0][0]
    return highest


def begin(sql: Sql, *, random: Random, now: int) -> Position:
    """Answer the present position, after making it at the first time."""
    found = position(sql)
    if found is None:
        found = Position(random.uuid(), 0, None)
        _save(sql, found)
        _number_changes_from(sql, now)
    return found


def begin_lineage(sql: Sql, lineage: str, *, position: int, now: int) -> Position:
    """Give the database a new name for its numbers, of which the lake has those up to a position.

    The lake must have been told before; see `Lake.open`.
    """
    renewed = Position(lineage, position, None)
    _save(sql, renewed)
    _number_changes_from(sql, now)
    return renewed


def known_by(sql: Sql) -> list[KnownBy]:
    """Answer the other names that lakes may know this database's events by."""
    rows = sql.execute("SELECT name, position, is_own FROM lake_known_by ORDER BY position DESC")
    return [KnownBy(name, reached, bool(is_own)) for name, reached, is_own in rows]


def know_by(sql: Sql, names: Iterable[KnownBy]) -> None:
    """Remember other names."""
    sql.execute_many(
        "INSERT OR REPLACE INTO lake_known_by (name, position, is_own) VALUES (?, ?, ?)",
        [(one.name, one.position, int(one.is_own)) for one in names],
    )


def forget_names(sql: Sql) -> None:
    """Forget all other names, as where events get new numbers."""
    sql.execute("DELETE FROM lake_known_by")


def advance(sql: Sql, *, to: int, change: int) -> None:
    """Note that the lake has everything up to these numbers; changes that it has are forgotten."""
    sql.execute("UPDATE lake_position SET position = max(position, ?), change = ?", (to, change))
    identity_changes.forget(sql, until=change)


def stop(sql: Sql) -> None:
    """Note that from now on nobody writes changes down: the lake is off."""
    sql.execute("UPDATE lake_position SET change = NULL")
    sql.execute("DELETE FROM change")


def _save(sql: Sql, one: Position) -> None:
    sql.execute(
        "INSERT OR REPLACE INTO lake_position (only_one, lineage, position, change)"
        " VALUES (1, ?, ?, ?)",
        (one.lineage, one.position, one.change),
    )


def _number_changes_from(sql: Sql, now: int) -> None:
    """Let changes be numbered from the present time on, in milliseconds.

    There are fewer turns than milliseconds, so a later lineage's changes have higher numbers than
    an earlier one's, and win over them in the lake.
    """
    sql.execute("INSERT OR IGNORE INTO change (id, body) VALUES (?, '{}')", (now,))
