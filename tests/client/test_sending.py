"""Both clients against a server that is well: what arrives, and how."""

from __future__ import annotations

import gzip
import json
import threading
from datetime import UTC, datetime, timedelta

import pytest

from headwater.client import (
    InvalidEvent,
)
from tests.client.conftest import Make
from tests.client.stub_server import StubServer, wait_until


def test_events_arrive_in_order_in_batches(stub: StubServer, make: Make) -> None:
    """250 events make three requests, each with what Segment's wire asks for."""
    client = make(interval=5)
    ids = [client.track("u", "Counted", {"n": number}) for number in range(250)]

    assert client.flush()
    assert stub.ids == ids
    assert [event["properties"]["n"] for event in stub.events] == list(range(250))
    assert all(len(request.batch) <= 100 for request in stub.requests)
    first = stub.requests[0]
    assert first.path == "/v1/batch"
    assert first.headers["content-type"] == "application/json"
    assert first.headers["user-agent"].startswith("headwater-python/")
    assert "x-retry-count" not in first.headers
    sent_at = datetime.fromisoformat(first.sent_at)
    assert abs(datetime.now(UTC) - sent_at) < timedelta(seconds=20)


def test_events_are_sent_without_being_asked(stub: StubServer, make: Make) -> None:
    """After the interval, whatever there is goes."""
    client = make(interval=0.05)
    message_id = client.track("u", "E")

    wait_until(lambda: stub.ids == [message_id])


def test_a_full_batch_does_not_wait_for_the_interval(stub: StubServer, make: Make) -> None:
    """Nor does the client wait for anything else while there are full batches."""
    client = make(interval=3600, batch_size=5)
    for _ in range(10):
        client.track("u", "E")

    wait_until(lambda: len(stub.ids) == 10)


def test_large_events_are_spread_over_batches(stub: StubServer, make: Make) -> None:
    """No request body is over 475,000 bytes before compression."""
    client = make(interval=5)
    ids = [client.track("u", "E", {"text": "x" * 30_000}) for _ in range(40)]

    assert client.flush()
    assert stub.ids == ids
    assert max(request.size for request in stub.requests) <= 475_000


@pytest.mark.parametrize("on", [True, False])
def test_bodies_are_compressed_unless_told_otherwise(
    stub: StubServer, make: Make, *, on: bool
) -> None:
    """By gzip, as the server takes it; a tiny body is not worth it."""
    client = make(interval=5, gzip=on)
    for _ in range(20):
        client.track("u", "E", {"text": "x" * 100})
    assert client.flush()
    client.track("u", "E")
    assert client.flush()

    encodings = [request.headers.get("content-encoding") for request in stub.requests]
    assert encodings == (["gzip", None] if on else [None, None])


def test_a_mistake_raises_at_the_call(stub: StubServer, make: Make) -> None:
    """And nothing of it is sent."""
    client = make()

    with pytest.raises(InvalidEvent, match="event is missing"):
        client.track("u")
    client.close()
    assert stub.requests == []


def test_the_wire_is_plain_json_for_any_text(stub: StubServer, make: Make) -> None:
    """What was put in comes out."""
    client = make()
    client.track("ünïcode", "E", {"text": 'é😀\u2028\n"\\'})
    assert client.flush()

    (event,) = stub.events
    assert event["userId"] == "ünïcode"
    assert event["properties"] == {"text": 'é😀\u2028\n"\\'}


def test_many_threads_may_share_a_client(stub: StubServer, make: Make) -> None:
    """Every event arrives once, and those of one thread in order."""
    client = make(interval=0.01)

    def work(name: int) -> None:
        for number in range(100):
            client.track(f"u{name}", "E", {"n": number})

    threads = [threading.Thread(target=work, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert client.flush()

    assert len(set(stub.ids)) == len(stub.ids) == 400
    for name in range(4):
        own = [event for event in stub.events if event["userId"] == f"u{name}"]
        assert [event["properties"]["n"] for event in own] == list(range(100))


def test_the_stub_reads_what_it_should() -> None:
    """The server of these tests checks the key and reads gzip, so that they can fail."""
    stub = StubServer()
    body = gzip.compress(json.dumps({"batch": [{"a": 1}], "sentAt": "now"}).encode())
    reply = stub.answer("/v1/batch", {"content-encoding": "gzip", "authorization": "no"}, body)

    assert reply.status == 401
    assert stub.requests[0].batch == [{"a": 1}]
    assert stub.events == []
