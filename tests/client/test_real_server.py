"""The clients against Headwater itself, over a real connection."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from headwater import Client, tiny
from headwater.client import ClientError, EventRejected
from tests.client.conftest import QUICK, Driven, OnLoop
from tests.server import WRITE_KEY, Server

Connect = Callable[..., Driven]


@pytest.fixture(params=[Client, OnLoop], ids=["threaded", "asyncio"])
def connect(request: pytest.FixtureRequest, server: Server, tmp_path: Path) -> Iterator[Connect]:
    """Makes clients of the real server, and closes them."""
    made: list[Driven] = []

    def new(**options: Any) -> Driven:
        given = QUICK | {"spool": tmp_path / "spool"} | options
        one: Driven = request.param(WRITE_KEY, server.url, **given)
        made.append(one)
        return one

    yield new
    for one in made:
        one.close(0.2)


def message_ids(server: Server, user_id: str) -> list[str]:
    """Answer the messageIds of a person's timeline, oldest first."""
    return [event["messageId"] for event in server.timeline(f"user_id:{user_id}")][::-1]


def test_events_are_on_a_timeline(server: Server, connect: Connect) -> None:
    """Values of many kinds are taken; the profile has what identify said."""
    user_id = f"ada-{uuid4()}"
    client: Any = connect()
    identify = getattr(client, "client", client).identify
    if isinstance(client, OnLoop):
        client._run(identify(user_id, {"plan": "pro", "since": datetime(2026, 1, 1, tzinfo=UTC)}))
    else:
        identify(user_id, {"plan": "pro", "since": datetime(2026, 1, 1, tzinfo=UTC)})
    ids = [client.track(user_id, "Bought", {"price": Decimal("9.99")}) for _ in range(120)]
    assert client.flush()

    assert set(ids) < set(message_ids(server, user_id))
    assert server.person(f"user_id:{user_id}")["traits"]["plan"] == "pro"
    newest = server.timeline(f"user_id:{user_id}")[0]
    assert newest["properties"] == {"price": 9.99}


def test_a_killed_server_has_every_event_once(server: Server, connect: Connect) -> None:
    """SIGKILL in the middle: what was not answered is sent again, and counted once."""
    user_id = f"ada-{uuid4()}"
    client = connect(batch_size=10)
    ids = [client.track(user_id, "Before") for _ in range(100)]
    server.kill()
    ids += [client.track(user_id, "Away") for _ in range(100)]
    assert not client.flush(0.3)
    server.start()
    ids += [client.track(user_id, "After") for _ in range(10)]
    assert client.flush(20)

    assert sorted(message_ids(server, user_id)) == sorted(ids)


def test_an_event_that_the_server_rejects_is_reported(server: Server, connect: Connect) -> None:
    """Placeholders name nobody; the server says so, and the client passes it on."""
    errors: list[tuple[ClientError, Any]] = []
    client = connect(interval=5, on_error=lambda error, events: errors.append((error, events)))
    user_id = f"ada-{uuid4()}"
    rejected = client.track("undefined", "E")
    accepted = client.track(user_id, "E")
    assert client.flush()

    ((error, events),) = errors
    assert isinstance(error, EventRejected)
    assert error.code == "missing_identifier"
    assert [event["messageId"] for event in events] == [rejected]
    assert message_ids(server, user_id) == [accepted]


def test_the_tiny_client_is_understood(server: Server) -> None:
    """Its events are on a timeline as well."""
    user_id = f"ada-{uuid4()}"
    client = tiny.Client(WRITE_KEY, server.url)
    ids = [client.track(user_id, "Bought", {"price": Decimal("9.99")}) for _ in range(120)]
    client.close()

    assert sorted(message_ids(server, user_id)) == sorted(ids)
