"""The official `segment-analytics-python`, unmodified, against a running server."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from segment.analytics.client import Client

from tests.faults import Faults
from tests.loopback import Reply
from tests.server import WRITE_KEY, Server

USER = "python-user"
HALF_PAST_NINE = datetime.datetime(2026, 3, 1, 9, 30, tzinfo=datetime.UTC)


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Server]:
    """A server of its own, because every test sends the same people."""
    with Server(tmp_path / "data") as running:
        yield running


def make_all_calls(client: Client) -> list[str]:
    """Make each of the six calls once and answer their message ids."""
    context = {"ip": "203.0.113.9"}
    calls = [
        client.page(None, "Docs", "Start", anonymous_id="python-anonymous", context=context),
        client.identify(USER, {"email": "py@example.com", "plan": "pro"}),
        client.identify(USER, {}, anonymous_id="python-anonymous"),
        client.track(
            USER,
            "Order Completed",
            {"order_id": "7", "revenue": 99.95, "products": [{"sku": "ä-1"}]},
            timestamp=HALF_PAST_NINE,
        ),
        client.screen(USER, name="Cart", properties={"items": 2}),
        client.group(USER, "python-company", {"name": "Company"}),
        client.alias("python-old-user", USER),
    ]
    assert all(accepted for accepted, _ in calls)
    return [message["messageId"] for _, message in calls]


def assert_all_calls_arrived(server: Server, message_ids: list[str]) -> None:
    """Every call is in the person's timeline once, with what was sent."""
    timeline = server.timeline(f"user_id:{USER}")
    assert sorted(event["messageId"] for event in timeline) == sorted(message_ids)

    events: dict[str, dict[str, Any]] = {event["type"]: event for event in timeline}
    assert events["page"]["category"] == "Docs"
    assert events["page"]["context"]["ip"] == "203.0.113.9"
    assert events["track"]["properties"]["products"] == [{"sku": "ä-1"}]
    assert events["track"]["originalTimestamp"].startswith("2026-03-01T09:30:00")
    assert events["screen"]["name"] == "Cart"
    assert events["group"]["groupId"] == "python-company"
    assert events["alias"]["previousId"] == "python-old-user"

    person = server.person(f"user_id:{USER}")
    assert person["traits"]["plan"] == "pro"
    assert person == server.person("anonymous_id:python-anonymous")


@pytest.mark.parametrize("gzip", [False, True])
def test_every_call_type_arrives_once_and_is_flushed_at_shutdown(
    fresh: Server, *, gzip: bool
) -> None:
    """All calls, batched, plain or gzipped, are in the timeline once, as they were sent."""
    errors: list[object] = []
    client = Client(WRITE_KEY, host=fresh.url, gzip=gzip, on_error=lambda *e: errors.append(e))
    message_ids = make_all_calls(client)
    client.shutdown()

    assert errors == []
    assert_all_calls_arrived(fresh, message_ids)


def test_sync_mode_returns_when_the_event_can_be_read(fresh: Server) -> None:
    """In sync mode each call is on disk, and in the timeline, when it returns."""
    client = Client(WRITE_KEY, host=fresh.url, sync_mode=True)
    for number in range(3):
        _, message = client.track(USER, "Clicked", {"number": number})

        assert fresh.timeline(f"user_id:{USER}")[0]["messageId"] == message["messageId"]


@pytest.mark.parametrize(
    ("replies", "pause"),
    [
        pytest.param([Reply(500), Reply(503)], 0.4, id="500-then-503"),
        pytest.param([Reply(429, {"retry-after": "1"})], 1.0, id="429-with-retry-after"),
        pytest.param([Reply(503, {"retry-after": "1"})], 1.0, id="503-with-retry-after"),
        pytest.param([Reply(None)], 0.0, id="connection-cut"),
    ],
)
def test_a_batch_that_failed_is_sent_again_and_stored_once(
    fresh: Server, replies: list[Reply], pause: float
) -> None:
    """The SDK retries with the same message ids, and waits as it was told."""
    errors: list[object] = []
    with Faults(fresh.url, replies) as faults:
        client = Client(WRITE_KEY, host=faults.url, on_error=lambda *e: errors.append(e))
        message_ids = make_all_calls(client)
        client.shutdown()

    assert errors == []
    assert len(faults.seen) > len(replies)
    assert faults.seen[-1].at - faults.seen[0].at >= pause
    assert_all_calls_arrived(fresh, message_ids)


def test_a_batch_whose_answer_was_lost_is_stored_once(fresh: Server) -> None:
    """A batch that was stored, but whose answer never came, is sent again and stored once."""
    with Faults(fresh.url, lose_answers=1) as faults:
        client = Client(WRITE_KEY, host=faults.url)
        message_ids = make_all_calls(client)
        client.shutdown()

    assert len(faults.seen) == 2
    assert_all_calls_arrived(fresh, message_ids)


def test_many_events_are_sent_in_full_batches(fresh: Server) -> None:
    """Two hundred and fifty events travel in three requests and keep their order."""
    with Faults(fresh.url) as faults:
        client = Client(WRITE_KEY, host=faults.url, upload_size=100, upload_interval=1.0)
        for number in range(250):
            when = HALF_PAST_NINE + datetime.timedelta(seconds=number)
            client.track(USER, "Counted", {"number": number}, timestamp=when)
        client.shutdown()

    assert len(faults.seen) == 3
    timeline = fresh.timeline(f"user_id:{USER}")
    assert [event["properties"]["number"] for event in timeline] == list(reversed(range(250)))
