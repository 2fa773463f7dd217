"""Structured logs that hold no personal data.

A line has its time, level, logger and message, and the fields in `FIELDS` that were given as
`extra`. Messages are constants with counts, ids of our own making and places in the code. An
exception is told by its type and where it passed: its own text may quote what it failed on.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import sys
import traceback
from datetime import UTC, datetime
from typing import TextIO

# What may be given as `extra`. Anything else is dropped, so nothing gets in by chance.
FIELDS = frozenset(
    {
        "attempts",
        "count",
        "destination",
        "error",
        "outcome",
        "places",
        "port",
        "reason",
        "request_id",
        "retry_after",
        "seconds",
        "status",
        "workspace",
    }
)

# These say what is wrong with the machine in the words of SQLite or the kernel, and quote nothing.
_SAFE_TO_QUOTE = (sqlite3.OperationalError,)


def set_up_logs(*, level: str, style: str, stream: TextIO | None = None) -> None:
    """Send every logger's lines to `stream` (standard error), from `level` up.

    Args:
        level: debug, info, warning or error.
        style: json, text, or auto: text where the stream is a terminal.
        stream: where to.
    """
    stream = stream or sys.stderr
    is_text = style == "text" or (style == "auto" and stream.isatty())
    handler = logging.StreamHandler(stream)
    handler.setFormatter(TextLines() if is_text else JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers[:] = []
        logger.propagate = True
        logger.setLevel(logging.WARNING)
    for name in ("httpx", "httpcore", "hpack", "asyncio"):
        # They log addresses, which may carry personal data in their query.
        logging.getLogger(name).setLevel(logging.CRITICAL)


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Answer the line."""
        line = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_fields(record),
        }
        return json.dumps(line, ensure_ascii=False, default=str)


class TextLines(logging.Formatter):
    """One line for people."""

    def format(self, record: logging.LogRecord) -> str:
        """Answer the line."""
        fields = "".join(f" {name}={value}" for name, value in _fields(record).items())
        level = record.levelname.lower()
        line = f"{_time(record)} {level:7} {record.name}: {record.getMessage()}{fields}"
        return line.replace("\n", "\\n")


def _time(record: logging.LogRecord) -> str:
    at = datetime.fromtimestamp(record.created, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _fields(record: logging.LogRecord) -> dict[str, object]:
    fields = {name: value for name, value in record.__dict__.items() if name in FIELDS}
    if record.exc_info and record.exc_info[1] is not None:
        fields |= _exception(record.exc_info[1])
    return fields


def _exception(error: BaseException) -> dict[str, object]:
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in chain:
        chain.append(link)
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    fields: dict[str, object] = {"error": " from ".join(type(one).__name__ for one in chain)}
    reasons = [str(one) for one in chain if isinstance(one, _SAFE_TO_QUOTE)]
    if reasons:
        fields["reason"] = reasons[0]
    fields["places"] = [
        f"{place.filename}:{place.lineno} in {place.name}"
        for place in traceback.extract_tb(chain[-1].__traceback__)
    ]
    return fields
