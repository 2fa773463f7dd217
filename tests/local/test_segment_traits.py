"""Segment's Profile API over a real server: what was sent, what was computed, and audiences."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.server import Server

SPACE = "/v1/spaces/default/collections"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with two audiences, a computed trait, and Ann, who bought something."""
    folder: Path = tmp_path_factory.mktemp("traits") / "data"
    with Server(folder, environment={"HEADWATER_LAKE": "off"}) as one:
        bought = {"type": "event", "event": "Bought"}
        never = {"type": "event", "event": "Bought", "comparison": "exactly", "count": 0}
        for key, condition in (("buyers", bought), ("lookers", never)):
            order = {"key": key, "name": key, "condition": condition}
            one.admin.post("/v1/audiences", json=order).raise_for_status()
        figure: dict[str, Any] = {
            "type": "figure",
            "function": "count",
            "event": {"name": "Bought"},
        }
        trait = {"key": "purchases", "name": "Purchases", "computation": figure}
        one.admin.post("/v1/computed-traits", json=trait).raise_for_status()
        ann = {"userId": "ann", "timestamp": "2026-01-01T00:00:00Z"}
        one.send("/v1/identify", {**ann, "messageId": "m1", "traits": {"plan": "pro"}})
        one.send("/v1/track", {**ann, "messageId": "m2", "event": "Bought"})
        one.send("/v1/group", {**ann, "messageId": "m3", "groupId": "acme", "traits": {"seats": 5}})
        yield one


def traits(server: Server, profile: str, **params: str) -> Any:
    """Answer a profile's traits."""
    response = server.admin.get(f"{SPACE}/{profile}/traits", params=params)
    assert response.status_code == 200, response.text
    return response.json()["traits"]


ANN = "users/profiles/user_id:ann"


def test_classes_of_traits(server: Server) -> None:
    """All traits, or what was computed, or audiences, true of those who are in them."""
    assert traits(server, ANN) == {"plan": "pro", "purchases": 1}
    assert traits(server, ANN, **{"class": "computed_trait"}) == {"purchases": 1}
    assert traits(server, ANN, **{"class": "audience"}) == {"buyers": True, "lookers": False}


def test_audiences_are_chosen_and_paged(server: Server) -> None:
    """As other traits are."""
    chosen = {"class": "audience", "include": "lookers,plan"}
    page = server.admin.get(f"{SPACE}/{ANN}/traits", params={"class": "audience", "limit": "1"})
    rest = server.admin.get(page.json()["cursor"]["url"])

    assert traits(server, ANN, **chosen) == {"lookers": False}
    assert page.json()["traits"] == {"buyers": True}
    assert page.json()["cursor"]["has_more"] is True
    assert rest.json()["traits"] == {"lookers": False}


def test_where_traits_came_from(server: Server) -> None:
    """With `verbose`, the source of the event that set a trait, and when."""
    (source,) = server.admin.get("/v1/sources").json()["sources"]
    found = traits(server, ANN, verbose="true")
    account = traits(server, "accounts/profiles/group_id:acme", verbose="true")
    joined = traits(server, ANN, verbose="true", **{"class": "audience"})

    at = "2026-01-01T00:00:00.000Z"
    assert found["plan"] == {"value": "pro", "source_id": source["id"], "updated_at": at}
    assert (found["purchases"]["value"], found["purchases"]["source_id"]) == (1, "")
    assert account["seats"] == {"value": 5, "source_id": source["id"], "updated_at": at}
    assert joined["buyers"]["value"] is True
    assert joined["buyers"]["updated_at"] is not None
    assert joined["lookers"] == {"value": False, "source_id": "", "updated_at": None}


def test_accounts_are_in_no_audience(server: Server) -> None:
    """Audiences are of people."""
    assert traits(server, "accounts/profiles/group_id:acme", **{"class": "audience"}) == {}
