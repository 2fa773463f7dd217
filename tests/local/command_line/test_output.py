"""What is printed: safe to look at, and readable."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from headwater.local.command_line.output import age, clock_time, duration, plain


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("text", "text"),
        (None, "-"),
        (7, "7"),
        (True, "true"),
        ({"a": ["ü"]}, '{"a": ["ü"]}'),
        ("\x1b[31mred\x07", "\ufffd[31mred\ufffd"),
        ("a\u202eb\u2066", "a\ufffdb\ufffd"),
        ("[bold]x[/bold]", "[bold]x[/bold]"),
    ],
)
def test_values_are_shown_and_not_interpreted(value: object, expected: str) -> None:
    """Neither markup nor what steers a terminal has an effect."""
    assert plain(value).plain == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0, "0 s"), (0.5, "0.5 s"), (42, "42 s"), (300, "5 min"), (7200, "2 h"), (864_000, "10 d")],
)
def test_durations_have_one_unit(seconds: float, expected: str) -> None:
    """The largest unit of which there are at least two."""
    assert duration(seconds) == expected


def test_ages_are_counted_from_now() -> None:
    """A time in the future is no age; none is a dash."""
    now = datetime(2026, 11, 23, 10, 0, 0, tzinfo=UTC)

    assert age("2026-11-23T09:50:00.000Z", now=now).plain == "10 min"
    assert age("2026-11-23T11:00:00.000Z", now=now).plain == "0 s"
    assert age(None).plain == "-"
    assert clock_time("2026-11-23T09:50:00.123Z").plain == "2026-11-23 09:50:00"
