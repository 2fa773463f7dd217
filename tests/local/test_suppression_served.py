"""Suppression at a real server: answered 200, dropped, counted, lifted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.server import ADMIN_KEY, WRITE_KEY, Server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for this module."""
    directory: Path = tmp_path_factory.mktemp("suppression") / "data"
    with Server(directory) as made:
        yield made


def send(server: Server, *events: dict[str, Any]) -> dict[str, Any]:
    """Send a batch and answer the answer."""
    answer = httpx.post(f"{server.url}/v1/batch", auth=(WRITE_KEY, ""), json={"batch": events})
    assert answer.status_code == 200, answer.text
    content: dict[str, Any] = answer.json()
    return content


def admin(server: Server, method: str, path: str, json: Any = None) -> httpx.Response:
    """Ask the admin API."""
    headers = {"authorization": f"Bearer {ADMIN_KEY}"}
    return httpx.request(method, f"{server.url}{path}", headers=headers, json=json, verify=False)


def test_a_suppressed_person_is_dropped_under_every_identifier(server: Server) -> None:
    """All that the person holds is meant; others of the same batch are stored."""
    send(server, {"type": "identify", "userId": "s1", "anonymousId": "a1"})
    outcome = admin(server, "POST", "/v1/suppressions", {"identifiers": ["user_id:s1"]}).json()
    answer = send(
        server,
        {"type": "track", "event": "By user", "userId": "s1"},
        {"type": "track", "event": "By visitor", "anonymousId": "a1"},
        {"type": "track", "event": "By other", "userId": "o1"},
    )

    assert sorted(outcome["identifiers"]) == ["anonymous_id:a1", "user_id:s1"]
    assert outcome["changed"] == 2
    assert answer == {"success": True}
    assert admin(server, "GET", "/v1/people/user_id:s1").json()["counts"] == {"identify": 1}
    assert admin(server, "GET", "/v1/people/user_id:o1").json()["counts"] == {"track": 1}
    metrics = httpx.get(f"{server.url}/metrics").text
    assert 'headwater_events_total{outcome="suppressed"} 2.0' in metrics


def test_a_refused_event_of_a_suppressed_person_is_not_kept(server: Server) -> None:
    """Otherwise the list of refused events would hold what nothing was to be kept of."""
    admin(server, "POST", "/v1/suppressions", {"identifiers": ["user_id:s2"]})
    send(
        server,
        {"type": "track", "userId": "s2"},
        {"type": "track", "userId": "o2"},
    )

    kept = admin(server, "GET", "/v1/rejected").json()["rejected"]

    assert len(kept) == 1
    assert "o2" in str(kept[0]["body"])


def test_lifting_lets_events_in_again(server: Server) -> None:
    """The listing tells by hash alone; what was sent meanwhile does not come back."""
    admin(server, "POST", "/v1/suppressions", {"identifiers": ["user_id:s3"]})
    asked = admin(server, "GET", "/v1/suppressions?identifier=user_id:s3")
    send(server, {"type": "track", "event": "Lost", "userId": "s3"})
    lifted = admin(server, "POST", "/v1/suppressions/lift", {"identifiers": ["user_id:s3"]})
    send(server, {"type": "track", "event": "Kept", "userId": "s3"})

    assert [one["type"] for one in asked.json()["suppressions"]] == ["user_id"]
    assert "s3" not in {one["hash"] for one in asked.json()["suppressions"]}
    assert lifted.json()["changed"] == 1
    events = admin(server, "GET", "/v1/people/user_id:s3/events").json()["events"]
    assert [one["event"] for one in events] == ["Kept"]


def test_an_identifier_that_is_none_is_refused(server: Server) -> None:
    """With what one looks like."""
    answer = admin(server, "POST", "/v1/suppressions", {"identifiers": ["user_id:null"]})

    assert answer.status_code == 400
    assert "placeholder" in answer.json()["message"]
