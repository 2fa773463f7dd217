"""What is an event, and what it is refused for."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import asdict
from pydantic import TypeAdapter, ValidationError

from headwater.collect.events import Event, message_id, read_event
from headwater.errors import BadRequest


def read(event: Any, call: Any = None) -> Any:
    """Answer the type of an event given as a value, and its fields that are not null."""
    kind, fields = read_event(json.dumps(event).encode(), call)
    return kind, {name: value for name, value in asdict(fields).items() if value is not None}


@pytest.mark.parametrize(
    ("event", "call", "kind"),
    [
        ({"type": "track", "event": "E", "userId": "u"}, None, "track"),
        ({"event": "E", "userId": "u"}, "track", "track"),
        ({"type": "page", "event": "E", "userId": "u"}, "track", "track"),
        ({"type": None, "userId": "u"}, "identify", "identify"),
        ({"type": "page", "anonymousId": "a"}, None, "page"),
        ({"type": "screen", "anonymousId": "a"}, None, "screen"),
        ({"type": "group", "userId": "u", "groupId": "g"}, None, "group"),
        ({"type": "alias", "userId": "u", "previousId": "p"}, None, "alias"),
    ],
)
def test_the_six_calls_are_accepted(event: Any, call: Any, kind: Any) -> None:
    """The address decides the type where it has one, else the event."""
    assert read(event, call)[0] == kind


@pytest.mark.parametrize(
    ("given_id", "expected"),
    [("42", "42"), (42, "42"), (4.5, "4.5"), (10**25, "1" + "0" * 25), (-1, "-1")],
)
def test_numbers_are_accepted_as_ids(given_id: Any, expected: Any) -> None:
    """PROTOCOLS 1.4: SDKs may send numbers; all their digits are kept."""
    _, fields = read({"userId": given_id, "event": "E"}, "track")

    assert fields["userId"] == expected


@pytest.mark.parametrize("name", ["userId", "messageId", "properties", "context", "timestamp"])
def test_null_is_the_same_as_absent(name: Any) -> None:
    """segment-analytics-python sends explicit nulls."""
    _, fields = read({"event": "E", "anonymousId": "a", name: None}, "track")

    assert not fields.get(name)


def test_unknown_keys_are_ignored() -> None:
    """SDKs add `_metadata`, `channel` and more."""
    _, fields = read(
        {"event": "E", "userId": "u", "_metadata": {"x": 1}, "channel": "web"}, "track"
    )

    assert set(fields) == {"event", "userId"}


@pytest.mark.parametrize("name", ["properties", "traits", "context", "integrations"])
def test_phps_empty_objects_are_forgiven(name: Any) -> None:
    """`json_encode([])` is `[]`, also where an object is meant."""
    _, fields = read({"event": "E", "userId": "u", name: []}, "track")

    assert fields[name] == {}


@pytest.mark.parametrize(
    ("event", "code", "words"),
    [
        ([], "invalid_event", "must be a JSON object"),
        ("track", "invalid_event", "must be a JSON object"),
        (None, "invalid_event", "must be a JSON object"),
        ({}, "unknown_type", "type is missing"),
        ({"type": "trak"}, "unknown_type", '"trak" is none of track'),
        ({"type": "Track"}, "unknown_type", "none of"),
        ({"type": "batch"}, "unknown_type", "none of"),
        ({"type": "track", "userId": "u"}, "missing_event", "event is missing"),
        ({"type": "track", "userId": "u", "event": " "}, "missing_event", "event is missing"),
        ({"type": "group", "userId": "u"}, "missing_group_id", "groupId is missing"),
        ({"type": "alias", "userId": "u"}, "missing_previous_id", "previousId is missing"),
        ({"type": "alias", "previousId": "u"}, "missing_user_id", "userId is missing"),
        ({"type": "page", "userId": True}, "invalid_field", "userId must be a text"),
        ({"type": "page", "userId": {"$oid": "x"}}, "invalid_field", 'but is {"$oid": "x"}'),
        ({"type": "page", "userId": ["u"]}, "invalid_field", "userId must be a text"),
        ({"type": "page", "properties": "x"}, "invalid_field", "properties must be an object"),
        ({"type": "page", "properties": [1]}, "invalid_field", "properties must be an object"),
        ({"type": "page", "context": 5}, "invalid_field", "context must be an object"),
        ({"type": "page", "messageId": "m" * 256}, "invalid_message_id", "255"),
        ({"type": "group", "groupId": "g" * 501}, "invalid_group_id", "500"),
        ({"type": "page", "properties": [], "traits": 1}, "invalid_field", "traits must be"),
    ],
)
def test_refusals_name_the_field_and_what_was_given(event: Any, code: Any, words: Any) -> None:
    """Each mistake has its code, and a message that helps."""
    with pytest.raises(BadRequest) as raised:
        read(event)

    assert raised.value.code == code
    assert words in raised.value.message


def test_what_was_given_is_shortened_in_the_message() -> None:
    """A message stays readable however large the mistake is."""
    with pytest.raises(BadRequest) as raised:
        read({"type": "page", "userId": ["x" * 5000]})

    assert len(raised.value.message) < 200


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b'{"messageId":"m1"}', "m1"),
        (b'{"messageId":""}', None),
        (b'{"messageId":5}', None),
        (b'{"messageId":"%b"}' % (b"m" * 300), "m" * 255),
        (b"[]", None),
        (b"{", None),
    ],
)
def test_a_refused_events_message_id_is_found_if_it_can_be(raw: Any, expected: Any) -> None:
    """So that its sender finds it again."""
    assert message_id(raw) == expected


fields = st.sampled_from(
    ["type", "userId", "event", "groupId", "previousId", "properties", "context", "messageId"]
)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(alphabet=st.characters(), max_size=8)
    | st.sampled_from(["track", "page"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)


names = st.sampled_from(
    ["type", "userId", "name", "timestamp", "properties", "traits", "context", "_metadata"]
)
numbers = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
plain_values = st.none() | numbers | st.text(st.characters(codec="utf-8", exclude_characters="\0"))


@given(
    st.dictionaries(
        names, plain_values | st.dictionaries(st.sampled_from("ab"), plain_values, min_size=1)
    )
)
def test_the_fields_are_those_that_the_model_makes_of_them(event: Any) -> None:
    """What is plainly right is read without asking the model, and comes out as the model's."""
    event = {"type": "page", **event}
    try:
        expected = TypeAdapter(Event).validate_python(event)
    except ValidationError:
        with pytest.raises(BadRequest, match="must be"):
            read(event)
    else:
        assert read(event, "page")[1] == {
            name: value for name, value in expected.items() if value is not None
        }


@given(st.dictionaries(fields, values), st.sampled_from([None, "track", "alias"]))
def test_reading_raises_nothing_but_its_own_errors(event: Any, call: Any) -> None:
    """Any value in any field is read, or refused with 400."""
    with suppress(BadRequest):
        kind, read_fields = read(event, call)

        assert kind in {"track", "identify", "page", "screen", "group", "alias"}
        assert json.dumps(read_fields, ensure_ascii=False).encode()
