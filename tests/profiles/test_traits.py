"""Traits: the last writer by event time wins, in any order of arrival."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from headwater.profiles.traits import Stamped, fold, write

writes = st.lists(
    st.tuples(
        st.dictionaries(st.sampled_from("abc"), st.none() | st.integers(0, 9), max_size=3),
        st.tuples(st.integers(0, 3), st.sampled_from(["m1", "m2", "m3"])),
    ),
    max_size=8,
    unique_by=lambda one: one[1],
)


@given(writes, st.randoms(use_true_random=False), st.integers(0, 8))
def test_order_repetition_and_parts_do_not_matter(
    some: list[tuple[dict[str, int | None], tuple[int, str]]],
    shuffler: random.Random,
    cut: int,
) -> None:
    """Shuffled, repeated and kept in two parts, the same writes fold to the same traits."""
    straight: dict[str, Stamped] = {}
    for traits, stamp in some:
        write(straight, traits, stamp)
    shuffled = some + some[:3]
    shuffler.shuffle(shuffled)
    parts: tuple[dict[str, Stamped], dict[str, Stamped]] = ({}, {})
    for place, (traits, stamp) in enumerate(shuffled):
        write(parts[place < cut], traits, stamp)

    assert fold(parts) == straight


def test_a_tie_in_time_goes_to_the_greater_message_id() -> None:
    """Two writes of one instant have a winner that does not depend on arrival."""
    held: dict[str, Stamped] = {}

    assert write(held, {"plan": "b"}, (5, "m2"))
    assert not write(held, {"plan": "a"}, (5, "m1"))
    assert held == {"plan": ("b", 5, "m2")}


def test_a_null_is_a_writer_like_any_other() -> None:
    """A later null removes what was, and an earlier value does not bring it back."""
    held: dict[str, Stamped] = {}
    write(held, {"plan": None}, (5, "m2"))
    write(held, {"plan": "late"}, (4, "m3"))

    assert held == {"plan": (None, 5, "m2")}
