"""From a request's bytes to arrivals and rejections."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from headwater.collect.assemble import Circumstances, Collector, reject
from headwater.collect.enrich import Sender
from headwater.collect.envelope import Envelope, open_batch, open_single
from headwater.collect.limits import Limits
from headwater.collect.times import read_time
from headwater.errors import BadRequest
from headwater.workspace import WorkspaceConfig

RECEIVED = read_time("2026-11-22T12:00:00.000Z")
LIMITS = Limits()
COLLECTOR = Collector(WorkspaceConfig("default"))


class Counting:
    """Draws uuid-1, uuid-2 and so on."""

    def __init__(self) -> None:
        self._drawn = itertools.count(1)

    def uuid(self) -> Any:
        return f"uuid-{next(self._drawn)}"

    def uniform(self) -> Any:
        return 0.5


def circumstances() -> Circumstances:
    """Answer what is the same for all events, from somebody's backend."""
    return Circumstances(source="s1", sender=Sender(), received_at=RECEIVED, random=Counting())


def collect(batch: Any, **rest: Any) -> Any:
    """Answer what becomes of a batch that is given as values."""
    body = json.dumps({"batch": batch, **rest}).encode()
    return COLLECTOR.collect(open_batch(body, LIMITS), circumstances())


def collect_one(event: Any, **rest: Any) -> Any:
    """Answer the one arrival of a batch of one."""
    (arrival,) = collect([event], **rest).arrivals
    return arrival


TRACK = {"type": "track", "event": "E", "userId": "u", "messageId": "m"}


def test_an_arrival_has_the_whole_event_in_segments_shape() -> None:
    """Everything that destinations and readers need, and `body` is the same as JSON."""
    arrival = collect_one(
        {
            **TRACK,
            "anonymousId": "a",
            "properties": {"price": 5},
            "timestamp": "2026-11-22T11:00:00Z",
        },
        sentAt="2026-11-22T12:00:00Z",
    )

    assert arrival.event == {
        "type": "track",
        "messageId": "m",
        "timestamp": "2026-11-22T11:00:00.000Z",
        "originalTimestamp": "2026-11-22T11:00:00.000Z",
        "sentAt": "2026-11-22T12:00:00.000Z",
        "receivedAt": "2026-11-22T12:00:00.000Z",
        "userId": "u",
        "anonymousId": "a",
        "event": "E",
        "properties": {"price": 5},
        "context": {"library": {"name": "http"}},
        "integrations": {},
        "sourceId": "s1",
    }
    assert json.loads(arrival.body) == arrival.event
    assert arrival.workspace == "default"
    assert arrival.identifiers == ("user_id:u", "anonymous_id:a")
    assert (arrival.message_id, arrival.type) == ("m", "track")
    assert (arrival.timestamp, arrival.received_at) == (RECEIVED - 3_600_000, RECEIVED)


@pytest.mark.parametrize(
    ("event", "has"),
    [
        ({"type": "identify", "traits": {"a": 1}}, {"traits": {"a": 1}}),
        ({"type": "identify"}, {"traits": {}}),
        ({"type": "identify", "context": {"traits": {"a": 1}}}, {"traits": {"a": 1}}),
        (
            {"type": "identify", "traits": {"b": 1}, "context": {"traits": {"a": 1}}},
            {"traits": {"b": 1}},
        ),
        ({"type": "page", "name": "Home", "category": "C"}, {"name": "Home", "category": "C"}),
        ({"type": "screen", "name": "Home"}, {"name": "Home", "properties": {}}),
        ({"type": "group", "groupId": 7, "traits": {"a": 1}}, {"groupId": "7", "traits": {"a": 1}}),
        ({"type": "alias", "previousId": "p"}, {"previousId": "p", "userId": "u"}),
    ],
)
def test_each_call_keeps_its_own_fields(event: Any, has: Any) -> None:
    """RudderStack's identify has its traits in context only; they are the traits."""
    found = collect_one({"userId": "u", **event}).event

    assert {name: found[name] for name in has} == has


@pytest.mark.parametrize("given_id", [None, ""])
def test_an_event_without_message_id_gets_one(given_id: Any) -> None:
    """From the Random port, each its own."""
    first, second = collect([{**TRACK, "messageId": given_id}] * 2).arrivals

    assert (first.message_id, second.message_id) == ("uuid-1", "uuid-2")
    assert first.event["messageId"] == "uuid-1"


