"""Which values are moments to conditions on dates."""

from __future__ import annotations

from typing import Any

import pytest

from headwater.audiences.comparing import moment

NEW_YEAR = 1_767_225_600_000  # 2026-01-01T00:00:00Z


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-01-01", NEW_YEAR),
        ("20260101", NEW_YEAR),
        ("2026-01-01T01:00:00+01:00", NEW_YEAR),
        (NEW_YEAR, NEW_YEAR),
        (NEW_YEAR // 1000, NEW_YEAR),
        ("1712013000123", None),
        ("2026013112345", None),
        ("17120130001", None),
        ("soon", None),
        (True, None),
        (None, None),
    ],
)
def test_moments(value: Any, expected: int | None) -> None:
    """Dates, times and Unix times; digits in a text that are no date are none, as in SQL."""
    assert moment(value, "UTC") == expected
