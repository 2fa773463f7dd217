"""Tests of `headwater.lake.event_rows`."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.collect import json_text
from headwater.collect.times import write_time
from headwater.lake.event_rows import REQUIRED, WHOLE, bot, join_body, split_body

TIMES = st.integers(-62_135_596_800_000, 253_402_300_799_999).map(write_time)
VALUES: Any = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=4,
)
OBJECTS = st.dictionaries(st.text(), VALUES, max_size=4)
FIELDS = {
    "originalTimestamp": TIMES | VALUES,
    "sentAt": TIMES | VALUES,
    "userId": st.text() | VALUES,
    "anonymousId": st.text() | VALUES,
    "event": st.text() | VALUES,
    "name": st.text() | VALUES,
    "category": st.text(),
    "groupId": st.text(),
    "previousId": st.text(),
    "properties": OBJECTS | VALUES,
    "traits": OBJECTS | VALUES,
    "context": OBJECTS,
    "integrations": OBJECTS,
    "sourceId": st.text(),
    "something else": VALUES,
}
EVENTS = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["track", "identify", "page", "screen", "group", "alias"]),
        "messageId": st.text(),
        "timestamp": TIMES,
        "receivedAt": TIMES,
    },
    optional=FIELDS,
)

BODY = (
    '{"type":"track","messageId":"m-1","timestamp":"2026-11-23T10:11:12.345Z",'
    '"receivedAt":"2026-11-23T10:11:13.000Z","userId":"42","event":"Order Completed",'
    '"properties":{"revenue":99.90,"n":1e2},"context":{"ip":"\\u00e4"},"integrations":{},'
    '"sourceId":"src_1"}'
)


@given(EVENTS)
def test_every_event_comes_back_byte_by_byte(event: dict[str, Any]) -> None:
    """Whatever an event holds, its stored text is what the row gives."""
    body = json_text.encode(event)

    assert join_body(split_body(body)) == body


@given(EVENTS, st.sampled_from([None, 2]))
def test_a_text_written_otherwise_comes_back_too(event: dict[str, Any], indent: int | None) -> None:
    """White space and escapes that Headwater would not write are kept."""
    body = json.dumps(event, indent=indent)

    assert join_body(split_body(body)) == body


def test_values_are_in_their_columns() -> None:
    """Texts and times are values; objects are kept as they are written."""
    assert split_body(BODY) == {
        "type": "track",
        "message_id": "m-1",
        "timestamp": 1_795_428_672_345,
        "received_at": 1_795_428_673_000,
        "original_timestamp": None,
        "sent_at": None,
        "name": "Order Completed",
        "user_id": "42",
        "anonymous_id": None,
        "group_id": None,
        "source": "src_1",
        "properties": '{"revenue":99.90,"n":1e2}',
        "traits": None,
        "context": '{"ip":"\\u00e4"}',
        "rest": (
            '{"type":null,"messageId":null,"timestamp":null,"receivedAt":null,"userId":null,'
            '"event":null,"properties":null,"context":null,"integrations":{},"sourceId":null}'
        ),
        "bot": None,
    }
    assert join_body(split_body(BODY)) == BODY


def test_a_field_is_a_name_only_in_its_own_call() -> None:
    """A page has a name; the same field in an identify says nothing, and stays in `rest`."""
    page = split_body(BODY.replace("track", "page").replace('"event":', '"name":'))
    identify = split_body(BODY.replace("track", "identify").replace('"event":', '"name":'))

    assert page["name"] == "Order Completed"
    assert identify["name"] is None
    assert '"name":"Order Completed"' in identify["rest"]


def test_a_text_that_is_not_ours_is_kept_whole() -> None:
    """Its values are in the columns all the same."""
    row = split_body(BODY.replace(":", ": ", 1))

    assert row["rest"].startswith(WHOLE)
    assert row["message_id"] == "m-1"


@pytest.mark.parametrize("column", REQUIRED)
def test_an_event_that_does_not_tell_what_each_row_has_is_kept_whole(column: str) -> None:
    """Whoever fills the column in does not change what comes back."""
    field = {"message_id": "messageId", "received_at": "receivedAt"}.get(column, column)
    body = json.dumps({**json.loads(BODY), field: None}, separators=(",", ":"))
    row = split_body(body)

    assert row[column] is None
    assert join_body({**row, column: "filled in"}) == body


@pytest.mark.parametrize(
    ("context", "mark"),
    [
        ('{"bot":true}', "true"),
        ('{"bot":"Googlebot"}', '"Googlebot"'),
        ('{"bot": {"name": "x"}}', '{"name": "x"}'),
        ('{"bot":false}', None),
        ('{"bot":null}', None),
        ('{"page":{"bot":true}}', None),
        ('["bot"]', None),
        ('"\\"bot\\""', None),
        (None, None),
    ],
)
def test_a_bot_is_marked_in_a_column_of_its_own(context: str | None, mark: str | None) -> None:
    """What is null or false marks nothing, nor does a mark that is not at the context's top."""
    assert bot(context) == mark
