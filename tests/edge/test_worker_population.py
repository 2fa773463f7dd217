"""Everybody at once on real workerd: questions, audiences' lists, and looking at everybody."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest

from headwater.actors.population import SHARDS, shard_of
from tests.edge.face import Face, track
from tests.edge.workerd import Workerd
from tests.server import Server

LAKE = {"HEADWATER_LAKE": "auto"}
PEOPLE = 12
OVER = "2026-03-01..2026-03-28"
HEARD = 60.0
"""Seconds in which shards must have heard of an event, on a machine with much else to do."""

QUESTIONS: dict[str, dict[str, Any]] = {
    "trend of people": {
        "question": "trend",
        "series": [
            {"events": "Pop Viewed"},
            {"events": "Pop Viewed", "measure": "people"},
            {"events": "Pop Ordered", "measure": "sum", "property": "properties.total"},
            {"events": "Pop Ordered", "measure": "median", "property": "properties.total"},
        ],
        "interval": "week",
    },
    "trend by property": {
        "question": "trend",
        "series": [{"events": "Pop Ordered", "measure": "average", "property": "properties.total"}],
        "breakdown": {"by": "property", "name": "properties.sku"},
        "compare": "previous_period",
    },
    "trend by trait": {
        "question": "trend",
        "series": [{"events": "Pop Viewed"}],
        "interval": None,
        "breakdown": {"by": "trait", "name": "plan"},
        "people": {"attribute": "plan", "operator": "exists"},
    },
    "trend of an account": {
        "question": "trend",
        "series": [{"events": "Pop Viewed"}],
        "interval": None,
        "people": {
            "type": "account",
            "where": [{"path": "tier", "operator": "equals", "value": "gold"}],
        },
    },
    "funnel": {
        "question": "funnel",
        "steps": ["Pop Viewed", "Pop Added", "Pop Ordered"],
        "within": "7d",
        "breakdown": {"by": "trait", "name": "plan"},
    },
    "retention": {
        "question": "retention",
        "start": "Pop Viewed",
        "back": "Pop Ordered",
        "interval": "week",
        "periods": 3,
    },
    "paths": {"question": "paths", "anchor": "Pop Viewed", "steps": 2, "within": "5d"},
    "list": {
        "question": "list",
        "by": {"events": "Pop Ordered", "measure": "sum", "property": "properties.total"},
        "traits": ["plan"],
    },
    "stickiness": {"question": "stickiness", "events": "Pop Viewed", "interval": "day"},
    "lifecycle": {"question": "lifecycle", "events": "Pop Viewed", "interval": "week"},
    "attribution": {
        "question": "attribution",
        "conversion": "Pop Ordered",
        "value": "properties.total",
        "model": "linear",
        "by": ["source"],
        "within": "30d",
    },
}


def history() -> list[dict[str, Any]]:
    """Answer a month of a dozen people: some known by two identifiers, some in an account."""
    rng = random.Random(5)
    events: list[dict[str, Any]] = []
    for number in range(PEOPLE):
        own = {"userId": f"pop-{number}"}
        identify: dict[str, Any] = {**own, "type": "identify", "messageId": f"pop-i{number}"}
        if number % 3:
            identify["traits"] = {"plan": rng.choice(["free", "pro"])}
        if number % 2:
            identify["anonymousId"] = f"pop-a{number}"
        events.append({**identify, "timestamp": "2026-03-01T00:00:00Z"})
        if number % 4 == 0:
            group = {**own, "type": "group", "messageId": f"pop-g{number}", "groupId": "pop-acme"}
            events.append({**group, "traits": {"tier": "gold"}})
        for step in range(rng.randrange(6, 14)):
            name = rng.choice(["Pop Viewed", "Pop Viewed", "Pop Added", "Pop Ordered"])
            by = {"anonymousId": f"pop-a{number}"} if number % 2 and step % 3 == 0 else own
            at = f"2026-03-{rng.randrange(1, 28):02d}T{rng.randrange(24):02d}:{step:02d}:00Z"
            campaign = {"campaign": {"source": rng.choice(["news", "search"])}}
            event = track(f"pop-{number}-{step}", event=name, timestamp=at, **by)
            event["properties"] = {"total": rng.randrange(1, 90), "sku": rng.choice("AB")}
            event["context"] = campaign if rng.random() < 0.3 else {}
            events.append(event)
    return events


def counted(face: Face, event: str) -> int:
    """Answer how many events of a name the shards know of."""
    question = {"question": "trend", "series": [{"events": event}], "interval": None}
    table = face.order("/v1/questions", **question, over="ever")
    return int(table["rows"][0][-1]) if table["rows"] else 0


def ask_until(face: Face, event: str, count: int) -> None:
    """Wait until the shards know of so many events of a name."""
    face.eventually(lambda: counted(face, event) == count, HEARD)


@pytest.fixture(scope="module")
def twins(
    running_application: Workerd, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Face, Server]]:
    """The Worker and a local server that were sent the same events."""
    face = Face(running_application)
    events = history()
    with Server(tmp_path_factory.mktemp("local") / "data", environment=LAKE) as local:
        for start in range(0, len(events), 10):
            part = events[start : start + 10]
            assert face.send(*part).status_code == 200
            assert local.send("/v1/batch", {"batch": part}).status_code == 200
        for name in ("Pop Viewed", "Pop Added", "Pop Ordered"):
            ask_until(face, name, sum(one.get("event") == name for one in events))
        yield face, local
    face.http.close()


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_is_answered_as_locally(
    edge: Workerd, twins: tuple[Face, Server], name: str
) -> None:
    """The same table, though people are spread over shards of SQLite, not in one DuckDB."""
    face, local = twins
    question = {"over": OVER, **QUESTIONS[name]}

    there = face.order("/v1/questions", **question)
    here = local.admin.post("/v1/questions", json=question).raise_for_status().json()

    assert (there["columns"], there["rows"]) == (here["columns"], here["rows"])
    assert there["rows"]
    assert there["exact"]
    assert "some seconds after" in there["notes"][-1]


def test_an_audience_is_decided_for_those_who_are_there(
    edge: Workerd, twins: tuple[Face, Server]
) -> None:
    """Everybody is looked at; lists, sizes and explanations are those of the local server."""
    face, local = twins
    condition = {
        "and": [
            {"type": "event", "event": {"name": "Pop Ordered"}},
            {"attribute": "plan", "operator": "eq", "value": "pro"},
        ]
    }
    order = {"name": "Pop buyers", "key": "pop_buyers", "condition": condition}
    preview = face.order("/v1/audiences/preview", condition=condition)
    theirs = local.admin.post("/v1/audiences/preview", json={"condition": condition}).json()
    assert (preview["count"], preview["is_exact"]) == (theirs["count"], True)
    assert sorted(preview["sample"]) == sorted(theirs["sample"])
    assert 0 < preview["count"] < PEOPLE

    face.order("/v1/audiences", **order)
    local.admin.post("/v1/audiences", json=order).raise_for_status()
    state = face.until("/v1/audiences/backfill", lambda one: one["finished"], HEARD)
    assert state["done"] == state["total"] >= PEOPLE
    face.until(
        "/v1/audiences/pop_buyers/count", lambda one: one["count"] == preview["count"], HEARD
    )

    listed: list[str] = []
    page: dict[str, Any] = {"next": ""}
    while page["next"] is not None:
        page = face.read(f"/v1/audiences/pop_buyers/members?limit=2&cursor={page['next']}")
        listed += [one["person"] for one in page["members"]]
    assert sorted(listed) == sorted(preview["sample"])
    assert face.read(f"/v1/audiences/pop_buyers/explain/{listed[0]}")["member"] is True

    with face.http.stream("GET", "/v1/audiences/pop_buyers/live", headers=face.admin) as live:
        first = next(line for line in live.iter_lines() if line.startswith("data:"))
    assert first == f'data: {{"count": {preview["count"]}}}'

    question = {
        "question": "trend",
        "series": [{"events": "Pop Ordered", "measure": "people"}],
        "interval": None,
        "over": OVER,
        "breakdown": {"by": "audience", "name": "pop_buyers"},
    }
    rows = {row[-2]: row[-1] for row in face.order("/v1/questions", **question)["rows"]}
    assert rows["member"] == preview["count"]


def test_merges_and_splits_are_heard_of(face: Face) -> None:
    """Two people who become one count as one, and as two again after a split."""
    question = {
        "question": "trend",
        "series": [{"events": "Pop Joined", "measure": "people"}],
        "interval": None,
        "over": "ever",
    }

    def people() -> int:
        return int(face.order("/v1/questions", **question)["rows"][0][-1])

    face.send(
        track("pj1", event="Pop Joined", userId="pop-left"),
        track("pj2", event="Pop Joined", userId="pop-right"),
    )
    face.eventually(lambda: people() == 2, HEARD)
    face.order("/v1/people/merge", first="user_id:pop-left", second="user_id:pop-right")
    face.eventually(lambda: people() == 1, HEARD)
    assert counted(face, "Pop Joined") == 2

    links = face.read("/v1/people/user_id:pop-right/links")["links"]
    face.order("/v1/people/user_id:pop-left/split", link=links[-1]["id"])
    face.eventually(lambda: people() == 2, HEARD)
    assert counted(face, "Pop Joined") == 2


def test_what_was_answered_is_counted_though_objects_are_evicted(face: Face, edge: Workerd) -> None:
    """Between the answer and the shard: nothing is lost, nothing twice."""
    for number in range(4):
        counted(face, "Pop Evicted")  # so that the shard is there
        face.send(track(f"pe{number}", event="Pop Evicted", userId="pop-evicted"))
        edge.evict("IdentityDO", "default/user_id:pop-evicted")
        edge.evict("PopulationDO", f"default/{shard_of('user_id:pop-evicted', SHARDS)}/{SHARDS}")

    ask_until(face, "Pop Evicted", 4)


def test_what_was_answered_is_counted_though_all_is_killed(face: Face, edge: Workerd) -> None:
    """The alarm that has it told is as durable as the events."""
    events = [
        track(f"pk{number}", event="Pop Killed", userId=f"pk-{number % 3}") for number in range(9)
    ]
    assert face.send(*events).status_code == 200

    edge.kill()
    edge.start()

    again = Face(edge)
    ask_until(again, "Pop Killed", 9)
    again.http.close()
