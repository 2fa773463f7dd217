"""Numbers of things in words."""

from __future__ import annotations

import pytest

from headwater.quantities import counted, size_of


@pytest.mark.parametrize(
    ("number", "thing", "words"),
    [
        (0, "event", "0 events"),
        (1, "event", "1 event"),
        (12_345, "event", "12,345 events"),
        (1, "person", "1 person"),
        (2, "person", "2 people"),
        (3, "try", "3 tries"),
    ],
)
def test_one_is_not_many(number: int, thing: str, words: str) -> None:
    """One of a thing is named in the singular."""
    assert counted(number, thing) == words


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0 bytes"),
        (312, "312 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (4_100_000, "4.1 MB"),
        (2 * 10**15, "2,000.0 TB"),
    ],
)
def test_a_small_file_is_not_nothing(size: int, words: str) -> None:
    """The unit fits the size, so that no file is said to have 0.0 MB."""
    assert size_of(size) == words
