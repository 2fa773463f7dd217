"""Both clients while things go wrong: retries, refusals, a server that dies or hangs."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from headwater.client import (
    ClientError,
    EventRejected,
    KeyRefused,
    Refused,
    Undelivered,
)
from tests.client.conftest import Make
from tests.client.observing import Errors, spool_files
from tests.client.stub_server import WRITE_KEY, Reply, StubServer, wait_until


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
