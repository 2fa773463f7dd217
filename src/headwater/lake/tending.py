"""What is to be done to a workspace's files, told from its manifest alone.

Small files of one day are merged as they pile up, a size class at a time, so that a row is
rewritten a few times however many flushes a day has. A day that is over is sorted into few files.
A file that nobody is likely to read is moved to where it costs least. Files that were replaced
are deleted once no reader can still be at them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from headwater.lake import keys
from headwater.lake.manifest import LakeFile, Manifest, Tier
from headwater.lake.schema import EVENTS, IDENTITY

PILE = 16
"""Small files of one size class that are merged into one."""

SETTLING = 15 * 60 * 1000
"""For how long (ms) a day that is over waits for the flushes that are still to come."""

TRAVEL = 24 * 3600 * 1000
"""For how long (ms) the bytes of a file that was replaced stay: so far back Iceberg's readers go.

Those who read it now need some minutes.
"""

_UNNAMED = 3600 * 1000
"""For how long (ms) a data file may lie about that no manifest names yet."""

LARGE = 64 * 1024 * 1024
"""Bytes from which on a file does not count among small ones: together they are no fewer files."""

_SMALLEST_CLASS = 64 * 1024
_CLASS = 8  # each size class is so many times the one before


@dataclass(frozen=True, slots=True)
class Rewrite:
    """These files are to be written anew, together, as files of `tier`."""

    files: tuple[LakeFile, ...]
    tier: Tier


def rewrites(manifest: Manifest, *, now: int) -> list[Rewrite]:
    """Answer what to compact, oldest day first. Each can be done, or not, without the others."""
    days: dict[int, list[LakeFile]] = {}
    for one in manifest.of(EVENTS.name):
        if one.day is not None:
            days.setdefault(one.day, []).append(one)
    found: list[Rewrite] = []
    for day, files in sorted(days.items()):
        micro = [one for one in files if one.tier is Tier.MICRO]
        if not micro:
            continue
        if now >= (day + 1) * keys.DAY + SETTLING:
            found.append(Rewrite(tuple(files), Tier.WARM))
        else:
            found += _piles(micro)
    return found + _piles(manifest.of(IDENTITY.name))


def _piles(files: Sequence[LakeFile]) -> list[Rewrite]:
    classes: dict[int, list[LakeFile]] = {}
    for one in files:
        if one.bytes < LARGE:
            classes.setdefault(_size_class(one.bytes), []).append(one)
    return [
        Rewrite(tuple(pile), Tier.MICRO) for _, pile in sorted(classes.items()) if len(pile) >= PILE
    ]


def _size_class(size: int) -> int:
    number, bound = 0, _SMALLEST_CLASS
    while size > bound:
        number, bound = number + 1, bound * _CLASS
    return number


def moves(manifest: Manifest, *, now: int, cold_after: int, most: int = 20) -> list[LakeFile]:
    """Answer some of the files that are to become cold: of days more than so many days ago."""
    first_warm = keys.day_number(now) - cold_after
    old = [
        one
        for one in manifest.of(EVENTS.name)
        if one.tier is Tier.WARM and one.day is not None and one.day < first_warm
    ]
    return old[:most]


def unsettled_days(manifest: Manifest, *, before: int) -> list[int]:
    """Answer days before one (since 1970) that have files which are not compacted."""
    return sorted(
        {
            one.day
            for one in manifest.of(EVENTS.name)
            if one.tier is Tier.MICRO and one.day is not None and one.day < before
        }
    )


def deletions(manifest: Manifest, *, now: int) -> list[str]:
    """Answer the keys of replaced files that nobody reads any more, nor travels back to."""
    return [key for key, at in manifest.gone.items() if now - at >= TRAVEL]


def orphans(manifest: Manifest, listed: Iterable[str], *, now: int) -> list[str]:
    """Answer those of the listed data files that a crash left behind and nobody will count."""
    return [
        key
        for key in listed
        if key not in manifest.files
        and key not in manifest.gone
        and now - keys.written_at(key) >= _UNNAMED
    ]
