"""The tiny client: one file, the standard library, under 200 lines; and what it promises."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from headwater import tiny
from tests.client.stub_server import WRITE_KEY, Reply, StubServer, wait_until

SOURCE = Path(tiny.__file__)


@pytest.fixture
def stub() -> Iterator[StubServer]:
    """A running server."""
    with StubServer() as running:
        yield running


Make = Callable[..., tiny.Client]


@pytest.fixture
def make(stub: StubServer) -> Iterator[Make]:
    """Makes clients with other limits than the usual, and closes them."""
    made: list[tiny.Client] = []

    def new(on_error: Any = None, *, write_key: str = WRITE_KEY, **limits: float) -> tiny.Client:
        client = tiny.Client(write_key, stub.url, on_error)
        vars(client).update({"interval": 0.02} | limits)
        made.append(client)
        return client

    yield new
    for client in made:
        client.close(0.1)


def test_it_is_one_file_of_the_standard_library() -> None:
    """So that it can be copied: it imports nothing of Headwater's, nor of anybody else's."""
    tree = ast.parse(SOURCE.read_text("utf-8"))
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            names.add(str(node.module).split(".")[0])

    assert names <= sys.stdlib_module_names
    assert "json" in names


def test_it_is_under_two_hundred_lines() -> None:
    """As it promises."""
    assert len(SOURCE.read_text("utf-8").splitlines()) < 200


def test_a_copy_works_alone(stub: StubServer, tmp_path: Path) -> None:
    """Without Headwater installed; and what is queued is sent when the program ends."""
    (tmp_path / "tiny.py").write_text(SOURCE.read_text("utf-8"), "utf-8")
    code = (
        "import tiny\n"
        f"client = tiny.Client({WRITE_KEY!r}, {stub.url!r})\n"
        "for n in range(250): print(client.track('u', 'E', {'n': n}))\n"
    )
    done = subprocess.run(
        # -I: neither the environment nor installed packages, so the copy must be put on the path
        [
            sys.executable,
            "-I",
            "-S",
            "-W",
            "error",
            "-c",
            f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{code}",
        ],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert stub.ids == done.stdout.split()
    assert len(stub.ids) == 250
    assert max(len(request.batch) for request in stub.requests) == 100


@pytest.mark.parametrize(
    ("call", "args", "kwargs", "event"),
    [
        (
            "track",
            ("u", "Bought", {"price": Decimal("9.5")}),
            {"context": {"ip": "10.0.0.1"}},
            {"userId": "u", "event": "Bought", "properties": {"price": 9.5}},
        ),
        ("identify", (), {"anonymous_id": "a", "traits": {"tags": {"b", "a"}}},
         {"anonymousId": "a", "traits": {"tags": ["a", "b"]}}),
        ("page", ("u", "Docs", "Python"), {"properties": {"url": "/"}},
         {"userId": "u", "category": "Docs", "name": "Python", "properties": {"url": "/"}}),
        ("screen", ("u",), {"name": "Home"}, {"userId": "u", "name": "Home"}),
        ("group", ("u", "g", {"id": UUID(int=1)}), {"integrations": {"All": False}},
         {"userId": "u", "groupId": "g", "traits": {"id": str(UUID(int=1))},
          "integrations": {"All": False}}),
        ("alias", ("old", "new"), {}, {"previousId": "old", "userId": "new"}),
    ],
)  # fmt: skip
def test_a_call_becomes_segments_event(
    stub: StubServer,
    make: Make,
    call: str,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    event: dict[str, Any],
) -> None:
    """The six calls, with the same names as the large client's."""
    client = make()
    moment = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
    message_id = getattr(client, call)(*args, timestamp=moment, message_id="m1", **kwargs)
    assert client.flush()

    (found,) = stub.events
    context = found.pop("context")
    assert context.pop("library") == {"name": "headwater-tiny"}
    assert context == kwargs.get("context", {})
    assert message_id == "m1"
    assert found == event | {
        "type": call, "messageId": "m1", "timestamp": "2026-11-22T09:30:00+00:00"
    }  # fmt: skip
    (request,) = stub.requests
    assert request.headers["content-encoding"] == "gzip"
    assert request.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("call", "args", "kwargs"),
    [
        ("track", (None, "E"), {}),
        ("track", ("u",), {}),
        ("track", ("u", None), {}),
        ("identify", ("",), {}),
        ("group", ("u", None), {}),
        ("alias", ("", "u"), {}),
        ("alias", ("u", None), {}),
        ("identify", ("u",), {"userid": "v"}),
        ("track", ("u", "E", {"n": float("nan")}), {}),
        ("track", ("u", "E", {"text": "x" * 33_000}), {}),
    ],
)
def test_a_mistake_raises_at_the_call(
    stub: StubServer, make: Make, call: str, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    """And nothing of it is sent."""
    client = make()
    with pytest.raises(ValueError, match=r"."):
        getattr(client, call)(*args, **kwargs)
    client.close()

    assert stub.requests == []


@pytest.mark.parametrize(("key", "host"), [("", "http://h"), ("wk", "h:80"), ("wk", "file:///etc")])
def test_wrong_settings_raise(key: str, host: str) -> None:
    """Before anything is sent anywhere."""
    with pytest.raises(ValueError, match="write key"):
        tiny.Client(key, host)


@pytest.mark.parametrize("status", [500, 503, 429, 408, None])
def test_a_failure_is_retried_with_the_same_message_id(
    stub: StubServer, make: Make, status: int | None
) -> None:
    """And a new `sentAt`."""
    stub.script.append(Reply(status))
    client = make()
    message_id = client.track("u", "E")

    assert client.flush()
    assert [request.status for request in stub.requests] == [status, 200]
    assert {request.batch[0]["messageId"] for request in stub.requests} == {message_id}
    assert stub.requests[0].sent_at < stub.requests[1].sent_at


def test_retry_after_is_kept(stub: StubServer, make: Make) -> None:
    """In seconds."""
    stub.script.append(Reply(429, {"Retry-After": "1"}))
    client = make()
    client.track("u", "E")

    assert client.flush()
    assert stub.requests[1].at - stub.requests[0].at >= 1.0


@pytest.mark.parametrize("status", [400, 401, 413, 302])
def test_a_refusal_is_reported_and_not_repeated(stub: StubServer, make: Make, status: int) -> None:
    """With the events; a redirect is not followed, since it would lose them."""
    errors: list[tuple[Exception, list[Any]]] = []
    stub.script.append(Reply(status, {"Location": f"{stub.url}/elsewhere"}))
    client = make(lambda error, events: errors.append((error, events)))
    refused = client.track("u", "E")
    assert client.flush()
    accepted = client.track("u", "E")
    assert client.flush()

    ((error, events),) = errors
    assert str(status) in str(error)
    assert [event["messageId"] for event in events] == [refused]
    assert stub.ids == [accepted]


def test_a_server_that_stays_away_is_given_up(
    stub: StubServer, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    """After `patience`; without `on_error` the log says so, and nothing of the events."""
    stub.die()
    client = make(patience=0.3)
    client.track("person-77", "E")

    wait_until(lambda: "1 events were given up" in caplog.text)
    assert "person-77" not in caplog.text


def test_a_server_that_comes_back_gets_everything(stub: StubServer, make: Make) -> None:
    """In order, each event once."""
    stub.die()
    client = make()
    ids = [client.track("u", "E") for _ in range(150)]
    assert not client.flush(0.1)
    stub.start()

    assert client.flush()
    assert stub.ids == ids


def test_large_events_are_spread_over_batches(stub: StubServer, make: Make) -> None:
    """No request body is over 475,000 bytes before compression."""
    client = make(interval=1)
    ids = [client.track("u", "E", {"text": "x" * 30_000}) for _ in range(40)]

    assert client.flush()
    assert stub.ids == ids
    assert max(request.size for request in stub.requests) <= 475_000


def test_a_full_queue_drops_and_tells(stub: StubServer, make: Make) -> None:
    """The program is never held up."""
    errors: list[Any] = []
    client = make(lambda error, events: errors.append((error, events)), interval=60, max_queue=2)
    ids = [client.track("u", "E") for _ in range(3)]

    assert [event["messageId"] for _, events in errors for event in events] == ids[2:]
    assert client.flush()
    assert stub.ids == ids[:2]


def test_closing_takes_no_longer_than_it_may(stub: StubServer, make: Make) -> None:
    """What is left is reported; and a closed client takes nothing more."""
    errors: list[Any] = []
    stub.die()
    client = make(lambda error, events: errors.append((error, events)))
    client.track("u", "E")
    begun = time.monotonic()
    client.close(0.3)

    assert time.monotonic() - begun < 3
    assert len(errors) == 1
    with pytest.raises(RuntimeError, match="closed"):
        client.track("u", "E")


def test_an_on_error_that_fails_is_logged(
    stub: StubServer, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    """The client goes on."""
    stub.script.append(Reply(400))
    client = make(lambda _error, _events: 1 / 0)
    client.track("u", "E")
    assert client.flush()
    message_id = client.track("u", "E")

    assert client.flush()
    assert stub.ids == [message_id]
    assert "on_error failed" in caplog.text


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
def test_it_works_in_the_child_of_a_fork(stub: StubServer) -> None:
    """Each event arrives once, from whichever process."""
    code = (
        "import os, sys\nfrom headwater import tiny\n"
        f"client = tiny.Client({WRITE_KEY!r}, {stub.url!r})\n"
        # One write each: the lines of the two processes must not mix.
        "def say(message_id): os.write(1, message_id.encode() + b' ')\n"
        "say(client.track('u', 'Before'))\n"
        "child = os.fork()\n"
        "say(client.track('u', 'After'))\n"
        "if child: os.waitpid(child, 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip

    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(stub.ids) == sorted(done.stdout.split())
    assert len(stub.ids) == 3
