"""Answers to questions at a terminal."""

from __future__ import annotations

from typing import Any

import pytest

from headwater.local.command_line.charts import bar, print_answer, shown, without_long_silences


def answer(kind: str, columns: list[tuple[str, str]], rows: list[list[Any]]) -> dict[str, Any]:
    """Answer what the API answers."""
    return {
        "question": {"question": kind},
        "columns": [{"name": name, "kind": what} for name, what in columns],
        "rows": rows,
        "exact": True,
        "as_of": "2026-11-23T13:38:27.501Z",
        "notes": [],
    }


@pytest.mark.parametrize(
    ("value", "most", "expected"),
    [(0, 10, ""), (10, 10, "████"), (5, 10, "██"), (0.001, 10, "▏"), (3, 0, ""), (-1, 5, "")],
)
def test_bars_are_as_long_as_values(value: float, most: float, expected: str) -> None:
    """What is there at all is seen."""
    assert bar(value, most, width=4) == expected


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (None, "number", "-"),
        (1234567, "number", "1,234,567"),
        (1234.5, "number", "1,234.50"),
        (12.345, "percent", "12.3 %"),
        (7200, "seconds", "2 h"),
        (True, "yes", "yes"),
        ("\x1b[31mx", "text", "\ufffd[31mx"),
    ],
)
def test_cells_are_written_for_people(value: Any, kind: str, expected: str) -> None:
    """With separators and units; what events brought steers no terminal."""
    assert shown(value, kind).plain == expected


def test_a_trend_has_bars(capsys: pytest.CaptureFixture[str]) -> None:
    """Beside its first figure."""
    print_answer(answer("trend", [("day", "time"), ("A", "number")], [["d1", 2], ["d2", 1]]))

    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines[:3]] == [
        ["day", "A"],
        ["d1", "2", "█" * 24],
        ["d2", "1", "█" * 12],
    ]
    assert lines[3:] == ["Exact as of 2026-11-23 13:38:27 UTC."]


def test_retention_is_shown_as_shares(capsys: pytest.CaptureFixture[str]) -> None:
    """Of the cohort; what is still to come is a dash."""
    columns = [("cohort", "time"), ("people", "number"), ("week 0", "number"), ("week 1", "number")]
    print_answer(answer("retention", columns, [["w1", 8, 8, 2], ["w2", 4, 4, None]]))

    assert [line.split() for line in capsys.readouterr().out.splitlines()[1:-1]] == [
        ["w1", "8", "100.0", "%", "25.0", "%"],
        ["w2", "4", "100.0", "%", "-"],
    ]


def test_nothing_is_said_as_such(capsys: pytest.CaptureFixture[str]) -> None:
    """And what is not exact, too."""
    print_answer({**answer("paths", [], []), "exact": False, "notes": ["So many."]})

    assert capsys.readouterr().out.splitlines() == [
        "Nothing of the kind happened.",
        "So many.",
        "Some of these figures are approximate, as of 2026-11-23 13:38:27 UTC.",
    ]


def test_long_silences_are_cut() -> None:
    """Their first and last row stay; short ones stay whole."""
    rows = [["a", 1], *([f"{at}", 0] for at in range(20)), ["b", 2], ["c", 0], ["d", 3]]

    assert without_long_silences(rows) == [
        ["a", 1],
        ["0", 0],
        None,
        ["19", 0],
        ["b", 2],
        ["c", 0],
        ["d", 3],
    ]
