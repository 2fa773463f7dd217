"""Numbers that mean the same to a database and to the lake that it is pointed at."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from headwater.lake.catalogue import Catalogue
from headwater.lake.manifest import Entry, Flushed, Manifest
from headwater.local.lake import position as positions
from headwater.local.lake.position import KnownBy, Position
from headwater.local.writer import Writer
from headwater.ports import Random, Sql

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Renewed:
    """What a database is to go by from now on.

    Attributes:
        lineage: its name for its numbers.
        position: the lake has all events up to this one.
        is_known: the lake has been told so.
        why: for people.
        former: the name until now, if the numbers that it stood for are still those.
    """

    lineage: str
    position: int
    is_known: bool
    why: str
    former: Sequence[KnownBy]


async def own_numbers(
    found: Position,
    catalogues: Sequence[Catalogue],
    *,
    address: str,
    names: Sequence[KnownBy],
    last: int,
    writer: Writer,
    random: Random,
    now: int,
) -> Position:
    """Answer a database's position, by another lineage where its own means something else here.

    Args:
        found: the position that the database has.
        catalogues: all manifests of the lake, as they are now.
        address: of the lake.
        names: what else lakes may know the database's events by.
        last: the last event that the database had before it was given any new ones. Those must
            not count here: they may have numbers that an older life of it gave to other events.
        writer: of the database.
        random: for a new name.
        now: milliseconds.

    Raises:
        BucketFailure: the lake could not be told; nothing has changed.
    """
    lake = [one.manifest for one in catalogues]
    new = renewed(found, lake, address=address, names=names, last=last, name=random.uuid())
    if new is None:
        return found
    _logger.warning("%s", new.why)
    if new.position and not new.is_known:
        # Before the database counts on it: were the lake not to know it, events would double.
        for catalogue in catalogues:
            entry = Entry(
                id=random.uuid(),
                at=now,
                reason="lineage",
                lineage=new.lineage,
                flushed=Flushed(position=new.position),
            )
            await catalogue.add(entry)
    return await writer.run(lambda sql: _begin(sql, new, now=now))


def renewed(
    found: Position,
    lake: Sequence[Manifest],
    *,
    address: str,
    names: Sequence[KnownBy],
    last: int,
    name: str,
) -> Renewed | None:
    """Answer what a database is to go by in a lake; None for what it has gone by until now."""
    present = KnownBy(found.lineage, found.position, is_own=True)
    own = [present, *(one for one in names if one.is_own)]
    known = next((one for one in own if _positions(one.name, lake)), None)
    if known is not None and max(_positions(known.name, lake)) > last:
        # The lake has seen numbers that this database has not given out: it is an older copy.
        why = "The database is older than the lake; it gets numbers of its own."
        return Renewed(name, last, is_known=False, why=why, former=())
    if known is present:
        return None
    if known is not None:
        why = "The lake was the database's before; it gets what has come since."
        return Renewed(known.name, known.position, is_known=True, why=why, former=(present,))
    source = next((one for one in names if not one.is_own and _is(one, address, lake)), None)
    if source is not None:
        why = "The database was made out of this lake; it gets what has come since."
        position = min(source.position, last)
        return Renewed(name, position, is_known=False, why=why, former=(present,))
    if not found.position:
        return None
    why = "The lake is new to the database; it gets all that is in that."
    return Renewed(name, 0, is_known=True, why=why, former=(present,))


def _positions(lineage: str, lake: Sequence[Manifest]) -> list[int]:
    """Answer how far each manifest that knows a lineage has it."""
    found = (one.flushed.get(lineage) for one in lake)
    return [one.position for one in found if one is not None]


def _is(one: KnownBy, address: str, lake: Sequence[Manifest]) -> bool:
    """Tell whether this is the lake of that name; one that was emptied is not."""
    by_address = one.name == address and any(each.files for each in lake)
    return by_address or bool(_positions(one.name, lake))


def _begin(sql: Sql, new: Renewed, *, now: int) -> Position:
    """Go on by a lineage; by the former one a lake may know the database when it comes back."""
    positions.know_by(sql, new.former)
    return positions.begin_lineage(sql, new.lineage, position=new.position, now=now)
