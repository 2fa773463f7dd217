"""Tests of `headwater.local.lake.written_times`: times read many at once, and one by one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.collect.times import write_time
from headwater.local.lake.text_arrays import Letters
from headwater.local.lake.written_times import LETTERS, times_at, written_times

NOW = 1_795_428_672_345  # 2026-11-23
# Within a century of each other.
TIMES = st.integers(min_value=-(10**12), max_value=2 * 10**12)
FAR = st.integers(min_value=-62_135_596_800_000, max_value=253_402_300_799_999)


def letters(texts: list[str]) -> Letters:
    """Answer the letters of texts of the same length, a row each."""
    return np.frombuffer("".join(texts).encode(), np.uint8).reshape(len(texts), LETTERS)


@settings(deadline=None)
@given(st.lists(TIMES, min_size=1, max_size=9) | st.lists(FAR, min_size=1, max_size=1))
def test_times_are_read_as_they_were_written(times: list[int]) -> None:
    """Before 1970 too, in leap years, and one alone of any year."""
    texts = [write_time(one) for one in times]
    found = times_at(letters(texts))
    assert found is not None
    assert found.tolist() == times
    assert written_times(pa.array(texts)).cast(pa.int64()).to_pylist() == times


@settings(deadline=None)
@given(
    st.from_regex(
        r"[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6]0:[0-6]0\.[0-9]{3}Z", fullmatch=True
    )
)
def test_what_is_read_is_what_python_reads(text: str) -> None:
    """And what Python does not take for a time is not read."""
    try:
        at = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    except ValueError:
        assert times_at(letters([text])) is None
    else:
        since = at - datetime(1970, 1, 1, tzinfo=UTC)
        assert times_at(letters([text])) == [since // timedelta(milliseconds=1)]


@pytest.mark.parametrize(
    "text",
    [
        "0000-01-01T00:00:00.000Z",
        "2026-00-01T00:00:00.000Z",
        "2026-13-01T00:00:00.000Z",
        "2026-02-29T00:00:00.000Z",
        "2026-01-00T00:00:00.000Z",
        "2026-01-01T24:00:00.000Z",
        "2026-01-01T00:60:00.000Z",
        "2026-01-01T00:00:60.000Z",
        "2026-01-01 00:00:00.000Z",
        "2026-01-01T00:00:00.00aZ",
        "2026/01/01T00:00:00.000Z",
    ],
)
def test_one_that_is_no_time_leaves_all_to_be_looked_at_alone(text: str) -> None:
    """Days that no month has among them; the others are read then, and that one is null."""
    texts = [write_time(NOW), text, write_time(NOW + 1)]
    assert times_at(letters(texts)) is None
    assert written_times(pa.array(texts)).cast(pa.int64()).to_pylist() == [NOW, None, NOW + 1]


def test_times_of_many_centuries_are_left_to_be_looked_at_alone() -> None:
    """They are read all the same."""
    texts = ["0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"]
    assert times_at(letters(texts)) is None
    assert written_times(pa.array(texts)).null_count == 0
