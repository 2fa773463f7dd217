"""Prints for people and for scripts. What comes out of events is shown, never interpreted."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_PIPED_WIDTH = 200


def console() -> Console:
    """Answer the console of standard output, as wide as it takes where nobody looks at it."""
    if sys.stdout.isatty():
        return Console(highlight=False)
    return Console(highlight=False, width=_PIPED_WIDTH)


def plain(value: Any, *, style: str = "") -> Text:
    """Answer a value as text: without markup, and without characters that steer a terminal."""
    if value is None:
        return Text("-", style="dim")
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return Text(_CONTROL.sub("\ufffd", text), style=style)


def print_json(content: Any) -> None:
    """Print JSON: indented at a terminal, one line in a pipe."""
    indent = 2 if sys.stdout.isatty() else None
    sys.stdout.write(json.dumps(content, ensure_ascii=False, indent=indent) + "\n")
    sys.stdout.flush()


def print_table(
    title: str | None,
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    empty: str = "There are none.",
) -> None:
    """Print rows under their columns, or a sentence where there are none."""
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else plain(cell) for cell in row))
    if not table.rows:
        console().print(Text(empty, style="dim"))
        return
    console().print(table)


def print_fields(fields: Mapping[str, Any]) -> None:
    """Print names and values below each other."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim")
    grid.add_column(overflow="fold")
    for name, value in fields.items():
        grid.add_row(name, value if isinstance(value, Text) else plain(value))
    console().print(grid)


def say(message: str, *, style: str = "") -> None:
    """Print one line for people."""
    console().print(Text(_CONTROL.sub("\ufffd", message), style=style))


def remark(message: str) -> None:
    """Print one line on standard error for whoever looks at it; nothing where nobody does."""
    if sys.stderr.isatty():
        error = Console(stderr=True, highlight=False, soft_wrap=True)
        error.print(Text(_CONTROL.sub("\ufffd", message), style="dim"))


def complain(message: str) -> None:
    """Print one line on standard error: it went wrong."""
    _complain("Error: ", message, style="bold red")


def warn(message: str) -> None:
    """Print one line on standard error: it goes on, but perhaps not as was meant."""
    _complain("Warning: ", message, style="bold yellow")


def _complain(kind: str, message: str, *, style: str) -> None:
    error = Console(stderr=True, highlight=False, soft_wrap=True)
    error.print(Text(kind, style=style), Text(_CONTROL.sub("\ufffd", message)), sep="")


def age(time: str | None, *, now: datetime | None = None) -> Text:
    """Answer how long ago a time in ISO 8601 was, in one unit: `3 s`, `5 min`, `2 h`, `4 d`."""
    if not time:
        return plain(None)
    seconds = ((now or datetime.now(UTC)) - datetime.fromisoformat(time)).total_seconds()
    return plain(duration(max(0.0, seconds)))


def duration(seconds: float) -> str:
    """Answer a duration in one unit."""
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s" if seconds >= 10 or seconds == 0 else f"{seconds:.1f} s"


def clock_time(time: str | None) -> Text:
    """Answer a time in ISO 8601 to the second, in UTC."""
    if not time:
        return plain(None)
    return plain(time.replace("T", " ")[:19])
