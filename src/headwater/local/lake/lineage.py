"""Numbers that mean the same to a database and to the lake that it is pointed at."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from headwater.lake.catalogue import Catalogue
from headwater.lake.manifest import Entry, Flushed
from headwater.local.lake import position as positions
from headwater.local.lake.position import Position
from headwater.local.writer import Writer
from headwater.ports import Random

_logger = logging.getLogger(__name__)


async def own_numbers(
    found: Position,
    catalogues: Sequence[Catalogue],
    *,
    last: int,
    writer: Writer,
    random: Random,
    now: int,
) -> Position:
    """Answer a database's position, by a new lineage where its own means something else here.

    Args:
        found: the position that the database has.
        catalogues: all manifests of the lake, as they are now.
        last: the last event that the database had before it was given any new ones. Those must
            not count here: they may have numbers that an older life of it gave to other events.
        writer: of the database.
        random: for a new name.
        now: milliseconds.

    Raises:
        BucketFailure: the lake could not be told; nothing has changed.
    """
    known = [
        one.manifest.flushed[found.lineage].position
        for one in catalogues
        if found.lineage in one.manifest.flushed
    ]
    if found.position and not known:
        # Another lake than the one that it counted for: this one has nothing of it yet.
        _logger.warning("The lake is new to the database; it gets all that is in that.")
        position = 0
    elif max(known, default=0) > last:
        # The lake has seen numbers that this database has not given out: it is an older copy.
        _logger.warning("The database is older than the lake; it gets numbers of its own.")
        position = last
    else:
        return found
    lineage = random.uuid()
    if position:
        # Before the database counts on it: were the lake not to know it, events would double.
        for catalogue in catalogues:
            entry = Entry(
                id=random.uuid(),
                at=now,
                reason="lineage",
                lineage=lineage,
                flushed=Flushed(position=position),
            )
            await catalogue.add(entry)
    return await writer.run(
        lambda sql: positions.begin_lineage(sql, lineage, position=position, now=now)
    )
