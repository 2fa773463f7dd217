"""The secret of the day: one for all isolates, and gone the day after."""

from __future__ import annotations

from importlib import resources
from itertools import count

from headwater.actors.daily_salt import salt_of_day
from tests.databases import Database, database_with

DAY = 24 * 3600 * 1000


class Counting:
    """The `Random` port, each draw another one."""

    def __init__(self) -> None:
        self._numbers = count()

    def uuid(self) -> str:
        """Answer the next."""
        return f"00000000-0000-4000-8000-{next(self._numbers):012x}"

    def uniform(self) -> float:
        """Answer the same number each time."""
        return 0.5


def prepared() -> Database:
    """Answer a database with the table."""
    files = resources.files("headwater.actors")
    return database_with((files / "daily_salt.sql").read_text("utf-8"))


def test_salt_is_the_same_all_day() -> None:
    """Whoever asks gets it; it is drawn once, and long enough to be a key."""
    sql, random = prepared(), Counting()
    first = salt_of_day(sql, random=random, now=5 * DAY)
    assert salt_of_day(sql, random=random, now=6 * DAY - 1) == first
    assert len(bytes.fromhex(first)) == 32


def test_nothing_is_left_of_yesterdays() -> None:
    """The new one takes its place, so nobody can tell afterwards who was who."""
    sql, random = prepared(), Counting()
    first = salt_of_day(sql, random=random, now=5 * DAY)
    second = salt_of_day(sql, random=random, now=6 * DAY)
    assert second != first
    assert sql.execute("SELECT salt FROM daily_salt") == [(second,)]
