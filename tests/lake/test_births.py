"""Rows by where they were born: sets of them, kept as ranges."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from headwater.lake import births

ROWS = st.sets(st.tuples(st.sampled_from(["w/a:1", "w/b:2"]), st.integers(1, 12)))


@given(some=ROWS, others=ROWS)
def test_they_are_sets(some: set[tuple[str, int]], others: set[tuple[str, int]]) -> None:
    """Union, difference, overlap and membership are those of the rows one by one."""
    first, second = births.born(some), births.born(others)

    assert set(births.rows(first)) == some
    assert set(births.rows(births.together(first, second))) == some | others
    assert set(births.rows(births.without(first, second))) == some - others
    assert births.overlap(first, second) == bool(some & others)
    for actor, number in some | others:
        assert births.holds(first, actor, number) == ((actor, number) in some)


def test_what_follows_each_other_is_one_range() -> None:
    """However many rows an offer has, the manifest names few numbers."""
    assert births.born([("w/a:1", n) for n in (9, 3, 1, 2)]) == {"w/a:1": (1, 3, 9, 9)}
    assert births.without({"w/a:1": (1, 3)}, {"w/a:1": (1, 3)}) == {}