@pytest.mark.parametrize(
    ("event", "batch", "timestamp", "original", "sent"),
    [
        ({}, {}, "12:00:00.000", None, None),
        ({"timestamp": ""}, {}, "12:00:00.000", None, None),
        ({"timestamp": "T10"}, {}, "10:00:00.000", "10:00:00.000", None),
        ({"originalTimestamp": "T10"}, {}, "10:00:00.000", "10:00:00.000", None),
        ({"timestamp": "T10"}, {"sentAt": "T11"}, "11:00:00.000", "10:00:00.000", "11:00:00.000"),
        ({"timestamp": "T10"}, {"sentAt": "junk"}, "10:00:00.000", "10:00:00.000", None),
        (
            {"timestamp": "T10", "sentAt": "T11"},
            {"sentAt": "T13"},
            "11:00:00.000",
            "10:00:00.000",
            "11:00:00.000",
        ),
        (
            {"timestamp": "T10", "sentAt": "junk"},
            {"sentAt": "T13"},
            "09:00:00.000",
            "10:00:00.000",
            "13:00:00.000",
        ),
    ],
)
def test_timestamps_are_corrected_and_the_originals_kept(
    event: Any, batch: Any, timestamp: Any, original: Any, sent: Any
) -> None:
    """PROTOCOLS 1.8; the event's own sentAt goes before the batch's, an unreadable one is none."""

    def real(fields: Any) -> Any:
        return {
            name: value.replace("T1", "2026-11-22T1") + ":00:00Z" if value[:1] == "T" else value
            for name, value in fields.items()
        }

    found = collect_one({**TRACK, **real(event)}, **real(batch)).event

    def time_of(name: Any) -> Any:
        return found[name].removeprefix("2026-11-22T").removesuffix("Z") if name in found else None

    assert time_of("timestamp") == timestamp
    assert time_of("originalTimestamp") == original
    assert time_of("sentAt") == sent
    assert time_of("receivedAt") == "12:00:00.000"


@pytest.mark.parametrize(
    "time", ["yesterday", True, [1], {"$date": 1}, 1e300, "0001-01-01T00:00:00+14:00"]
)
def test_an_unreadable_timestamp_refuses_the_event(time: Any) -> None:
    """Guessing a time would put the event in the wrong place for ever."""
    collected = collect([{**TRACK, "timestamp": time}])

    assert collected.arrivals == ()
    assert [each.code for each in collected.rejections] == ["invalid_timestamp"]


