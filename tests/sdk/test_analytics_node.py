"""The official `@segment/analytics-node`, unmodified, against a running server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.faults import Faults
from tests.loopback import Reply
from tests.sdk.node import node, run
from tests.server import WRITE_KEY, Server

CALLS = Path(__file__).with_name("calls.mjs")


@pytest.fixture(scope="module", autouse=True)
def _node_is_installed() -> None:
    """Nothing is started where Node is missing."""
    node()


@pytest.fixture
def fresh(tmp_path: Path) -> Any:
    """A server of its own, because every test sends the same people."""
    with Server(tmp_path / "data") as running:
        yield running


def by_type(timeline: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Answer the events under their types, which must all be different."""
    types = [event["type"] for event in timeline]
    assert sorted(set(types)) == sorted(types)
    return {event["type"]: event for event in timeline}


def assert_all_calls_arrived(server: Server, report: dict[str, Any]) -> None:
    """Every call is in the person's timeline once, with what was sent."""
    events = by_type(server.timeline("user_id:node-user"))
    assert {kind: event["messageId"] for kind, event in events.items()} == report["messageIds"]
    assert len(events) == 6

    assert events["page"]["name"] == "Start"
    assert events["page"]["anonymousId"] == "node-anonymous"
    assert events["page"]["context"]["ip"] == "203.0.113.7"
    assert events["track"]["event"] == "Order Completed"
    assert events["track"]["properties"] == {
        "order_id": "7",
        "revenue": 99.95,
        "products": [{"sku": "ä-1", "quantity": 2}],
    }
    assert events["screen"]["properties"]["items"] == 2
    assert events["group"]["groupId"] == "node-company"
    assert events["group"]["traits"] == {"name": "Company", "employees": 12}
    assert events["alias"]["previousId"] == "node-old-user"
    assert events["identify"]["context"]["library"]["name"] == "@segment/analytics-node"

    person = server.person("user_id:node-user")
    assert person == server.person("anonymous_id:node-anonymous")
    assert person["traits"]["plan"] == "pro"


def test_every_call_type_arrives_once_and_is_flushed_at_close(fresh: Server) -> None:
    """All six calls, sent in batches, are in the timeline exactly once, as they were sent."""
    report = run(CALLS, fresh.url, WRITE_KEY, "4")

    assert report["errors"] == []
    assert report["statuses"] == [200, 200]
    assert report["batches"] == [4, 2]
    assert_all_calls_arrived(fresh, report)


def test_a_batch_that_met_a_500_is_sent_again_and_stored_once(fresh: Server) -> None:
    """The SDK retries after a 500 with the same message ids; nothing is lost or doubled."""
    with Faults(fresh.url, [Reply(500), Reply(500)]) as faults:
        report = run(CALLS, faults.url, WRITE_KEY, "4")

    assert report["errors"] == []
    assert sorted(report["statuses"]) == [200, 200, 500, 500]
    assert any("x-retry-count" in request.headers for request in faults.seen)
    assert_all_calls_arrived(fresh, report)


def test_a_batch_that_met_a_429_waits_as_it_was_told(fresh: Server) -> None:
    """The SDK honours Retry-After on a 429, then delivers everything exactly once."""
    with Faults(fresh.url, [Reply(429, {"retry-after": "1"})]) as faults:
        report = run(CALLS, faults.url, WRITE_KEY, "6")

    assert report["errors"] == []
    assert sorted(report["statuses"]) == [200, 429]
    refused, again = faults.seen
    assert again.at - refused.at >= 0.95
    assert_all_calls_arrived(fresh, report)


def test_a_batch_whose_answer_was_lost_is_stored_once(fresh: Server) -> None:
    """A batch that was stored, but whose answer never came, is sent again and stored once."""
    with Faults(fresh.url, lose_answers=1) as faults:
        report = run(CALLS, faults.url, WRITE_KEY, "4")

    assert report["errors"] == []
    assert len(faults.seen) == 3
    assert_all_calls_arrived(fresh, report)
