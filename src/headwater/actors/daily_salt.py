"""The secret of the day, kept where every isolate finds the same one; see collect/visitor.py."""

from __future__ import annotations

from headwater.collect.visitor import day_of
from headwater.ports import Random, Sql

_KEEP = """
INSERT INTO daily_salt (only, day, salt) VALUES (1, ?, ?)
ON CONFLICT (only) DO UPDATE SET day = excluded.day, salt = excluded.salt
"""


def salt_of_day(sql: Sql, *, random: Random, now: int) -> str:
    """Answer today's salt, 64 hexadecimal digits; of yesterday's nothing is left.

    Args:
        sql: the settings' database, inside a transaction.
        random: draws a new one on a new day.
        now: in milliseconds; days are of UTC.
    """
    today = day_of(now)
    for day, salt in sql.execute("SELECT day, salt FROM daily_salt"):
        if day == today:
            return str(salt)
    new = (random.uuid() + random.uuid()).replace("-", "")
    sql.execute(_KEEP, (today, new))
    return new
