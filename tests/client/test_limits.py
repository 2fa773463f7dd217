"""Both clients when the queue or the spool is full."""

from __future__ import annotations

from pathlib import Path

import pytest

from headwater.client import (
    InvalidSettings,
    QueueFull,
)
from tests.client.conftest import Make
from tests.client.observing import Errors
from tests.client.stub_server import StubServer


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
