"""The six calls, without a network."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from headwater.client.calls import Calls
from headwater.client.errors import InvalidEvent


class Kept(Calls[str]):
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def _put(self, message_id: str, body: bytes) -> str:
        self.events.append(json.loads(body))
        return message_id


def called(call: str, *args: Any, **kwargs: Any) -> dict[str, Any]:
    """Answer the event of one call, without what every event has."""
    calls = Kept()
    message_id = getattr(calls, call)(*args, **kwargs)
    (event,) = calls.events
    assert event.pop("messageId") == message_id
    assert event.pop("type") == call
    assert datetime.fromisoformat(event.pop("timestamp")).tzinfo == UTC
    assert event.pop("context")["library"]["name"] == "headwater-python"
    return event


@pytest.mark.parametrize(
    ("call", "args", "kwargs", "event"),
    [
        (
            "track",
            ("u", "Bought", {"price": 1}),
            {},
            {"userId": "u", "event": "Bought", "properties": {"price": 1}},
        ),
        (
            "track",
            (),
            {"anonymous_id": "a", "event": "Seen"},
            {"anonymousId": "a", "event": "Seen", "properties": {}},
        ),
        ("identify", ("u", {"plan": "pro"}), {}, {"userId": "u", "traits": {"plan": "pro"}}),
        (
            "page",
            ("u", "Docs", "Python", {"url": "/p"}),
            {},
            {"userId": "u", "category": "Docs", "name": "Python", "properties": {"url": "/p"}},
        ),
        ("page", ("u",), {}, {"userId": "u", "properties": {}}),
        ("screen", ("u",), {"name": "Home"}, {"userId": "u", "name": "Home", "properties": {}}),
        (
            "group",
            ("u", 42, {"seats": 3}),
            {},
            {"userId": "u", "groupId": "42", "traits": {"seats": 3}},
        ),
        ("alias", ("old", "new"), {}, {"previousId": "old", "userId": "new"}),
    ],
)
def test_a_call_becomes_segments_event(
    call: str, args: tuple[Any, ...], kwargs: dict[str, Any], event: dict[str, Any]
) -> None:
    """Arguments by position stand as in Segment's library; nulls are left out."""
    assert called(call, *args, **kwargs) == event


def test_a_message_id_of_ones_own_is_kept() -> None:
    """It is what makes sending twice harmless."""
    assert Kept().track("u", "E", message_id="order-456") == "order-456"


def test_every_event_gets_its_own_message_id() -> None:
    """Nothing is deduplicated that was not meant to be."""
    calls = Kept()

    assert len({calls.track("u", "E") for _ in range(100)}) == 100


@pytest.mark.parametrize(
    ("call", "kwargs", "words"),
    [
        ("track", {"event": "E"}, "user_id and anonymous_id are both missing"),
        ("identify", {}, "user_id and anonymous_id are both missing"),
        ("track", {"user_id": "u"}, "event is missing"),
        ("track", {"user_id": "u", "event": " "}, "event is missing"),
        ("track", {"user_id": "u", "event": 7}, "event is missing or not text"),
        ("track", {"user_id": "u", "event": "E", "properties": [1]}, "properties is of type list"),
        ("identify", {"user_id": "u", "traits": "pro"}, "traits is of type str"),
        ("identify", {"user_id": "u", "context": 1}, "context is of type int"),
        ("identify", {"user_id": "u", "integrations": []}, "integrations is of type list"),
        ("page", {"user_id": "u", "name": 5}, "page: name"),
        ("group", {"user_id": "u"}, "group_id is missing"),
        ("group", {"group_id": "g"}, "user_id and anonymous_id are both missing"),
        ("alias", {"user_id": "u"}, "previous_id is missing"),
        ("alias", {"previous_id": "u"}, "user_id is missing"),
        ("identify", {"user_id": ""}, "user_id is empty"),
        ("identify", {"user_id": "u", "message_id": ""}, "message_id is empty"),
        ("identify", {"user_id": "u", "timestamp": 5}, "timestamp is of type int"),
    ],
)
def test_a_mistake_raises_where_it_is_made(call: str, kwargs: dict[str, Any], words: str) -> None:
    """The message names the call and the argument, and nothing is queued."""
    calls = Kept()

    with pytest.raises(InvalidEvent) as caught:
        getattr(calls, call)(**kwargs)
    assert words in str(caught.value)
    assert str(caught.value).startswith(call)
    assert calls.events == []


def test_an_unknown_argument_is_a_type_error() -> None:
    """As for any function of Python's, and with what there is."""
    calls: Any = Kept()

    with pytest.raises(TypeError, match="'userid'; besides its own: context, timestamp"):
        calls.identify("u", userid="v")
