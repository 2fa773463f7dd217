"""Which files of the bucket are a workspace's lake: a log of entries, each made whole or not.

An entry adds files and takes others away; what it says becomes true with the one `put` that
stores it under the next version's key, where none was before. So readers see a flush, or a
compaction, wholly or not at all, and two writers cannot both make the same version. A checkpoint
now and then keeps the log short to read. Everything here is values; `catalogue.py` stores them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

import msgspec

from headwater.lake import births
from headwater.lake.births import Births


class Tier(StrEnum):
    """How far a file of the lake has come.

    Attributes:
        MICRO: one flush; unsorted days come in many of them.
        WARM: compacted: sorted by person and time.
        COLD: compacted, and moved to where what is seldom read is cheap.
    """

    MICRO = "micro"
    WARM = "warm"
    COLD = "cold"


class LakeFile(msgspec.Struct, frozen=True, omit_defaults=True):
    """A Parquet file.

    Attributes:
        table: `events` or `identity`.
        rows: at least one.
        bytes: its size.
        day: days since 1970-01-01 UTC, of when its events were received; None for identity.
        first: the least person in it (of identity: actor), as UTF-8 bytes compare.
        last: the greatest.
        since: time of the earliest event, in milliseconds (of identity: the earliest change).
        until: time of the latest.
        schema: the version of the table's schema.
    """

    key: str
    table: str
    tier: Tier
    rows: int
    bytes: int
    first: str
    last: str
    since: int
    until: int
    day: int | None = None
    schema: int = 1


class Flushed(msgspec.Struct, frozen=True):
    """How far a database has reached the lake: all events and changes up to these numbers.

    Attributes:
        position: `event.id` (`event.origin` where an event was moved).
        change: `change.id`.
    """

    position: int = 0
    change: int = 0


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One change of the manifest.

    Attributes:
        id: drawn by who wrote it, to know it again.
        at: when, in milliseconds.
        reason: `flush`, `compact`, `age`, `erase`, …: for people.
        remove: keys of files that are no longer part of the lake.
        lineage: names the database that was flushed; with `flushed`.
        taken: events in the added files whose actors have not noted yet that the lake has them;
            where each actor has a database of its own.
        told: events of earlier entries whose actors have noted it.
        deleted: keys of files taken away earlier, whose bytes are gone now.
        bars_earlier: whoever has read the manifest before it adds nothing after it: what they hold
            may be of somebody who was erased meanwhile.
        is_closed: what it said was forgotten. Nobody can follow the log by it, nor add to it from
            before; a checkpoint behind it says how everything is.
    """

    id: str
    at: int
    reason: str
    add: tuple[LakeFile, ...] = ()
    remove: tuple[str, ...] = ()
    lineage: str | None = None
    flushed: Flushed | None = None
    taken: Births = {}
    told: Births = {}
    deleted: tuple[str, ...] = ()
    bars_earlier: bool = False
    is_closed: bool = False

    def check(self, earlier: Births) -> None:
        """Raise `OutOfDate` where an event that this entry brings is among those already there."""
        if births.overlap(self.taken, earlier):
            raise OutOfDate("Somebody else has brought some of these events meanwhile.")


class OutOfDate(Exception):
    """An entry was made for an earlier state of the lake.

    It takes away a file that somebody else has compacted, or brings an event that is there.
    """


class Manifest(msgspec.Struct, frozen=True):
    """A workspace's lake as of a version.

    Attributes:
        files: by key.
        gone: files that are no longer part of the lake, to when they were taken away: their
            bytes are deleted once no reader can still be at them.
        flushed: by lineage of the database.
        taken: events that the lake has and whose actors may not have noted it yet.
        barred_at: when somebody was last erased from it, in milliseconds; 0 for never.
    """

    version: int = 0
    at: int = 0
    files: Mapping[str, LakeFile] = {}
    gone: Mapping[str, int] = {}
    flushed: Mapping[str, Flushed] = {}
    taken: Births = {}
    barred_at: int = 0

    def after(self, entry: Entry) -> Manifest:
        """Answer the manifest as of the next version, which the entry makes.

        Raises:
            OutOfDate: the entry was made for another state of the lake.
        """
        missing = [key for key in entry.remove if key not in self.files]
        if missing:
            raise OutOfDate(f"{missing[0]} is no longer part of the lake.")
        entry.check(self.taken)
        removed = set(entry.remove)
        files = {key: one for key, one in self.files.items() if key not in removed}
        files.update((one.key, one) for one in entry.add)
        flushed = dict(self.flushed)
        if entry.lineage is not None and entry.flushed is not None:
            flushed[entry.lineage] = entry.flushed
        gone = {**self.gone, **dict.fromkeys(entry.remove, entry.at)}
        deleted = set(entry.deleted)
        return Manifest(
            version=self.version + 1,
            at=entry.at,
            files=files,
            gone={key: at for key, at in gone.items() if key not in deleted},
            flushed=flushed,
            taken=births.without(births.together(self.taken, entry.taken), entry.told),
            barred_at=entry.at if entry.bars_earlier else self.barred_at,
        )

    def without_gone(self, keys: Iterable[str]) -> Manifest:
        """Answer the same version, with these files' bytes known to be deleted."""
        deleted = set(keys)
        return msgspec.structs.replace(
            self, gone={key: at for key, at in self.gone.items() if key not in deleted}
        )

    def of(self, table: str) -> list[LakeFile]:
        """Answer a table's files, in the order of their keys."""
        return sorted(
            (one for one in self.files.values() if one.table == table), key=lambda one: one.key
        )


CHECKPOINT_EVERY = 50
"""Versions between checkpoints."""

_encoder = msgspec.json.Encoder()
_entry = msgspec.json.Decoder(Entry)
_manifest = msgspec.json.Decoder(Manifest)


def encode(value: Entry | Manifest) -> bytes:
    """Answer the JSON text of an entry, or of a manifest for its checkpoint."""
    return _encoder.encode(value)


def decode_entry(data: bytes) -> Entry:
    """Answer the entry that a JSON text holds; raise `msgspec.DecodeError`."""
    return _entry.decode(data)


def decode_manifest(data: bytes) -> Manifest:
    """Answer the manifest that a checkpoint holds; raise `msgspec.DecodeError`."""
    return _manifest.decode(data)
