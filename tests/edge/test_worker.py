"""Headwater's Worker in real workerd: events come in, people and deliveries are right."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from headwater.api.admin import admin_routes
from tests.api.twins import World
from tests.edge.face import Face, track


def test_it_is_there(face: Face) -> None:
    """The health check needs no key and no storage."""
    assert face.http.get("/health").json() == {"status": "alive"}


def test_a_batch_becomes_people(face: Face) -> None:
    """Events of one person under two identifiers are one timeline, read after the answer."""
    answer = face.send(
        track("p1", anonymousId="anon-1"),
        {
            "type": "identify",
            "messageId": "p2",
            "userId": "ada",
            "anonymousId": "anon-1",
            "traits": {"email": "ada@example.com", "plan": "pro"},
        },
        track("p3", userId="ada"),
    )
    assert answer.status_code == 200, answer.text

    person = face.read("/v1/people/anonymous_id:anon-1")
    timeline = face.read("/v1/people/email:ada@example.com/events")

    assert person["id"] == "user_id:ada"
    assert person["traits"] == {"email": "ada@example.com", "plan": "pro"}
    assert {event["messageId"] for event in timeline["events"]} == {"p1", "p2", "p3"}


def test_a_stranger_is_refused(face: Face) -> None:
    """A write key and an admin key that nobody made open nothing."""
    events = {"batch": [track("x1", userId="x")]}

    assert face.http.post("/v1/batch", json=events, auth=("wrong", "")).status_code == 401
    assert face.http.get("/v1/sources").status_code == 401
    assert face.http.get("/v1/sources", auth=("wrong", "")).status_code == 401


def test_a_source_made_by_the_admin_api_works_at_once(face: Face) -> None:
    """Its write key is looked for when it is first seen; the rest of the batch is answered."""
    made = face.http.post("/v1/sources", json={"name": "App"}, headers=face.admin)
    assert made.status_code == 201, made.text
    key = made.json()["write_keys"][0]["key"]
    event = track("s1", userId="sourced")

    assert face.http.post("/v1/track", json=event, auth=(key, "")).status_code == 200
    assert face.read("/v1/people/user_id:sourced")["counts"] == {"track": 1}


def test_the_same_message_twice_is_one_event(face: Face) -> None:
    """A retry of what was answered changes nothing."""
    for _ in range(3):
        assert face.send(track("twice", userId="retrier")).status_code == 200

    assert face.read("/v1/people/user_id:retrier")["counts"] == {"track": 1}


def test_a_refused_event_is_kept_with_its_reason(face: Face) -> None:
    """One bad event of a batch is named in the answer, and listed."""
    answer = face.send(track("r1", userId="u"), {"type": "track", "messageId": "r2"})

    assert answer.status_code == 200
    assert [one["messageId"] for one in answer.json()["rejected"]] == ["r2"]
    listed = face.read("/v1/rejected")["rejected"]
    assert "r2" in {one["message_id"] for one in listed}


def test_a_merge_and_its_split(face: Face) -> None:
    """Two people become one by order, and two again, each with their own events."""
    face.send(track("m1", userId="left"), track("m2", userId="right"))
    apart = instant(face, "m2")
    merged = face.http.post(
        "/v1/people/merge",
        json={"first": "user_id:left", "second": "user_id:right"},
        headers=face.admin,
    )
    assert merged.status_code == 200, merged.text
    assert merged.json()["counts"] == {"track": 2}
    links = face.read("/v1/people/user_id:right/links")["links"]
    together = links[-1]["at"]

    split = face.http.post(
        "/v1/people/user_id:left/split",
        json={"link": links[-1]["id"]},
        headers=face.admin,
    )

    assert split.status_code == 200, split.text
    for name, message in (("left", "m1"), ("right", "m2")):
        events = face.read(f"/v1/people/user_id:{name}/events")["events"]
        assert [event["messageId"] for event in events] == [message]
        then = face.read(f"/v1/people/user_id:{name}?at={quote(together)}")
        assert (then["id"], then["counts"]) == ("user_id:left", {"track": 2})
        before = face.read(f"/v1/people/user_id:{name}?at={quote(apart)}")
        assert (before["id"], before["counts"]) == (f"user_id:{name}", {"track": 1})


def test_nobody_is_known_before_their_first_event(face: Face) -> None:
    """Asked for an instant before anything was received, it says so, and of when."""
    before = datetime.now(UTC).isoformat()
    face.send(track("n1", userId="newborn"))

    answer = face.http.get("/v1/people/user_id:newborn", params={"at": before}, headers=face.admin)

    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"


def instant(face: Face, message: str) -> str:
    """Answer when an event of `right` was received, as the server tells the time."""
    events = face.read("/v1/people/user_id:right/events")["events"]
    return next(str(one["receivedAt"]) for one in events if one["messageId"] == message)


def test_accounts_have_members(face: Face) -> None:
    """A group call shapes the account's own profile."""
    call = {
        "type": "group",
        "messageId": "g1",
        "userId": "member",
        "groupId": "acme",
        "traits": {"plan": "gold"},
    }
    assert face.send(call).status_code == 200

    assert face.read("/v1/accounts/acme")["traits"] == {"plan": "gold"}


def test_segments_profile_api_answers(face: Face) -> None:
    """Its clients read the same people."""
    face.send(
        {"type": "identify", "messageId": "sp1", "userId": "segment", "traits": {"color": "teal"}}
    )
    path = "/v1/spaces/default/collections/users/profiles/user_id:segment/traits"

    assert face.read(path)["traits"]["color"] == "teal"


def test_the_document_of_the_admin_api_is_the_local_servers(face: Face) -> None:
    """What is told of each path is uploaded, though comments and other docstrings are not."""
    world = World()
    local = json.loads(json.dumps(admin_routes(world.services()).openapi()))
    world.database.close()

    assert _with_sorted_choices(face.read("/openapi.json")) == _with_sorted_choices(local)


def _with_sorted_choices(value: Any) -> Any:
    """Answer a document without the order of choices: typing keeps one order for equal literals."""
    if isinstance(value, dict):
        return {
            name: sorted(part, key=str) if name == "enum" else _with_sorted_choices(part)
            for name, part in value.items()
        }
    return [_with_sorted_choices(one) for one in value] if isinstance(value, list) else value
