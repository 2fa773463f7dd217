"""`/ready`, `/metrics`, `headwater status` and SQL of the Worker in real workerd."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.edge.face import Face, track
from tests.recorder import Recorder

Samples = dict[tuple[str, ...], float]


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    """A webhook's receiver."""
    with Recorder() as one:
        yield one


def metrics(answer: httpx.Response) -> Samples:
    """Answer what Prometheus reads, by name and the values of the labels in order."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (one.name, *one.labels.values()): one.value
        for family in text_string_to_metric_families(answer.text)
        for one in family.samples
    }


def test_it_is_ready(face: Face) -> None:
    """Where its settings can be read, events can be sent here; no key is needed."""
    answer = face.http.get("/ready")

    assert (answer.status_code, answer.json()) == (200, {"status": "ready"})
    assert face.http.post("/ready").status_code == 405


def test_metrics_need_an_admin_key(face: Face) -> None:
    """Nobody stands before a Worker who would keep them from the public; a write key is none."""
    assert face.http.get("/metrics").status_code == 401
    assert face.http.get("/metrics", auth=("wrong", "")).status_code == 401


def test_metrics_tell_of_refusals_and_lanes(face: Face, recorder: Recorder) -> None:
    """Events that were refused, what each lane has done, and the same by `headwater status`."""
    hook = face.add_webhook(recorder.url)
    before = metrics(face.http.get("/metrics", headers=face.admin))
    answer = face.send(track("om1", userId="operated"), {"type": "track", "messageId": "om2"})
    assert answer.status_code == 200
    assert recorder.wait_for({"om1"}) == set()

    def delivered() -> bool:
        now = metrics(face.http.get("/metrics", headers=face.admin))
        return now["headwater_lane_delivered", "default", hook] == 1

    face.eventually(delivered, seconds=60)
    now = metrics(face.http.get("/metrics", headers=face.admin))
    rejected = ("headwater_events_total", "rejected")
    assert now[rejected] == before[rejected] + 1
    assert now["headwater_lane_waiting", "default", hook] == 0
    assert now["headwater_lane_breaker", "default", hook] == 0
    assert now["headwater_lane_dead_letters", "default", hook] == 0
    assert "headwater_lake_files" in {name for name, *_ in now}
    status = face.read("/v1/status")
    assert status["state"] == "ready"
    assert {"people", "lake_files", "lake_events", "lake_bytes"} <= status["figures"].keys()
    assert status["figures"]["events_rejected"] >= 1
    face.remove(hook)


def test_a_key_for_one_workspace_sees_that_one(face: Face) -> None:
    """Its people, as soon as the shards know them; figures of others are none of its business."""
    face.order("/v1/workspaces", id="metered", name="Metered")
    key = face.order("/v1/keys", name="Prometheus", role="read", workspace="metered")["key"]
    source = face.order("/v1/sources?workspace=metered", name="Own")
    write_key = source["write_keys"][0]["key"]
    for person in ("one", "two"):
        sent = face.http.post("/v1/track", json=track(person, userId=person), auth=(write_key, ""))
        assert sent.status_code == 200, sent.text

    def own() -> Samples:
        return metrics(face.http.get("/metrics", headers={"authorization": f"Bearer {key}"}))

    face.eventually(lambda: own()["headwater_people", "metered"] == 2, seconds=60)
    every = metrics(face.http.get("/metrics", headers=face.admin))

    assert ("headwater_people", "default") not in own()
    assert {("headwater_people", "metered"), ("headwater_people", "default")} <= every.keys()


def test_sql_is_run_elsewhere(face: Face) -> None:
    """A Worker has no engine of SQL; the answer says what to do instead."""
    answer = face.http.post("/v1/sql", json={"sql": "SELECT 1"}, headers=face.admin)

    assert (answer.status_code, answer.json()["code"]) == (501, "not_here")
    assert "headwater sql" in answer.json()["message"]
    assert "--lake s3://" in answer.json()["message"]
