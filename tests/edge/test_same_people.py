"""The same events make the same people on workerd and locally: what the API shows is equal."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.edge.face import Face
from tests.server import Server

SEEDS = range(2)


def history(seed: int) -> list[dict[str, Any]]:
    """Answer events of a few people who share some of their identifiers."""
    rng = random.Random(seed)
    names = [f"s{seed}-u{number}" for number in range(3)]
    events: list[dict[str, Any]] = []
    for number in range(30):
        event: dict[str, Any] = {
            "messageId": f"s{seed}-m{number}",
            "timestamp": f"2026-03-01T10:{number:02d}:00.000Z",
            "type": rng.choice(["track", "page", "identify", "group"]),
            "context": {"ip": "203.0.113.9", "userAgent": "a browser"},
        }
        if rng.random() < 0.6:
            event["userId"] = rng.choice(names)
        if "userId" not in event or rng.random() < 0.5:
            event["anonymousId"] = f"s{seed}-a{rng.randrange(5)}"
        if event["type"] == "track":
            event["event"] = rng.choice(["Played", "Paused"])
        if event["type"] == "identify":
            mail = {"email": f"s{seed}-{rng.randrange(3)}@example.org"}
            event["traits"] = {"n": number, **(mail if rng.random() < 0.4 else {})}
        if event["type"] == "group":
            event["groupId"] = f"s{seed}-g{rng.randrange(2)}"
        events.append(event)
        if rng.random() < 0.1:
            events.append({**rng.choice(events)})  # a retry
    return events


def identifiers(seed: int) -> list[str]:
    """Answer whomever the history may have made."""
    return [
        *(f"user_id:s{seed}-u{number}" for number in range(3)),
        *(f"anonymous_id:s{seed}-a{number}" for number in range(5)),
        *(f"email:s{seed}-{number}@example.org" for number in range(3)),
    ]


def shown(read: Any, seed: int) -> dict[str, Any]:
    """Answer all that the API shows of them, but for when it was received."""
    found: dict[str, Any] = {}
    for name in identifiers(seed):
        for part in ("", "/events", "/links"):
            answer = read(f"/v1/people/{name}{part}")
            found[name + part] = without_receipt(answer.json() if answer.status_code == 200 else {})
    return found


def without_receipt(value: Any) -> Any:
    """Take out what differs by when and where it came: receipt times, and the source's id."""
    if isinstance(value, list):
        return [without_receipt(one) for one in value]
    if not isinstance(value, dict):
        return value
    since = {"first_seen", "last_seen"} if value.get("events") == 0 else set()
    left_out = {"receivedAt", "sentAt", "sourceId", "at", *since}
    return {name: without_receipt(one) for name, one in value.items() if name not in left_out}


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A local server."""
    with Server(tmp_path_factory.mktemp("local") / "data") as running:
        yield running


@pytest.mark.parametrize("seed", SEEDS)
def test_a_history_makes_the_same_people(seed: int, face: Face, local: Server) -> None:
    """Events one after the other end byte for byte the same."""
    for event in history(seed):
        assert face.send(event).status_code == 200
        assert local.send("/v1/batch", {"batch": [event]}).status_code == 200

    on_workerd = shown(lambda path: face.http.get(path, headers=face.admin), seed)
    here = shown(local.read, seed)

    assert on_workerd == here
    people = {answer.get("id") for name, answer in here.items() if "/" not in name}
    assert len(people - {None}) > 0


def test_a_merge_and_its_split_end_the_same(face: Face, local: Server) -> None:
    """Orders too: whom they leave, and with which events."""
    seed = 100
    for event in history(seed):
        face.send(event)
        local.send("/v1/batch", {"batch": [event]})
    order = {"first": f"user_id:s{seed}-u0", "second": f"user_id:s{seed}-u1"}
    face.order("/v1/people/merge", **order)
    local.admin.post("/v1/people/merge", json=order).raise_for_status()
    for links, split in (
        (face.read(f"/v1/people/{order['first']}/links"), face),
        (local.read(f"/v1/people/{order['first']}/links").json(), local),
    ):
        merged = [link["id"] for link in links["links"] if link["reason"] == "merge"]
        path = f"/v1/people/{order['first']}/split"
        if isinstance(split, Face):
            split.order(path, link=merged[0])
        else:
            split.admin.post(path, json={"link": merged[0]}).raise_for_status()

    on_workerd = shown(lambda path: face.http.get(path, headers=face.admin), seed)
    assert on_workerd == shown(local.read, seed)
