"""Both clients at their end, and flushed: what is sent, what is kept, what is told."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from headwater.client import (
    ClientClosed,
    Undelivered,
)
from tests.client.conftest import Make
from tests.client.observing import Errors, spool_files
from tests.client.stub_server import Reply, StubServer, wait_until


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


def test_a_closed_client_takes_nothing(make: Make) -> None:
    """It says so, rather than losing the event."""
    client = make()
    client.flush()
    inner: Any = getattr(client, "client", client)
    inner._is_closed = True
    with pytest.raises(ClientClosed):
        client.track("u", "E")
    inner._is_closed = False
