"""Both clients against a real server: the same tests for the one with a thread and the other."""

from __future__ import annotations

import gzip
import json
import logging
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from headwater.client import (
    ClientClosed,
    ClientError,
    EventRejected,
    InvalidEvent,
    InvalidSettings,
    KeyRefused,
    QueueFull,
    Refused,
    Undelivered,
)
from tests.client.conftest import Make
from tests.client.stub_server import WRITE_KEY, Reply, StubServer, wait_until


class Errors:
    """An `on_error` that remembers."""

    def __init__(self) -> None:
        self.calls: list[tuple[ClientError, list[dict[str, Any]]]] = []

    def __call__(self, error: ClientError, events: Any) -> None:
        """Remember."""
        self.calls.append((error, list(events)))

    @property
    def ids(self) -> list[str]:
        """The messageIds of all events that were given up."""
        return [event["messageId"] for _, events in self.calls for event in events]


def spool_files(folder: Path) -> list[Path]:
    """Answer the files of every spool under a folder."""
    return [path for path in folder.rglob("*") if path.is_file()]


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


@pytest.mark.parametrize("spool", ["spool", None])
@pytest.mark.parametrize("status", [500, 503, 429, 408, None])
def test_a_failure_is_retried_with_the_same_message_id(
    stub: StubServer, make: Make, tmp_path: Path, status: int | None, spool: str | None
) -> None:
    """And with a new `sentAt`, and the number of the retry."""
    client = make(spool=None if spool is None else tmp_path / spool)
    stub.script.extend([Reply(status)] * 2)
    message_id = client.track("u", "E")

    wait_until(lambda: stub.ids == [message_id])
    assert client.flush()
    assert [request.status for request in stub.requests] == [status, status, 200]
    assert len({request.batch[0]["messageId"] for request in stub.requests}) == 1
    assert len({request.batch[0]["timestamp"] for request in stub.requests}) == 1
    sent = [request.sent_at for request in stub.requests]
    assert sent == sorted(set(sent))
    retries = [request.headers.get("x-retry-count") for request in stub.requests]
    assert retries == [None, "1", "2"]
    assert spool_files(tmp_path) == []


@pytest.mark.parametrize(("status", "form"), [(429, "seconds"), (503, "date")])
def test_retry_after_is_kept(stub: StubServer, make: Make, status: int, form: str) -> None:
    """In either form; even a flush does not come sooner than the server asked."""
    moment = (datetime.now(UTC) + timedelta(seconds=2)).replace(microsecond=0)
    value = "1" if form == "seconds" else format_datetime(moment, usegmt=True)
    stub.script.append(Reply(status, {"Retry-After": value}))
    client = make()
    client.track("u", "E")

    assert client.flush()
    first, second = stub.requests
    assert second.status == 200
    if form == "seconds":
        assert second.at - first.at >= 1.0
    else:
        assert datetime.fromisoformat(second.sent_at) >= moment


@pytest.mark.parametrize("status", [400, 404, 413, 422, 501, 301])
def test_a_refusal_is_reported_and_not_repeated(stub: StubServer, make: Make, status: int) -> None:
    """The program gets the reason and the events, and what comes after is sent."""
    errors = Errors()
    body = b'{"code": "invalid_request", "message": "not like this"}'
    stub.script.append(Reply(status, {"Location": f"{stub.url}/elsewhere"}, body))
    client = make(on_error=errors)
    refused = client.track("u", "E", {"a": 1})
    assert client.flush()
    accepted = client.track("u", "E")
    assert client.flush()

    ((error, events),) = errors.calls
    assert isinstance(error, Refused)
    assert error.status == status
    assert str(status) in str(error)
    assert "not like this" in str(error)
    assert [event["messageId"] for event in events] == [refused]
    assert events[0]["properties"] == {"a": 1}
    assert stub.ids == [accepted]
    assert len(stub.requests) == 2


def test_single_events_that_the_server_rejects_are_reported(stub: StubServer, make: Make) -> None:
    """With the server's reason; the rest of the batch is its own."""
    errors = Errors()
    body = b'{"success":true,"rejected":[{"index":1,"code":"blocked","message":"not in plan"}]}'
    stub.script.append(Reply(200, body=body))
    client = make(interval=5, on_error=errors)
    ids = [client.track("u", "E") for _ in range(3)]
    assert client.flush()

    ((error, _),) = errors.calls
    assert isinstance(error, EventRejected)
    assert (error.code, str(error)) == ("blocked", "blocked: not in plan")
    assert errors.ids == ids[1:2]
    assert len(stub.requests) == 1


def test_a_refused_key_is_told(stub: StubServer, make: Make) -> None:
    """Which key, and where it was refused; the whole key is nowhere."""
    errors = Errors()
    client = make("wk_wrong_987654", on_error=errors)
    client.track("u", "E")
    assert client.flush()

    ((error, _),) = errors.calls
    assert isinstance(error, KeyRefused)
    assert "wk_w…" in str(error)
    assert stub.url in str(error)
    assert "wk_wrong_987654" not in str(error)
    assert len(stub.requests) == 1


