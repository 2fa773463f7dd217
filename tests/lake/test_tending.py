"""Tests of `headwater.lake.tending`: which files are due."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from headwater.lake import keys
from headwater.lake.manifest import Entry, LakeFile, Manifest, Tier
from headwater.lake.schema import EVENTS
from headwater.lake.tending import LARGE, PILE, SETTLING, rewrites

DAY = 20_000
NOON = DAY * keys.DAY + keys.DAY // 2


def manifest(sizes: Sequence[int], *, tier: Tier = Tier.MICRO) -> Manifest:
    """Answer a manifest of files of one day, of so many bytes each."""
    files = [
        LakeFile(f"{number:04}", EVENTS.name, tier, 10, size, "a", "b", 0, 1, day=DAY)
        for number, size in enumerate(sizes)
    ]
    return Manifest().after(Entry("1", 0, "flush", add=tuple(files)))


@pytest.mark.parametrize("size", [1_000, 600_000, LARGE - 1])
def test_as_many_small_files_of_a_size_as_make_a_pile_are_due(size: int) -> None:
    """One fewer are not; all that are there go together."""
    assert rewrites(manifest([size] * (PILE - 1)), now=NOON) == []
    (due,) = rewrites(manifest([size] * (PILE + 2)), now=NOON)
    assert (len(due.files), due.tier) == (PILE + 2, Tier.MICRO)


def test_large_files_of_the_present_day_are_left_alone() -> None:
    """Together they would be as many, and be due again at once."""
    assert rewrites(manifest([LARGE] * 100), now=NOON) == []


def test_a_day_that_is_over_is_sorted_whole() -> None:
    """Once the last flushes have come, whatever the sizes; not again where it is done."""
    sizes = [1_000, LARGE, 600_000]
    over = (DAY + 1) * keys.DAY + SETTLING
    assert rewrites(manifest(sizes), now=over - 1) == []
    (due,) = rewrites(manifest(sizes), now=over)
    assert (len(due.files), due.tier) == (3, Tier.WARM)
    assert rewrites(manifest(sizes, tier=Tier.WARM), now=over) == []
