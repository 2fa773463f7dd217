"""A request's events are cut from it without being parsed."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.collect.envelope import open_batch, open_single, write_key
from headwater.collect.limits import Limits
from headwater.errors import BadRequest, HeadwaterError, TooLarge, Unauthorized

LIMITS = Limits()


def test_a_batch_is_cut_into_its_events_as_they_were_written() -> None:
    """Each event keeps its own bytes, spaces and all; what is said once is there too."""
    body = (
        b'{"batch": [ {"a" : 1} , {"b":"\\u00e9"}], "writeKey":"wk", "sentAt":"now",'
        b' "context":{"ip":"1.2.3.4"}, "integrations":{"All":false}, "other":[1]}'
    )

    envelope = open_batch(body, LIMITS)

    assert [bytes(event) for event in envelope.events] == [b'{"a" : 1}', b'{"b":"\\u00e9"}']
    assert envelope.type is None
    assert envelope.write_key == "wk"
    assert envelope.sent_at == "now"
    assert envelope.context == {"ip": "1.2.3.4"}
    assert envelope.integrations == {"All": False}
    assert not envelope.depths_unknown


@pytest.mark.parametrize(
    "body",
    [
        b'{"batch":[]}',
        b'{"batch":[],"context":null,"integrations":null,"sentAt":null,"writeKey":null}',
        b'{"batch":[],"context":[],"writeKey":5}',
    ],
)
def test_what_a_batch_does_not_say_is_empty(body: Any) -> None:
    """Null is absent, PHP's empty list an empty object, a key that is no text no key."""
    envelope = open_batch(body, LIMITS)

    assert [bytes(event) for event in envelope.events] == []
    assert envelope.context == {}
    assert envelope.integrations == {}
    assert write_key(envelope) is None


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "malformed_json"),
        (b'{"batch":[', "malformed_json"),
        (b'{"batch":[{"a":tru}]}', "malformed_json"),
        (b'{"batch":[],"sentAt":"\xff"}', "invalid_utf8"),
        (b'{"batch":[],"context":{"a":NaN}}', "number_out_of_range"),
        (b"{}", "invalid_batch"),
        (b'{"batch":null}', "invalid_batch"),
        (b'{"batch":{"0":{}}}', "invalid_batch"),
        (b"[{}]", "invalid_batch"),
        (b"7", "invalid_batch"),
        (b'{"batch":[],"context":"x"}', "invalid_batch"),
        (b'{"batch":[],"integrations":true}', "invalid_batch"),
        (b'{"batch":[' + b"1," * 2500 + b"1]}", "too_many_events"),
        (b'{"batch":[' + b"[" * 300 + b"]" * 300 + b"]}", "too_deep"),
        (b" " * (500 * 1024 + 1), "body_too_large"),
    ],
)
def test_batches_that_are_refused_whole(body: Any, code: Any) -> None:
    """What is wrong with the batch itself has a code for each reason."""
    with pytest.raises(HeadwaterError) as raised:
        open_batch(body, LIMITS)

    assert raised.value.code == code


def test_one_unreadable_event_leaves_the_others_cut() -> None:
    """NaN, half an emoji and broken UTF-8 in one event are that event's own trouble."""
    body = b'{"batch":[{"a":NaN},{"b":"\\ud83d"},{"c":"\xff"},{"d":1}]}'

    assert [bytes(event) for event in open_batch(body, LIMITS).events] == [
        b'{"a":1e999}',
        b'{"b":"\\ufffd"}',
        b'{"c":"\xff"}',
        b'{"d":1}',
    ]


def test_a_deep_event_is_left_to_be_refused_alone() -> None:
    """Deeper than an event may be, but not dangerous to cut: only the deep one will be refused."""
    deep = b"[" * 100 + b"]" * 100

    envelope = open_batch(b'{"batch":[' + deep + b",{}]}", LIMITS)

    assert envelope.depths_unknown
    assert len(envelope.events) == 2


def test_events_may_be_exactly_as_deep_as_allowed() -> None:
    """The batch around them does not count."""
    deepest = b"[" * 64 + b"]" * 64

    assert not open_batch(b'{"batch":[' + deepest + b"]}", LIMITS).depths_unknown


def test_a_single_call_is_its_own_event() -> None:
    """Its type is the address's."""
    envelope = open_single(b'{"userId":"u"}', "track", LIMITS)

    assert envelope.type == "track"
    assert envelope.events == (b'{"userId":"u"}',)


@pytest.mark.parametrize(
    ("body", "code"),
    [(b" " * (33 * 1024 + 1), "event_too_large"), (b"[" * 65 + b"]" * 65, "too_deep")],
)
def test_single_calls_that_are_refused_before_parsing(body: Any, code: Any) -> None:
    """Size and depth are looked at first; the envelope may add a kilobyte to the event."""
    open_single(b" " * 33 * 1024, "track", LIMITS)

    with pytest.raises(BadRequest) as raised:
        open_single(body, "track", LIMITS)

    assert raised.value.code == code


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"writeKey": "a", "batch": [{"writeKey": "b"}]}, "a"),
        ({"batch": [{"writeKey": "b"}, {}, {"writeKey": "b"}]}, "b"),
        ({"batch": [{"writeKey": ""}, {"writeKey": None}, {"writeKey": 5}, 7]}, None),
    ],
)
def test_the_write_key_is_the_batchs_or_its_events(body: Any, expected: Any) -> None:
    """The batch's own goes first; analytics.js puts the key into every event."""
    assert write_key(open_batch(json.dumps(body).encode(), LIMITS)) == expected


def test_events_of_different_keys_do_not_share_a_batch() -> None:
    """Nobody's events end up in somebody else's source."""
    body = b'{"batch":[{"writeKey":"a"},{"writeKey":"b"}]}'

    with pytest.raises(Unauthorized) as raised:
        write_key(open_batch(body, LIMITS))

    assert raised.value.code == "several_write_keys"


@given(st.binary(max_size=200) | st.text(alphabet='{}[]",:\\batch1Nu', max_size=60).map(str.encode))
def test_opening_raises_nothing_but_its_own_errors(body: Any) -> None:
    """Arbitrary bytes are opened, or refused with 400 or 413."""
    for prefix in (b"", b'{"batch":[', b'{"batch":[],"context":'):
        with suppress(BadRequest, Unauthorized, TooLarge):
            write_key(open_batch(prefix + body, LIMITS))
