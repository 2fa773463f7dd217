"""Tests of `headwater.audiences.comparisons`."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from headwater.audiences.comparisons import step, steps


@given(st.text(min_size=1, max_size=90))
@example(".")
@example("a..b\\")
@example("\\\n")
def test_any_name_is_a_step_of_a_path(name: str) -> None:
    """Whatever dots and backslashes it has, it is read back as one name."""
    assert steps(f"properties.{step(name)}") == ("properties", name)
