"""What a newcomer does on the first day, with the real command line, server and HTTP."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from standardwebhooks.webhooks import Webhook

from tests.recorder import Recorder
from tests.server import WRITE_KEY, Server

SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
VISIT = [
    (
        "/v1/page",
        {
            "anonymousId": "browser-1",
            "name": "Home",
            "messageId": "visit-1",
            "timestamp": "2026-11-01T10:00:01Z",
        },
    ),
    (
        "/v1/identify",
        {
            "anonymousId": "browser-1",
            "userId": "ada",
            "traits": {"email": "Ada@Example.com", "plan": "pro"},
            "messageId": "visit-2",
            "timestamp": "2026-11-01T10:00:02Z",
        },
    ),
    (
        "/v1/track",
        {
            "userId": "ada",
            "event": "Order Completed",
            "properties": {"revenue": 99.95},
            "messageId": "visit-3",
            "timestamp": "2026-11-01T10:00:03Z",
        },
    ),
]


@pytest.fixture(scope="module")
def recorder() -> Iterator[Recorder]:
    """The newcomer's webhook."""
    with Recorder() as service:
        yield service


@pytest.fixture(scope="module")
def visited(server: Server, recorder: Recorder) -> Server:
    """A server on a fresh directory, with a webhook, that Ada has visited."""
    server.add_webhook("mine", recorder.url, secret=SECRET)
    for path, event in VISIT:
        body = json.dumps(event).encode()
        # As `curl -u KEY: -d '{…}'` sends it, form content type and all.
        form = {"content-type": "application/x-www-form-urlencoded"}
        response = httpx.post(server.url + path, content=body, headers=form, auth=(WRITE_KEY, ""))

        assert (response.status_code, response.json()) == (200, {"success": True})
    return server


def headwater(server: Server, *arguments: str) -> str:
    """Run the command line against the server's directory and answer what it prints."""
    program = Path(sys.executable).with_name("headwater")
    ended = subprocess.run(
        [str(program), *arguments],
        env=server.environment() | {"HEADWATER_DATA": str(server.directory)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def assert_ada_is_known(server: Server) -> None:
    """Ada is one person, by either id, with traits and all three events, newest first."""
    ada = server.person("user_id:ada")

    assert ada == server.person("anonymous_id:browser-1")
    assert ada == server.person("email:ada@example.com")
    assert ada["traits"] == {"email": "Ada@Example.com", "plan": "pro"}
    assert ada["counts"] == {"page": 1, "identify": 1, "track": 1}
    timeline = server.timeline("user_id:ada")
    assert [event["messageId"] for event in timeline] == ["visit-3", "visit-2", "visit-1"]
    assert timeline[0]["properties"] == {"revenue": 99.95}


def test_the_anonymous_visitor_is_the_one_who_signed_in(visited: Server) -> None:
    """The page seen before signing in is in the timeline of the person who signed in."""
    assert_ada_is_known(visited)


def test_the_webhook_gets_every_event_signed(visited: Server, recorder: Recorder) -> None:
    """All events arrive, in order, each request signed as Standard Webhooks verify it."""
    assert recorder.wait_for({"visit-1", "visit-2", "visit-3"}) == set()

    received: list[dict[str, Any]] = []
    for request in recorder.requests:
        verified = Webhook(SECRET).verify(request.body, dict(request.headers))
        assert isinstance(verified, dict)
        received += verified["batch"]
    assert [event["messageId"] for event in received[:3]] == ["visit-1", "visit-2", "visit-3"]
    assert received[2]["event"] == "Order Completed"


def test_who_shows_the_person_at_a_terminal(visited: Server) -> None:
    """`headwater who` shows ids, traits and events; `--json` answers the same for scripts."""
    shown = headwater(visited, "who", "user_id:ada", "--url", visited.url)

    for words in ("ada", "browser-1", "pro", "Order Completed"):
        assert words in shown

    answered = json.loads(headwater(visited, "who", "user_id:ada", "--json", "--url", visited.url))
    assert "browser-1" in json.dumps(answered)


def test_status_says_that_all_is_well(visited: Server) -> None:
    """`headwater status --json` is an object for scripts."""
    assert isinstance(
        json.loads(headwater(visited, "status", "--json", "--url", visited.url)), dict
    )


def test_an_unknown_write_key_is_refused(visited: Server) -> None:
    """Whoever mistypes the key learns it at once."""
    response = httpx.post(f"{visited.url}/v1/track", json=VISIT[2][1], auth=("wrong", ""))

    assert response.status_code == 401
    assert response.json().keys() == {"code", "message"}


def test_a_restart_keeps_everything(visited: Server, recorder: Recorder) -> None:
    """SIGTERM drains and exits with 0; what was known is known again, and delivered once."""
    assert recorder.wait_for({"visit-1", "visit-2", "visit-3"}) == set()
    assert visited.stop() == 0
    visited.start()

    assert_ada_is_known(visited)
    response = visited.send("/v1/track", {"userId": "ada", "event": "Back", "messageId": "visit-4"})
    assert response.status_code == 200
    assert recorder.wait_for({"visit-4"}) == set()
    assert recorder.receipts == {f"visit-{number}": 1 for number in (1, 2, 3, 4)}