@pytest.mark.parametrize(
    "sent_at", [0, "1970-01-01T00:00:00.000Z", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00"]
)
def test_a_time_of_sending_that_was_never_set_corrects_nothing(sent_at: Any) -> None:
    """Else an event of today would lie as far in the future, and hold its traits until then."""
    said = {**TRACK, "timestamp": "2026-11-22T11:00:00.000Z"}

    of_batch = collect_one(said, sentAt=sent_at)
    of_event = collect_one({**said, "sentAt": sent_at})

    for found in (of_batch, of_event):
        assert found.event["timestamp"] == "2026-11-22T11:00:00.000Z"
        assert "sentAt" not in found.event


def test_a_correction_beyond_the_calendar_refuses_the_event() -> None:
    """Two clocks that far apart are no clocks."""
    collected = collect(
        [{**TRACK, "timestamp": "9999-12-31T00:00:00Z"}], sentAt="0001-01-02T00:00:00Z"
    )

    assert [each.code for each in collected.rejections] == ["invalid_timestamp"]
    assert "once sentAt has corrected it" in collected.rejections[0].message


def test_what_the_batch_says_lies_under_what_the_event_says() -> None:
    """Key by key, on the first level."""
    found = collect_one(
        {**TRACK, "context": {"ip": "mine"}, "integrations": {"A": True}},
        context={"ip": "theirs", "locale": "de"},
        integrations={"A": False, "All": False},
    ).event

    assert found["context"]["ip"] == "mine"
    assert found["context"]["locale"] == "de"
    assert found["integrations"] == {"A": True, "All": False}


def test_one_bad_event_does_not_sink_the_others() -> None:
    """Each is judged alone, in whatever order they come; the answer names the bad ones."""
    events = {
        "good": {**TRACK, "messageId": "good"},
        "nobody": {"type": "track", "event": "E", "messageId": "nobody"},
        "large": {**TRACK, "messageId": "large", "properties": {"x": "y" * 33_000}},
        "untyped": {"messageId": "untyped", "userId": "u"},
        "better": {**TRACK, "messageId": "better"},
    }
    expected = {
        "nobody": "missing_identifier",
        "large": "event_too_large",
        "untyped": "unknown_type",
    }

    for order in itertools.permutations(events):
        collected = collect([events[name] for name in order])

        assert [each.message_id for each in collected.arrivals] == [
            name for name in order if name not in expected
        ]
        assert [(order[each.index], each.code) for each in collected.rejections] == [
            (name, expected[name]) for name in order if name in expected
        ]


def test_events_that_cannot_be_parsed_are_refused_alone() -> None:
    """NaN, broken UTF-8, deep nesting: the event is named by its place and kept as it came."""
    deep = b'{"type":"page","userId":"u","properties":{"a":' + b"[" * 70 + b"]" * 70 + b"}}"
    good = json.dumps(TRACK).encode()
    body = b'{"batch":[{"name":NaN},{"messageId":"x","name":"\xff"},' + deep + b",7," + good + b"]}"

    collected = COLLECTOR.collect(open_batch(body, LIMITS), circumstances())

    assert [(each.index, each.code) for each in collected.rejections] == [
        (0, "number_out_of_range"),
        (1, "invalid_utf8"),
        (2, "too_deep"),
        (3, "invalid_event"),
    ]
    assert collected.rejections[2].body == deep
    assert [each.message_id for each in collected.arrivals] == ["m"]


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ({"type": "page"}, "send a userId or an anonymousId"),
        ({"type": "page", "userId": "null"}, "userId 'null' is a placeholder"),
        ({"type": "alias", "userId": "u", "previousId": "0"}, "An alias needs two real ids"),
        (
            {"type": "alias", "userId": "u", "previousId": "0"},
            "nobody: previousId '0' is a placeholder.",
        ),
        ({"type": "page", "userId": "u" * 501}, "'… has 501 characters, of at most 500"),
        ({"type": "page", "anonymousId": "  "}, "anonymousId '  ' is blank"),
        ({"type": "group", "groupId": "g"}, "send a userId or an anonymousId"),
    ],
)
def test_events_about_nobody_are_refused(event: Any, words: Any) -> None:
    """The message says what was given, and what to send."""
    (rejection,) = collect([event]).rejections

    assert rejection.code == "missing_identifier"
    assert words in rejection.message


def test_any_identifier_is_enough() -> None:
    """An email or an external id names somebody, without userId and anonymousId."""
    arrivals = collect(
        [
            {"type": "identify", "traits": {"email": "a@b.co"}},
            {"type": "page", "context": {"externalIds": [{"type": "crm", "id": "7"}]}},
        ]
    ).arrivals

    assert [each.identifiers for each in arrivals] == [("email:a@b.co",), ("crm:7",)]


def test_nul_and_huge_integers_are_settled_everywhere() -> None:
    """Neither the event, its identifiers, nor its JSON text holds them."""
    arrival = collect_one(
        {**TRACK, "userId": "u\0", "messageId": "m\0", "properties": {"a\0": "b\0", "n": 2**70}}
    )

    assert arrival.identifiers == ("user_id:u",)
    assert arrival.message_id == "m"
    assert arrival.event["properties"] == {"a": "b", "n": float(2**70)}
    assert "u0000" not in arrival.body


def test_a_rejection_keeps_at_most_64_kilobytes() -> None:
    """What is refused must not fill the disk."""
    rejection = reject(b"x" * 100_000, BadRequest("no", code="malformed_json"))

    assert rejection.body == b"x" * 65536


def test_a_single_call_may_be_rejected_too() -> None:
    """With index 0."""
    envelope = open_single(b'{"userId":"u","messageId":"m"}', "track", LIMITS)

    (rejection,) = COLLECTOR.collect(envelope, circumstances()).rejections

    assert (rejection.index, rejection.message_id, rejection.code) == (0, "m", "missing_event")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=5,
)
odd_events = st.fixed_dictionaries(
    {"type": st.sampled_from(["track", "identify", "page", "screen", "group", "alias"])},
    optional=dict.fromkeys(
        ("userId", "anonymousId", "event", "groupId", "previousId", "messageId"), json_values
    )
    | {
        "timestamp": json_values | st.datetimes().map(str),
        "sentAt": json_values | st.datetimes().map(str),
        "properties": json_values,
        "traits": st.dictionaries(st.sampled_from(["email", "phone", "x"]), json_values),
        "context": st.dictionaries(
            st.sampled_from(["page", "traits", "externalIds", "library", "device", "direct"]),
            json_values
            | st.dictionaries(st.sampled_from(["url", "search", "referrer", "id"]), json_values),
        ),
    },
)


