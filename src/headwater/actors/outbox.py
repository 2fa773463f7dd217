"""An actor's outbox: commands that are sent after the commit that decided them, in their order.

One parcel at a time is under way. The next leaves when the one before has been acknowledged, with
all that has come together meanwhile; so what one person did reaches each destination in its order,
though queues keep none; and a parcel that is lost is sent again, by the actor's alarm. So each
arrives at least once, and the first arrivals are in order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from importlib import resources

import msgspec

from headwater.commands import Command, Deliver, Rekey
from headwater.ports import Sql

LARGEST = 96_000
"""Bytes of events in one row, so that it fits into a queue's message of 128 KB with the rest."""

_MOST_ROWS = 100

# The first row, and those behind it that fit in with it.
_OLDEST = """
SELECT id, token, at, commands FROM (
    SELECT id, token, at, commands, sum(length(commands)) OVER (ORDER BY id) - length(commands)
        AS before
    FROM outbox ORDER BY id LIMIT ?
) WHERE before < ? ORDER BY id
"""


class Parcel(msgspec.Struct, frozen=True):
    """Commands under way.

    Attributes:
        actor: whose outbox they are in, and who is to be told when they are carried out.
        id: of the last row in it; with that row's `token` it names the parcel.
        at: when the first was decided, in milliseconds.
        commands: none where they are too large for a message: the actor has them.
    """

    actor: str
    id: int
    token: str
    at: int
    commands: list[Command]


_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[list[Command]] = msgspec.json.Decoder(list[Command])


def schema() -> str:
    """Answer the statements that make the table, where it is not there yet."""
    return resources.files(__package__).joinpath("outbox.sql").read_text("utf-8")


def put(sql: Sql, commands: Sequence[Command], *, now: int) -> None:
    """Append commands, in this order; call it in the transaction that decided them."""
    if not commands:
        return
    ((last,),) = sql.execute("SELECT coalesce(max(id), 0) FROM outbox")
    rows = [
        (int(last) + place, now, _token(part, now), _encoder.encode(part).decode())
        for place, part in enumerate(_parts(commands), start=1)
    ]
    sql.execute_many("INSERT INTO outbox (id, at, token, commands) VALUES (?, ?, ?, ?)", rows)


def oldest(sql: Sql, actor: str) -> Parcel | None:
    """Answer what has waited longest, as much as one parcel holds; None where nothing waits.

    A merge is a parcel alone, as it may have to wait for others.
    """
    rows = sql.execute(_OLDEST, (_MOST_ROWS, LARGEST))
    if not rows:
        return None
    commands: list[Command] = []
    size, last = 0, rows[0]
    for row in rows:
        more = _decoder.decode(row[3])
        size += len(row[3].encode())
        is_alone = isinstance(more[0], Rekey)
        if commands and (is_alone or size > LARGEST):
            break
        commands += more
        last = row
        if is_alone:
            break
    return Parcel(actor, last[0], last[1], rows[0][2], commands)


def parcel(sql: Sql, actor: str, number: int, token: str) -> Parcel | None:
    """Answer a parcel by its name; None where it was carried out."""
    rows = sql.execute(
        "SELECT at, commands FROM outbox WHERE id <= ? AND EXISTS"
        " (SELECT 1 FROM outbox WHERE id = ? AND token = ?) ORDER BY id",
        (number, number, token),
    )
    if not rows:
        return None
    commands = [command for _, text in rows for command in _decoder.decode(text)]
    return Parcel(actor, number, token, rows[0][0], commands)


def waiting_since(sql: Sql) -> int | None:
    """Answer when the oldest commands were decided, in milliseconds; None where none wait."""
    rows = sql.execute("SELECT at FROM outbox ORDER BY id LIMIT 1")
    return int(rows[0][0]) if rows else None


def waiting(sql: Sql) -> Iterator[tuple[int, list[Command]]]:
    """Answer all that waits, with when it was decided, in milliseconds."""
    for at, text in sql.execute("SELECT at, commands FROM outbox ORDER BY id"):
        yield int(at), _decoder.decode(text)


def acknowledge(sql: Sql, number: int, token: str) -> bool:
    """Forget a parcel that was carried out; tell whether it was still there."""
    rows = sql.execute(
        "DELETE FROM outbox WHERE id <= ? AND EXISTS"
        " (SELECT 1 FROM outbox WHERE id = ? AND token = ?) RETURNING id",
        (number, number, token),
    )
    return bool(rows)


def _parts(commands: Iterable[Command]) -> list[list[Command]]:
    """Cut commands into rows: none too large, and each merge alone, as others wait for it."""
    parts: list[list[Command]] = []
    size = 0
    for command in commands:
        if isinstance(command, Deliver):
            # A character can be six bytes, where the text is escaped once more.
            more = len(_encoder.encode(command))
            if parts and size and size + more <= LARGEST:
                parts[-1].append(command)
                size += more
                continue
            size = more
        else:
            size = 0
        parts.append([command])
    return parts


def _token(commands: Sequence[Command], now: int) -> str:
    first = commands[0]
    # A message is stored once; two people may be merged, split and merged again.
    return first.message_id if isinstance(first, Deliver) else f"{now} {first.loser}"
