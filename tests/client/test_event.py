"""One event, checked and encoded."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest

import headwater
from headwater.client.errors import InvalidEvent
from headwater.client.event import MAX_EVENT_BYTES, build, encode

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
LATEST = datetime.max.replace(tzinfo=timezone(timedelta(hours=-5)))


def built(**changed: Any) -> dict[str, Any]:
    """Answer a valid event, but for what is changed."""
    given: dict[str, Any] = {
        "now": NOW,
        "message_id": "m1",
        "identifiers": {"userId": "u1", "anonymousId": None},
        "fields": {"event": "Signed Up", "properties": {"plan": "pro"}},
    }
    return build("track", **(given | changed))


def test_an_event_has_what_was_given_and_nothing_else() -> None:
    """Segment's keys, without nulls for what was left out."""
    assert built() == {
        "type": "track",
        "messageId": "m1",
        "userId": "u1",
        "event": "Signed Up",
        "properties": {"plan": "pro"},
        "timestamp": "2026-11-22T09:30:00.000Z",
        "context": {"library": {"name": "headwater-python", "version": headwater.__version__}},
    }


def test_context_and_integrations_are_taken() -> None:
    """What the caller knows is added to what the client says of itself."""
    event = built(context={"ip": "10.0.0.1", "library": {"name": "mine"}}, integrations={"All": 0})

    assert event["context"] == {"ip": "10.0.0.1", "library": {"name": "mine"}}
    assert event["integrations"] == {"All": 0}


@pytest.mark.parametrize(("value", "text"), [("a", "a"), (7, "7"), (UUID(int=1), str(UUID(int=1)))])
def test_an_identifier_is_text_on_the_wire(value: object, text: str) -> None:
    """Numbers and UUIDs are ids in many databases."""
    assert built(identifiers={"userId": value})["userId"] == text


@pytest.mark.parametrize("value", ["", "  ", True, 1.5, b"a", ["a"]])
def test_what_is_no_identifier_is_refused(value: object) -> None:
    """The message names the argument."""
    with pytest.raises(InvalidEvent, match="track: user_id"):
        built(identifiers={"userId": value})


@pytest.mark.parametrize(
    ("timestamp", "text"),
    [
        (datetime(2020, 1, 2, 3, 4, 5, 678901, tzinfo=UTC), "2020-01-02T03:04:05.678Z"),
        ("2020-01-02T03:04:05Z", "2020-01-02T03:04:05.000Z"),
        ("2020-01-02T03:04:05.5+02:00", "2020-01-02T01:04:05.500Z"),
        ("20200102T030405Z", "2020-01-02T03:04:05.000Z"),
    ],
)
def test_a_timestamp_is_sent_in_utc(timestamp: object, text: str) -> None:
    """A datetime or its ISO text, with milliseconds, as Segment's servers read it."""
    assert built(timestamp=timestamp)["timestamp"] == text


@pytest.mark.parametrize(
    "timestamp",
    [
        "yesterday",
        1763803800,
        "1712013000123",
        date(2026, 1, 1),
        "",
        LATEST,
        "0001-01-01T00:00:00+14:00",
    ],
)
def test_what_is_no_timestamp_is_refused(timestamp: object) -> None:
    """A number could be seconds or milliseconds, so it is not guessed."""
    with pytest.raises(InvalidEvent, match="track: timestamp"):
        built(timestamp=timestamp)


def test_a_long_message_id_is_refused() -> None:
    """The server drops what has more than 100 characters, so it is refused here."""
    assert built(message_id="m" * 100)["messageId"] == "m" * 100
    with pytest.raises(InvalidEvent, match="message_id has 101 characters"):
        built(message_id="m" * 101)


def test_an_event_is_one_line_of_utf8() -> None:
    """The spool relies on there being no raw line feed."""
    body = encode(built(fields={"properties": {"a": "é\n\r\u2028"}}))

    assert b"\n" not in body
    assert json.loads(body)["properties"] == {"a": "é\n\r\u2028"}


def test_the_size_limit_is_exact_and_names_the_largest_part() -> None:
    """32 KB pass; one byte more is refused, saying which part to make smaller."""
    room = MAX_EVENT_BYTES - len(encode(built(fields={"properties": {"a": ""}})))

    assert len(encode(built(fields={"properties": {"a": "x" * room}}))) == MAX_EVENT_BYTES
    with pytest.raises(InvalidEvent, match="the largest part is properties"):
        encode(built(fields={"properties": {"a": "x" * (room + 1)}}))