@settings(max_examples=300)
@given(
    st.lists(odd_events | json_values, max_size=3),
    st.none() | st.text() | st.integers() | st.lists(st.text()) | st.datetimes().map(str),
)
def test_every_event_arrives_or_is_rejected(events: Any, sent_at: Any) -> None:
    """Whatever the values: no other exception, nothing is lost, and every body is real JSON."""
    body = json.dumps({"batch": events, "sentAt": sent_at}).encode()
    envelope = open_batch(body, LIMITS)

    collected = COLLECTOR.collect(envelope, circumstances())

    assert len(collected.arrivals) + len(collected.rejections) == len(events)
    for arrival in collected.arrivals:
        assert arrival.identifiers
        assert json.loads(arrival.body.encode()) == arrival.event


class Constant:
    """Draws the same each time, so that the number of draws does not show."""

    def uuid(self) -> Any:
        return "uuid"

    def uniform(self) -> Any:
        return 0.5


def outcomes(envelope: Envelope) -> list[Any]:
    """Answer what became of each event of a request, in their order."""
    about = Circumstances(source="s1", sender=Sender(), received_at=RECEIVED, random=Constant())
    collected = COLLECTOR.collect(envelope, about)
    refused = {each.index: (each.code, each.message, each.body) for each in collected.rejections}
    arrivals = iter(collected.arrivals)
    count = len(collected.arrivals) + len(refused)
    return [refused.get(index) or next(arrivals) for index in range(count)]


oddities = st.sampled_from(
    [
        b'{"type":"page","userId":"u\\u0000"}',
        b'{"type":"page","userId":"u","properties":{"n":%d}}' % 2**64,
        b'{"type":"page","userId":"u","properties":{"a":%b1%b}}' % (b"[" * 63, b"]" * 63),
        b'{"type":"page","userId":"u","traits":{"a":"\\ud83d"}}',
        b'{"type":"page","userId":"u","traits":{"a":NaN}}',
        b'{"type":"page","userId":"u","traits":{"a":"\xff"}}',
    ]
)


@settings(max_examples=200)
@given(
    st.lists(odd_events.map(lambda event: json.dumps(event).encode()) | oddities, max_size=5),
    st.none() | st.datetimes().map(lambda moment: f"{moment.isoformat()}Z"),
    st.sampled_from([b"{}", b'{"ip":"1.2.3.4"}', b'{"traits":{"email":"a@b.co"}}']),
)
def test_a_batch_comes_to_what_its_events_come_to_one_by_one(
    events: list[bytes], sent_at: Any, context: bytes
) -> None:
    """What is looked at once for all of a batch changes nothing for any of its events."""
    around = b'],"sentAt":%b,"context":%b}' % (json.dumps(sent_at).encode(), context)

    together = open_batch(b'{"batch":[' + b",".join(events) + around, LIMITS)
    alone = [open_batch(b'{"batch":[' + each + around, LIMITS) for each in events]
    looked_at = [replace(each, depths_unknown=True, may_hold_oddities=True) for each in alone]

    assert outcomes(together) == [outcomes(each)[0] for each in looked_at]


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        (b'{"userId":"1"}', b'{"userId":"1","type":"track"}'),
        (b'{"userId":"1","type":"page"} ', b'{"userId":"1","type":"page","type":"track"}'),
        (b"{ }", b'{"type":"track"}'),
    ],
)
def test_a_refused_single_call_keeps_its_type(raw: bytes, kept: bytes) -> None:
    """What the path said is kept with the event, so that it can be sent through again."""
    rejection = reject(raw, BadRequest("no", code="missing_event"), call="track")

    assert rejection.body == kept
    assert json.loads(rejection.body)["type"] == "track"


def test_what_cannot_be_parsed_is_kept_as_it_came() -> None:
    """Nothing is added to what is no JSON."""
    assert reject(b"{oops", BadRequest("no", code="malformed_json"), call="track").body == b"{oops"
