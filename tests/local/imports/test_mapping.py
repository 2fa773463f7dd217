"""From a row to an event."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from headwater.local.imports.mapping import Columns, UnusableRow


def event_of(columns: Columns, row: dict[str, Any]) -> dict[str, Any]:
    """Answer the event that a row makes."""
    found: dict[str, Any] = json.loads(columns.event_of(row, message_id="m-1"))
    return found


@pytest.mark.parametrize(
    ("columns", "row", "expected"),
    [
        (
            Columns(),
            {"type": "track", "userId": "u", "event": "Signed Up", "properties": {"plan": "pro"}},
            {"type": "track", "userId": "u", "event": "Signed Up", "properties": {"plan": "pro"}},
        ),
        (
            Columns(event="Order Completed"),
            {"user_id": 42, "amount": "9.50", "zip": "007", "ok": "true", "note": "-"},
            {
                "type": "track",
                "event": "Order Completed",
                "userId": "42",
                "properties": {"amount": 9.5, "zip": "007", "ok": True, "note": "-"},
            },
        ),
        (
            Columns(event="E", is_text=True),
            {"user_id": "u", "amount": "9.50"},
            {"type": "track", "event": "E", "userId": "u", "properties": {"amount": "9.50"}},
        ),
        (
            Columns({"customer": "userId", "mail": "email"}, "identify"),
            {"customer": "u", "mail": "a@example.com", "traits.address.city": "Graz"},
            {
                "type": "identify",
                "userId": "u",
                "traits": {"email": "a@example.com", "address": {"city": "Graz"}},
            },
        ),
        (
            Columns({"paid": "properties.order.revenue"}, event="E"),
            {"anonymous_id": "v", "paid": "3", "properties": '{"a": 1}', "timestamp": "2026-11-01"},
            {
                "type": "track",
                "event": "E",
                "anonymousId": "v",
                "timestamp": "2026-11-01",
                "properties": {"a": 1, "order": {"revenue": 3}},
            },
        ),
    ],
)
def test_row_becomes_event(columns: Columns, row: dict[str, Any], expected: dict[str, Any]) -> None:
    """Names of Segment's and of tables are known; the rest become properties or traits."""
    assert event_of(columns, row) == {**expected, "messageId": "m-1"}


def test_own_message_id_is_kept() -> None:
    """A file that has ids of its own keeps them, so that what is known already counts once."""
    assert event_of(Columns(event="E"), {"userId": "u", "messageId": "x"})["messageId"] == "x"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"event": "E"}, "neither userId nor anonymousId"),
        ({"userId": "u"}, "it has no event: name a column with --map, or give --event"),
        ({"userId": "u", "type": "buy"}, "its type is 'buy'; it can be one of track"),
        ({"userId": "u", "type": "group"}, "no groupId"),
        ({"userId": "u", "type": "alias"}, "no previousId"),
        ({"userId": "u", "event": "E", "properties": "{"}, "properties are not JSON"),
        ({"userId": "u", "event": "E", "properties": "[]"}, "properties are a list"),
        ({"userId": "u", "event": "E", "x": "y" * 40_000}, "the limit is 32,768"),
        (
            {"userId": "u", "event": "E", "properties.a": "1", "properties.a.b": "2"},
            "goes below a column that is a value",
        ),
    ],
)
def test_row_that_is_no_event_says_why(row: dict[str, Any], message: str) -> None:
    """The reason names the column and the option that would help."""
    with pytest.raises(UnusableRow, match=message):
        event_of(Columns(), row)


@given(some.text(max_size=20) | some.from_regex(r"-?[0-9.eE+-]{1,12}", fullmatch=True))
def test_only_what_json_writes_so_is_a_number(text: str) -> None:
    """A value becomes a number only where writing the number gives the same text back."""
    value = event_of(Columns(event="E"), {"userId": "u", "x": text})["properties"]["x"]
    if isinstance(value, bool):
        assert text in {"true", "false"}
    elif isinstance(value, (int, float)):
        assert json.loads(text) == value
    else:
        assert value == text
