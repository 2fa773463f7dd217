"""What came of something said, as it is printed."""

from __future__ import annotations

from typing import Any

import pytest

from headwater.local.command_line.spoken import print_spoken

SIGNED_UP = {
    "type": "event",
    "event": {"name": "Signed Up", "call": "track"},
    "comparison": "at_least",
    "count": 1,
}


@pytest.mark.parametrize(
    ("people", "number", "printed"),
    [
        ({"type": "everyone"}, 1, "1 person\n"),
        ({"type": "everyone"}, 1200, "1,200 people\n"),
        (SIGNED_UP, 1, "1 person who did 'Signed Up'\n"),
        (SIGNED_UP, 3, "3 people who did 'Signed Up'\n"),
    ],
    ids=["one", "many", "one who", "many who"],
)
def test_a_count_says_what_was_counted(
    capsys: pytest.CaptureFixture[str], people: dict[str, Any], number: int, printed: str
) -> None:
    """A bare number would leave open how the question was understood."""
    plan = {"do": "count_people", "people": people}

    print_spoken({"plan": plan, "notes": [], "result": {"count": number}})

    assert capsys.readouterr().out == printed
