"""Tables with bars, for people at a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from headwater.local.command_line.output import clock_time, console, duration, plain, say

_WIDTH = 24
_SILENCE = 14  # rows without a figure, after which the eye needs no more of them
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_SHADES = ("grey23", "dark_blue", "blue3", "dodger_blue2", "deep_sky_blue1", "cyan1")


def print_answer(answer: Mapping[str, Any]) -> None:
    """Print the answer to a question: its table, bars where they help, and what to know of it."""
    columns, rows = answer["columns"], answer["rows"]
    if not rows:
        say("Nothing of the kind happened.", style="dim")
    elif answer["question"]["question"] == "retention":
        _print_cohorts(columns, rows)
    else:
        _print_bars(columns, rows, answer["question"]["question"])
    for note in answer["notes"]:
        say(note, style="dim")
    until = clock_time(answer["as_of"]).plain
    if answer["exact"]:
        say(f"Exact as of {until} UTC.", style="dim")
    else:
        say(f"Some of these figures are approximate, as of {until} UTC.", style="yellow")


def bar(value: float, most: float, *, width: int = _WIDTH) -> str:
    """Answer a bar, as long as a value is of the most there is."""
    if most <= 0 or value <= 0:
        return ""
    eighths = max(1, round(8 * width * min(value / most, 1)))
    return "█" * (eighths // 8) + (_EIGHTHS[eighths % 8] if eighths % 8 else "")


def shown(value: Any, kind: str) -> Text:
    """Answer a cell as people read it."""
    if value is None:
        return Text("-", style="dim")
    if kind == "yes":
        return Text("yes" if value else "no", style="green" if value else "dim")
    if kind == "percent":
        return Text(f"{value:,.1f} %")
    if kind == "seconds":
        return Text(duration(float(value)))
    if kind == "number":
        return Text(f"{value:,}" if isinstance(value, int) else f"{value:,.2f}")
    return plain(value)


def _print_bars(
    columns: Sequence[Mapping[str, str]], rows: Sequence[Sequence[Any]], question: str
) -> None:
    table = _table(columns)
    drawn = _drawn(columns, question)
    most = max((row[drawn] or 0 for row in rows), default=0) if drawn is not None else 0
    if drawn is not None:
        table.add_column("", min_width=_WIDTH, no_wrap=True)
    for row in without_long_silences(rows):
        if row is None:
            table.add_row(Text("…", style="dim"))
            continue
        cells = [shown(cell, column["kind"]) for cell, column in zip(row, columns, strict=True)]
        if drawn is not None:
            cells.append(Text(bar(row[drawn] or 0, most), style="cyan"))
        table.add_row(*cells)
    console().print(table)


def without_long_silences(rows: Sequence[Sequence[Any]]) -> list[Sequence[Any] | None]:
    """Answer the rows, with None for what lies inside of many in a row that have no figure."""
    kept: list[Sequence[Any] | None] = []
    silent: list[Sequence[Any]] = []
    for row in rows:
        if any(cell for cell in row if not isinstance(cell, str)):
            kept += [*_shortened(silent), row]
            silent = []
        else:
            silent.append(row)
    return kept + _shortened(silent)


def _shortened(rows: Sequence[Sequence[Any]]) -> list[Sequence[Any] | None]:
    return [rows[0], None, rows[-1]] if len(rows) > _SILENCE else list(rows)


def _drawn(columns: Sequence[Mapping[str, str]], question: str) -> int | None:
    """Answer which column the bars are of: the first figure that is no number of a step."""
    wanted = {"funnel": "people", "stickiness": "people", "lifecycle": "returning"}.get(question)
    for at, column in enumerate(columns):
        if column["kind"] == "number" and wanted in {None, column["name"]}:
            return at
    return None


def _print_cohorts(columns: Sequence[Mapping[str, str]], rows: Sequence[Sequence[Any]]) -> None:
    """Print how many percent of each cohort came back, the more the brighter."""
    table = _table(columns)
    size = next(at for at, column in enumerate(columns) if column["name"] == "people")
    for row in rows:
        cells = [
            shown(cell, column["kind"])
            for cell, column in zip(row[: size + 1], columns[: size + 1], strict=True)
        ]
        table.add_row(*cells, *(_share(cell, row[size]) for cell in row[size + 1 :]))
    console().print(table)


def _share(part: int | None, whole: int) -> Text:
    if part is None or not whole:
        return Text("-", style="dim")
    share = part / whole
    shade = _SHADES[min(int(share * len(_SHADES)), len(_SHADES) - 1)]
    return Text(f"{100 * share:.1f} %", style=f"{'black' if share > 0.6 else 'white'} on {shade}")


def _table(columns: Sequence[Mapping[str, str]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        is_text = column["kind"] in {"text", "time"}
        table.add_column(
            plain(column["name"]), justify="left" if is_text else "right", overflow="fold"
        )
    return table
