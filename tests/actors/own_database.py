"""Identity actors with databases of their own, for tests of what they and the lake know."""

from __future__ import annotations

from collections.abc import Sequence

from headwater.actors.identity_messages import EventRow
from headwater.actors.identity_own_storage import OwnTurn
from headwater.actors.identity_state import Root
from headwater.actors.migrations import migrate
from headwater.actors.schemas import IDENTITY, migrations
from headwater.collect.times import write_time
from tests.databases import Database, empty_database

DAY = 86_400_000
ADA = "w/user_id:ada"
VIA = "user_id:ada"
NOW = 20_000 * DAY


def made() -> Database:
    """Answer the database of an actor that holds a person."""
    sql = empty_database()
    sql.run(lambda: migrate(sql, migrations(IDENTITY)))

    def born() -> None:
        turn = OwnTurn(sql, ADA, now=NOW)
        turn.put(ADA, Root(standing=(0, NOW, VIA), ids={VIA: {}}))
        turn.flush()
        sql.execute("DELETE FROM lake_reached")  # of who is who, the lake knows

    sql.run(born)
    return sql


def stored(sql: Database, *numbers: int, at: int = NOW, size: int = 0) -> None:
    """Store events `m1`, …, received at a time in milliseconds."""
    rows = [
        (ADA, f"m{number}", at, VIA, "track", body(number, at, size=size)) for number in numbers
    ]
    sql.run(lambda: OwnTurn(sql, ADA, now=at).add(rows))


def body(number: int, at: int = NOW, *, size: int = 0) -> str:
    """Answer an event's text, `size` characters longer than it must be."""
    text = f'{{"messageId":"m{number}","receivedAt":"{write_time(at)}"'
    return text + (f',"pad":"{"x" * size}"}}' if size else "}")


def row(number: int, origin: int | str, *, via: str = VIA, at: int = NOW) -> EventRow:
    """Answer an event as another actor hands it over."""
    return (f"m{number}", at, via, "track", body(number, at), origin)


def moved(sql: Database, *rows: EventRow) -> None:
    """Have events come from another actor."""
    sql.run(lambda: OwnTurn(sql, ADA, now=NOW).add_moved(ADA, rows))


def met(sql: Database, rows: Sequence[EventRow]) -> None:
    """Have events come from another actor that are here already."""
    sql.run(lambda: OwnTurn(sql, ADA, now=NOW).meet(ADA, rows))
