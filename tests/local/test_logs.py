"""Logs: structured, and without what an exception or a library would let slip."""

from __future__ import annotations

import io
import json
import logging
import sqlite3
from collections.abc import Iterator

import pytest

from headwater.local.logs import set_up_logs

SECRET = "ann@example.com"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """A stream that takes all logs while the test runs."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    stream = io.StringIO()
    set_up_logs(level="debug", style="json", stream=stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    """Answer the logged lines, parsed."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_one_json_object(stream: io.StringIO) -> None:
    """Time, level, logger, message, and the fields that may be logged."""
    logging.getLogger("headwater.test").warning("%d events\nwait", 3, extra={"seconds": 1.5})
    (line,) = lines(stream)

    assert line["level"] == "warning"
    assert line["logger"] == "headwater.test"
    assert line["message"] == "3 events\nwait"
    assert line["seconds"] == 1.5
    assert str(line["time"]).endswith("Z")


def test_an_unknown_field_is_dropped(stream: io.StringIO) -> None:
    """What is not on the list of harmless fields does not get into a log."""
    logging.getLogger("headwater.test").info("done", extra={"email": SECRET})

    assert SECRET not in stream.getvalue()


def test_an_exception_is_told_without_its_text(stream: io.StringIO) -> None:
    """The types of the chain and the places are told; what they quote is not."""
    try:
        try:
            dict[str, str]()[SECRET]
        except KeyError as error:
            raise ValueError(f"no {SECRET}") from error
    except ValueError:
        logging.getLogger("headwater.test").exception("It failed.")
    (line,) = lines(stream)

    assert SECRET not in stream.getvalue()
    assert line["error"] == "ValueError from KeyError"
    assert "test_logs.py" in str(line["places"])


def test_a_database_failure_says_what_is_wrong(stream: io.StringIO) -> None:
    """SQLite's own words about the disk help, and quote nobody."""
    full = sqlite3.OperationalError("database or disk is full")
    try:
        raise full
    except sqlite3.OperationalError:
        logging.getLogger("headwater.test").exception("It failed.")

    assert lines(stream)[0]["reason"] == "database or disk is full"


def test_libraries_that_log_addresses_are_silent(stream: io.StringIO) -> None:
    """A url may carry personal data in its query."""
    logging.getLogger("httpx").info("GET https://example.com/?email=%s", SECRET)
    logging.getLogger("asyncio").error("exception=%s", SECRET)

    assert stream.getvalue() == ""


@pytest.mark.usefixtures("stream")
def test_text_is_one_line_for_people() -> None:
    """In text form a message with a line break stays on one line."""
    stream = io.StringIO()
    set_up_logs(level="info", style="text", stream=stream)
    logging.getLogger("headwater.test").info("one\ntwo", extra={"port": 1})
    logging.getLogger("headwater.test").debug("not shown")

    assert stream.getvalue().endswith(" info    headwater.test: one\\ntwo port=1\n")
    assert stream.getvalue().count("\n") == 1


@pytest.mark.usefixtures("stream")
def test_auto_is_json_where_nobody_watches() -> None:
    """Into a file or a pipe the automatic style writes JSON."""
    stream = io.StringIO()
    set_up_logs(level="info", style="auto", stream=stream)
    logging.getLogger("headwater.test").info("hello")

    assert lines(stream)[0]["message"] == "hello"
