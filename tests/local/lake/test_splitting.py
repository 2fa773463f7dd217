"""Tests of `headwater.local.lake.splitting`: the same as `split_body`, for many at once."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.actors.audience_events import membership_event
from headwater.actors.identity_state import Root
from headwater.audiences.audience import Audience
from headwater.collect import json_text
from headwater.collect.events import Fields
from headwater.lake.event_rows import join_body, split_body
from headwater.local.lake.arrow import python_rows
from headwater.local.lake.event_fields import FIELDS
from headwater.local.lake.joined_texts import JoinedTexts
from headwater.local.lake.splitting import Split, split
from tests.lake.test_event_rows import BODY, EVENTS

KINDS = ("track", "identify", "page", "screen", "group", "alias")


def same(bodies: list[str]) -> None:
    """Hold the columns against those of one event at a time."""
    rows = list(python_rows(split([body.encode() for body in bodies])))

    assert rows == [{name: row[name] for name in rows[0]} for row in map(split_body, bodies)]
    assert [join_body(row) for row in rows] == bodies


def alone(bodies: list[str]) -> int:
    """Answer how many of these are looked at one by one."""
    return len(Split(JoinedTexts.of(body.encode() for body in bodies)).others)


def event(kind: str, **fields: Any) -> str:
    """Answer an event as it is written, of all fields that its type has."""
    text = json.loads(BODY)
    del text["event"], text["properties"]
    names = {"track": {"event": "Ö"}, "page": {"name": "P", "category": "c"}}.get(kind, {})
    content = {"identify": "traits", "group": "traits", "alias": None}.get(kind, "properties")
    body = {
        "type": kind,
        "messageId": "m-1",
        "timestamp": text["timestamp"],
        "originalTimestamp": text["timestamp"],
        "sentAt": text["receivedAt"],
        "receivedAt": text["receivedAt"],
        "userId": "42",
        "anonymousId": "a",
        **names,
        **({"groupId": "acme"} if kind == "group" else {}),
        **({"previousId": "p"} if kind == "alias" else {}),
        **({content: {"a": [1, {"b": None}], "c": 'qu"ote'}} if content else {}),
        "context": {"ip": "::1", "page": {"url": "https://x.org/ä"}},
        "integrations": {"All": True},
        "sourceId": "src_1",
    }
    return json_text.encode({**body, **fields})


def test_what_headwater_writes_is_split_at_once() -> None:
    """Each type, with all of its fields, needs no second look."""
    bodies = [event(kind, messageId=f"m-{n}") for n in range(3) for kind in KINDS]
    same(bodies)
    assert alone(bodies) == 0


def sourceless(text: str) -> str:
    """Answer an event as it would be written had it come from no source."""
    return text.replace(',"sourceId":"src_1"', "")


def test_what_came_from_no_source_is_split_at_once() -> None:
    """So are memberships, of which Headwater tells itself; those with a source beside them, too."""
    root = Root(standing=(0, 0, "user_id:42"), ids={"user_id:42": {}, "email:a@x.org": {}})
    told = [
        membership_event(
            Audience("aud_1", "big", "Big", "{}", destinations=to),
            "default/user_id:42",
            root,
            entered=entered,
            at=1_700_000_000_000,
            number=1,
            now=1_700_000_000_500,
        ).body
        for entered in (True, False)
        for to in ((), ("webhook",))
    ]
    bodies = [*told, *(sourceless(event(kind)) for kind in KINDS), event("track")]
    same(bodies)
    assert alone(bodies) == 0
    same(told)
    assert alone(told) == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"integrations": {"integrations": {}, "sourceId": "x"}},
        {"integrations": {"a": {"b": 1, "integrations": {}}}},
        {"integrations": []},
        {"context": {"a": 1, "integrations": {}}, "integrations": None},
        {"context": {"a": 1, "sourceId": "x"}},
    ],
    ids=str,
)
def test_without_a_source_nothing_else_is_taken_for_it(fields: dict[str, Any]) -> None:
    """What looks like a source, or like integrations, further inside comes back as it was."""
    others = sourceless(event("track")), event("page")
    same([others[0], sourceless(event("track", **fields)), others[1]])
    text = sourceless(event("track", **fields)).replace(',"integrations":null', "")
    same([others[0], text, others[1]])


@pytest.mark.parametrize(
    "fields",
    [
        {"userId": 'a"b'},
        {"userId": "a\\b", "anonymousId": "line\nbreak"},
        {"userId": 42},
        {"timestamp": "2026-02-30T10:11:12.345Z"},
        {"timestamp": "2026-11-23 10:11:12.345Z"},
        {"timestamp": "0999-11-23T10:11:12.345Z"},
        {"sentAt": "2026-11-23T10:11:12.3456"},
        {"sentAt": None},
        {"context": {"context": {"integrations": {}}, "x": 1}},
        {"properties": {"context": {}, "properties": {"a": 1}}},
        {"properties": {"x": {}, "context": {}, "integrations": {}, "sourceId": "s"}},
        {"properties": ',"context":{"a":1}'},
        {"integrations": {"integrations": {}, "sourceId": "x"}},
        {"integrations": []},
        {"context": {"bot": True}},
        {"context": {"bot": {"name": "B"}}},
        {"context": {"page": {"title": 'the "bot"'}}},
        {"context": []},
        {"sourceId": 'q"'},
        {"sourceId": None},
        {"type": "unknown"},
        {"unknown": 1},
        {"name": "of something else"},
    ],
    ids=str,
)
def test_what_is_not_as_usual_comes_out_the_same(
    fields: dict[str, Any],
) -> None:
    """It is looked at alone where that is needed; its neighbours are not disturbed."""
    same([event("track"), event("track", **fields), event("identify", **fields)])


BEFORE = '{"type":"track","messageId":"m","timestamp":"2026-11-23T10:11:12.345Z",'
BEHIND = '"context":{},"integrations":{},"sourceId":"s"}'
TIME = '"receivedAt":"2026-11-23T10:11:12.345Z"'


@pytest.mark.parametrize(
    "body",
    [
        f'{BEFORE}{TIME},"userId":"1","userId":"1","event":"E",{BEHIND}',
        f'{BEFORE}"userId":"1",{TIME},"event":"E",{BEHIND}',
        f'{BEFORE}{TIME},"event":"E",{BEHIND[:-1]}, "userId":"1"}}',
        f'{BEFORE}{TIME},"event":"\\u0045",{BEHIND}',
        f'{BEFORE}{TIME},"event":null,{BEHIND}',
        f'{BEFORE}{TIME},"event":"E","properties":null,{BEHIND}',
        f'{BEFORE}{TIME},"event":"E","properties":1234,"properties":{{}},{BEHIND}',
        f'{BEFORE}{TIME},"event":"E","more":{{}},{BEHIND}',
        f'{BEFORE}{TIME},"event":"E",{BEHIND[:-1]},"more":{{}}}}',
        f'{BEFORE}"sentAt":"",{TIME},"event":"E",{BEHIND}',
        "{}",
    ],
    ids=str,
)
def test_no_two_ways_of_writing_an_event_are_taken_for_one(body: str) -> None:
    """Twice the same field, another order, spaces, escapes: each comes back as it was."""
    usual = f'{BEFORE}{TIME},"userId":"1","event":"E","properties":{{}},{BEHIND}'
    same([usual, body, usual])
    assert alone([usual, body, usual]) == 1


@pytest.mark.parametrize(
    "between", ['"properties":{},"more":{},"context":{}', '"context":{},"more":{}'], ids=str
)
def test_what_nobody_writes_among_the_objects_comes_back_too(between: str) -> None:
    """It is in a column where it has no business, since texts are not parsed; nothing is lost."""
    body = f'{BEFORE}{TIME},"event":"E",{between},"integrations":{{}},"sourceId":"s"}}'
    (row,) = python_rows(split([body.encode()]))

    assert join_body(row) == body


def test_the_fields_are_those_that_are_encoded() -> None:
    """A field that events come to have is to be told where it stands among the others."""
    assert Fields.__struct_fields__ == FIELDS


NESTED = st.recursive(
    st.sampled_from([None, 1, "", "}", ',"context":{}', ',"integrations":{},"sourceId":"', "\\"]),
    lambda values: st.dictionaries(
        st.sampled_from(["a", "context", "traits", "integrations", "sourceId", "properties"]),
        st.one_of(values, st.lists(values, max_size=2)),
        max_size=3,
    ),
    max_leaves=8,
).filter(lambda value: isinstance(value, dict))


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {"context": NESTED, "integrations": NESTED},
            optional={
                "properties": NESTED,
                "traits": NESTED,
                "sourceId": st.sampled_from(["s", "web"]),
            },
        ),
        min_size=1,
        max_size=5,
    )
)
def test_keys_within_objects_are_not_taken_for_fields(events: list[dict[str, Any]]) -> None:
    """Whatever an event's objects hold, they end where they end."""
    time = "2026-11-23T10:11:12.345Z"
    written = [
        Fields(type="track", messageId="m", timestamp=time, receivedAt=time, event="E", **each)
        for each in events
    ]
    same([msgspec.json.encode(each).decode() for each in written])


def test_many_events_keep_their_order() -> None:
    """Also where they are split in several parts, and some of each alone."""
    bodies = [
        event("track", messageId=f"m-{number}", **({"unknown": 1} if number % 7 == 3 else {}))
        for number in range(2_001)
    ]
    same(bodies)


@pytest.mark.parametrize("body", [b"[]", b"{", b"", b'{"a":1},{"b":2}', b'"text"'])
def test_what_is_no_object_is_told(body: bytes) -> None:
    """A text that no event can be is an error, whatever stands beside it."""
    with pytest.raises(msgspec.DecodeError):
        split([event("track").encode(), body])


@settings(max_examples=60, deadline=None)
@given(st.lists(EVENTS, min_size=1, max_size=4), st.sampled_from([None, 1]))
def test_every_event_is_split_as_it_would_be_alone(
    events: list[dict[str, Any]], indent: int | None
) -> None:
    """Whatever events hold, however they are written."""
    bodies = [json_text.encode(each) for each in events]
    bodies += [json.dumps(each, indent=indent) for each in events]
    same(bodies)