def test_without_on_error_the_log_has_the_reason_and_nothing_personal(
    stub: StubServer, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    """An error, with messageIds to look for; no property, trait or id of a person."""
    stub.script.append(Reply(400))
    client = make()
    message_id = client.track("person-77", "E", {"secret": "tulip"})
    assert client.flush()

    (record,) = [one for one in caplog.records if one.levelno == logging.ERROR]
    assert record.name == "headwater.client"
    assert message_id in record.getMessage()
    assert "400" in record.getMessage()
    assert "tulip" not in caplog.text
    assert "person-77" not in caplog.text


def test_an_on_error_that_fails_is_logged(
    stub: StubServer, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    """The client goes on."""

    def broken(_error: ClientError, _events: object) -> None:
        raise ZeroDivisionError

    stub.script.append(Reply(400))
    client = make(on_error=broken)
    client.track("u", "E")
    assert client.flush()
    message_id = client.track("u", "E")
    assert client.flush()

    assert stub.ids == [message_id]
    assert "on_error failed" in caplog.text


def test_no_log_of_any_level_shows_a_body_or_a_key(
    stub: StubServer, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    """Also not httpx's and httpcore's, when everything is logged."""
    caplog.set_level(logging.DEBUG)
    client = make(gzip=False)
    stub.script.append(Reply(500))
    client.track("person-77", "E", {"secret": "tulip"})
    wait_until(lambda: len(stub.ids) == 1)
    client.close()

    assert "httpcore" in {record.name.split(".")[0] for record in caplog.records}
    for word in ("tulip", "person-77", WRITE_KEY, "Basic"):
        assert word not in caplog.text


def test_a_server_that_dies_and_comes_back_loses_nothing(
    stub: StubServer, make: Make, tmp_path: Path
) -> None:
    """Events go to disk while it is away, and arrive in order, each once, when it is back."""
    client = make()
    ids = [client.track("u", "Before") for _ in range(5)]
    assert client.flush()
    stub.die()
    for part in range(4):
        ids += [client.track("u", f"Away {part}") for _ in range(30)]
        assert not client.flush(0.05)
    wait_until(lambda: len(spool_files(tmp_path)) == 1)
    stub.start()
    ids += [client.track("u", "After") for _ in range(5)]

    assert client.flush()
    assert stub.ids == ids
    assert spool_files(tmp_path) == []


def test_a_server_that_hangs_is_given_up_and_tried_again(stub: StubServer, make: Make) -> None:
    """After `timeout`; the answer that came too late does no harm."""
    stub.script.append(Reply(delay=0.5))
    client = make(timeout=0.1)
    message_id = client.track("u", "E")

    wait_until(lambda: len(stub.requests) >= 2)
    assert client.flush()
    assert set(stub.ids) == {message_id}


def test_without_a_spool_events_are_given_up_after_the_tries(
    stub: StubServer, make: Make, tmp_path: Path
) -> None:
    """They are handed to the program, with the reason."""
    errors = Errors()
    stub.default = Reply(500)
    client = make(spool=None, max_retries=2, on_error=errors)
    message_id = client.track("u", "E")

    wait_until(lambda: bool(errors.calls))
    assert isinstance(errors.calls[0][0], Undelivered)
    assert errors.ids == [message_id]
    assert len(stub.requests) == 3
    assert spool_files(tmp_path) == []


def test_closing_sends_what_is_left(stub: StubServer, make: Make) -> None:
    """Without waiting for the interval."""
    client = make(interval=3600)
    ids = [client.track("u", "E") for _ in range(7)]
    client.close()

    assert stub.ids == ids


def test_closing_twice_and_flushing_afterwards_do_nothing(stub: StubServer, make: Make) -> None:
    """They are not mistakes."""
    client = make()
    client.track("u", "E")
    client.close()
    client.close()

    assert len(stub.requests) == 1


def test_closing_while_the_server_is_away_keeps_events_for_the_next_client(
    stub: StubServer, make: Make, tmp_path: Path
) -> None:
    """It takes one try, not the whole time that is allowed."""
    stub.die()
    client = make(close_timeout=30)
    ids = [client.track("u", "E") for _ in range(7)]
    begun = time.monotonic()
    client.close()
    assert time.monotonic() - begun < 5
    assert len(spool_files(tmp_path)) == 1
    stub.start()
    heir = make()
    ids.append(heir.track("u", "New"))

    assert heir.flush()
    assert stub.ids == ids
    assert spool_files(tmp_path) == []


def test_closing_while_the_server_hangs_keeps_events(
    stub: StubServer, make: Make, tmp_path: Path
) -> None:
    """When the time is over, what is in flight is on disk too."""
    stub.script.append(Reply(None, delay=1.0))
    client = make(interval=0)
    ids = [client.track("u", "E") for _ in range(3)]
    wait_until(lambda: bool(stub.requests))
    client.close(0.1)
    heir = make()

    assert heir.flush()
    assert stub.ids == ids
    assert spool_files(tmp_path) == []


def test_closing_without_a_spool_reports_what_is_lost(stub: StubServer, make: Make) -> None:
    """Nothing disappears in silence."""
    errors = Errors()
    stub.die()
    client = make(spool=None, on_error=errors, max_retries=1000)
    ids = [client.track("u", "E") for _ in range(3)]
    client.close(0.1)

    assert isinstance(errors.calls[-1][0], Undelivered)
    assert errors.ids == ids


def test_a_flush_alone_sends_what_others_left(stub: StubServer, make: Make) -> None:
    """A program that only empties the spool needs no event of its own."""
    stub.die()
    first = make()
    message_id = first.track("u", "E")
    first.close()
    stub.start()

    assert make().flush()
    assert stub.ids == [message_id]


def test_another_key_does_not_touch_the_spool(stub: StubServer, make: Make) -> None:
    """Events belong to the source that they were made for."""
    stub.die()
    first = make()
    first.track("u", "E")
    first.close()
    stub.start()

    assert make("wk_other_0123456789").flush()
    assert stub.requests == []


def test_a_flush_says_when_it_was_too_short(stub: StubServer, make: Make) -> None:
    """False, in about the time that it was given."""
    stub.die()
    client = make()
    client.track("u", "E")
    begun = time.monotonic()

    assert not client.flush(0.2)
    assert 0.15 < time.monotonic() - begun < 3


def test_when_the_queue_is_full_the_new_event_is_dropped_and_told(
    stub: StubServer, make: Make
) -> None:
    """The default: the program is never held up, and hears of every event."""
    errors = Errors()
    client = make(interval=3600, max_queue=3, on_error=errors)
    ids = [client.track("u", "E") for _ in range(5)]

    assert [type(error) for error, _ in errors.calls] == [QueueFull, QueueFull]
    assert errors.ids == ids[3:]
    assert client.flush()
    assert stub.ids == ids[:3]


def test_a_full_queue_is_logged_once(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    """Not once an event: the log would be the next thing to be full."""
    client = make(interval=3600, max_queue=3)
    for _ in range(50):
        client.track("u", "E")

    assert caplog.text.count("are queued already") == 1


def test_when_the_queue_is_full_a_call_may_raise(make: Make) -> None:
    """For programs that can slow down."""
    client = make(interval=3600, max_queue=1, when_full="raise")
    client.track("u", "E")

    with pytest.raises(QueueFull, match="raise max_queue"):
        client.track("u", "E")


def test_when_the_queue_is_full_a_call_may_wait(stub: StubServer, make: Make) -> None:
    """Every event arrives, at the pace of the server."""
    client = make(interval=0.02, max_queue=2, batch_size=2, when_full="block")
    ids = [client.track("u", "E") for _ in range(20)]

    assert client.flush()
    assert stub.ids == ids


def test_a_full_spool_keeps_events_in_memory(
    stub: StubServer, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing is lost before memory is full as well, and the log says why, once."""
    stub.die()
    client = make(spool_bytes=100_000)
    ids = [client.track("u", "E", {"text": "x" * 30_000}) for _ in range(8)]
    assert not client.flush(0.5)
    assert caplog.text.count("at its limit of 100,000 bytes") == 1
    stub.start()

    assert client.flush()
    assert sorted(stub.ids) == sorted(ids)


def test_a_spool_that_cannot_be_used_is_told_at_once(make: Make, tmp_path: Path) -> None:
    """A folder that was asked for is tried when the client is made."""
    (tmp_path / "file").touch()

    with pytest.raises(InvalidSettings, match="spool folder cannot be used"):
        make(spool=tmp_path / "file")


def test_a_mistake_raises_at_the_call(stub: StubServer, make: Make) -> None:
    """And nothing of it is sent."""
    client = make()

    with pytest.raises(InvalidEvent, match="event is missing"):
        client.track("u")
    client.close()
    assert stub.requests == []


def test_a_closed_client_takes_nothing(make: Make) -> None:
    """It says so, rather than losing the event."""
    client = make()
    client.flush()
    inner: Any = getattr(client, "client", client)
    inner._is_closed = True
    with pytest.raises(ClientClosed):
        client.track("u", "E")
    inner._is_closed = False


def test_on_error_may_track(stub: StubServer, make: Make) -> None:
    """Even where a call would wait for room, which would be for ever."""
    client: Any = None

    def complain(_error: ClientError, events: Any) -> Any:
        if events[0]["event"] == "E":
            inner = getattr(client, "client", client)
            return inner.track("u", "Complained")
        return None

    stub.script.append(Reply(400))
    client = make(on_error=complain, when_full="block")
    client.track("u", "E")

    wait_until(lambda: [event["event"] for event in stub.events] == ["Complained"])


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
