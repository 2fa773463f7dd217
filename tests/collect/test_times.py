"""Times are read in the forms that clients send, and written in one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.collect.times import (
    correct,
    in_written_form,
    is_written,
    read_time,
    write_time,
)

NOON = 1795348800000  # 2026-11-22T12:00:00Z


@pytest.mark.parametrize(
    ("given_time", "expected"),
    [
        ("2026-11-22T12:00:00.000Z", NOON),
        ("2026-11-22T12:00:00Z", NOON),
        ("2026-11-22t12:00:00.5z", NOON + 500),
        ("2026-11-22T12:00:00.123456+00:00", NOON + 123),
        ("2026-11-22T12:00:00.123456789Z", NOON + 123),
        ("2026-11-22T14:00:00+02:00", NOON),
        ("2026-11-22 12:00:00", NOON),
        (" 2026-11-22T12:00:00Z ", NOON),
        ("2026-11-22", NOON - 12 * 3600 * 1000),
        ("1969-12-31T23:59:59.999Z", -1),
        (NOON, NOON),
        (NOON // 1000, NOON),
        (NOON / 1000 + 0.25, NOON + 250),
        (0, 0),
        (str(NOON), NOON),
        (str(NOON // 1000), NOON),
        ("1712013000123", 1712013000123),
        ("20261122", NOON - 12 * 3600 * 1000),
        ("20261122T120000Z", NOON),
    ],
)
def test_times_that_clients_send_are_read(given_time: Any, expected: Any) -> None:
    """ISO 8601 with any zone, without one as UTC, and Unix times in seconds or milliseconds."""
    assert read_time(given_time) == expected


@pytest.mark.parametrize(
    "given_time",
    [
        "",
        "soon",
        "2026-13-01",
        "Sun Nov 22 2026",
        "17120130001",
        "171201300012",
        "1712013000123456",
        True,
        [],
        {},
        None,
        10**30,
        -(10**18),
        1e300,
    ],
)
def test_what_is_no_time_is_refused(given_time: Any) -> None:
    """Anything else raises ValueError and nothing else."""
    with pytest.raises(ValueError):  # noqa: PT011 - its text is for the caller to replace
        read_time(given_time)


@given(st.integers(-62135596800000, 253402300799999))
def test_writing_and_reading_are_each_others_inverse(milliseconds: Any) -> None:
    """Every millisecond of the years 1 to 9999 survives, in the one written form."""
    text = write_time(milliseconds)

    assert read_time(text) == milliseconds
    assert is_written(text)


@given(st.text(max_size=30))
def test_only_what_is_written_alike_counts_as_written(text: Any) -> None:
    """A readable text that is said to be in the written form is exactly that."""
    try:
        milliseconds = read_time(text)
    except (ValueError, OverflowError):
        return
    if is_written(text):
        assert write_time(milliseconds) == text


@pytest.mark.parametrize("text", ["2026-W01-1T10:11:12.345Z", "2026-11-23T10:11:12,345Z"])
def test_other_iso_forms_of_the_same_length_are_not_taken_for_the_written_one(text: Any) -> None:
    """A week date and a decimal comma are ISO 8601, but not what readers expect."""
    read_time(text)

    assert not is_written(text)


@given(
    st.datetimes().map(lambda moment: f"{moment.isoformat(timespec='milliseconds')}Z")
    | st.datetimes().map(str)
    | st.from_regex(r"\A20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6].\.[0-9]{2}.Z\Z")
    | st.text(max_size=24)
    | st.integers()
    | st.none()
)
def test_the_written_form_is_what_reading_and_writing_make_of_a_time(value: Any) -> None:
    """The short way, which most times take, comes out where the long one does."""
    try:
        milliseconds = read_time(value)
        expected = milliseconds, write_time(milliseconds)
    except (ValueError, OverflowError):
        with pytest.raises((ValueError, OverflowError)):
            in_written_form(value)
    else:
        assert in_written_form(value) == expected


@pytest.mark.parametrize("milliseconds", [-62135596800001, 253402300800000, 10**40])
def test_years_outside_of_the_calendar_are_refused(milliseconds: Any) -> None:
    """ISO 8601 in four digits has no year 0 and no year 10000."""
    with pytest.raises(ValueError, match="years 1 to 9999"):
        write_time(milliseconds)


@pytest.mark.parametrize(
    ("original", "sent", "received", "expected"),
    [
        (1_000, 2_000, 2_000, 1_000),  # the clocks agree
        (1_000, 2_000, 62_000, 61_000),  # the client is a minute behind
        (100_000, 101_000, 2_000, 1_000),  # the client is ahead
        (5_000, 4_000, 10_000, 11_000),  # it happens after it was sent: allowed
        (1_000, None, 99_000, 1_000),  # nothing is known about the client's clock
    ],
)
def test_clock_skew_is_taken_out(original: Any, sent: Any, received: Any, expected: Any) -> None:
    """The distance between happening and sending is kept, counted back from the receipt."""
    assert correct(original, sent=sent, received=received) == expected
