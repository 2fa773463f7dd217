"""Workspaces, sources, destinations, identity rules and keys over HTTP."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx

from headwater.ports import AddressRefused, HttpFailure, HttpResponse
from headwater.workspace import IdentityRules
from tests.api.conftest import Clients
from tests.api.twins import World


async def test_a_workspace_is_made_and_used(admin: httpx.AsyncClient) -> None:
    """Its own sources, and nobody else's."""
    made = await admin.post("/v1/workspaces", json={"id": "shop-eu", "name": "Shop"})
    inside = {"headers": {"Headwater-Workspace": "shop-eu"}}
    await admin.post("/v1/sources", json={"name": "Web"}, **inside)  # type: ignore[arg-type]  # headers

    assert made.status_code == 201
    assert made.json()["name"] == "Shop"
    listed = (await admin.get("/v1/workspaces")).json()["workspaces"]
    assert [one["id"] for one in listed] == ["default", "other", "shop-eu"]
    assert (await admin.get("/v1/sources")).json() == {"sources": []}
    mine = (await admin.get("/v1/sources", **inside)).json()["sources"]  # type: ignore[arg-type]  # headers
    assert [one["name"] for one in mine] == ["Web"]


async def test_only_a_key_for_all_makes_workspaces(clients: Clients) -> None:
    """An admin of one workspace is no admin of the server."""
    response = await clients("default:admin").post("/v1/workspaces", json={"id": "x"})

    assert response.status_code == 403
    assert "for all workspaces" in response.json()["message"]


async def test_a_source_lives(clients: Clients) -> None:
    """Made, shown, changed, rotated, removed."""
    client = clients("default:admin")
    made = (await client.post("/v1/sources", json={"name": "Web", "write_key": "old"})).json()
    path = f"/v1/sources/{made['id']}"

    assert made["write_keys"] == [{"key": "old", "expires_at": None}]
    changed = (await client.patch(path, json={"enabled": False})).json()
    assert changed == {**made, "enabled": False}
    rotated = (await client.post(f"{path}/rotate", json={"overlap_seconds": 60})).json()
    new, old = rotated["write_keys"]
    assert new["key"].startswith("wk_")
    assert old == {"key": "old", "expires_at": "2025-11-24T16:01:00.000Z"}
    assert (await client.get(path)).json() == rotated
    assert (await client.get("/v1/sources")).json() == {"sources": [rotated]}
    assert (await client.delete(path)).json() == rotated
    assert (await client.get(path)).status_code == 404


async def test_a_reading_key_cannot_learn_to_write(clients: Clients) -> None:
    """Of a write key it sees the end."""
    await clients("default:admin").post("/v1/sources", json={"name": "W", "write_key": "wk_12345"})

    (source,) = (await clients("default:read").get("/v1/sources")).json()["sources"]
    (same,) = (await clients("default:write").get("/v1/sources")).json()["sources"]

    assert source["write_keys"][0]["key"] == "…2345"
    assert same["write_keys"][0]["key"] == "wk_12345"


async def test_a_destination_lives(clients: Clients, world: World) -> None:
    """Made, shown without its secrets, changed with them left alone, removed."""
    client = clients("default:admin")
    order = {
        "type": "webhook",
        "name": "Hook",
        "settings": {"url": "https://example.com/", "headers": {"Authorization": "Bearer s3cret"}},
        "types": ["track"],
        "events": ["Order Completed"],
        "filter": "properties.total > 3",
    }
    made = (await client.post("/v1/destinations", json=order)).json()
    path = f"/v1/destinations/{made['id']}"

    secret = made["settings"]["secret"]
    assert secret.startswith("whsec_")
    made = (await client.get(path)).json()
    assert made["settings"]["secret"] == "********"
    assert made["settings"]["headers"] == {"Authorization": "********"}
    assert {made[name] == order[name] for name in ("types", "events", "filter")} == {True}
    listed = (await client.get("/v1/destinations")).json()["destinations"]
    assert listed == [made]

    change = {"name": "New", "settings": {**made["settings"], "timeout": 9}}
    changed = (await client.patch(path, json=change)).json()
    stored = world.workspaces.actor("default").destination(made["id"])
    assert changed == {**made, "name": "New", "settings": {**made["settings"], "timeout": 9}}
    assert stored.settings["headers"] == {"Authorization": "Bearer s3cret"}
    assert stored.settings["secret"] == secret

    assert (await client.patch(path, json={"filter": None})).json()["filter"] is None
    assert (await client.delete(path)).json()["id"] == made["id"]
    assert (await client.get(path)).status_code == 404


async def test_a_secret_that_was_brought_is_not_told(clients: Clients) -> None:
    """Only what was made here is news to anybody."""
    secret = "whsec_" + base64.b64encode(b"k" * 32).decode()
    settings = {"url": "https://example.com/", "secret": secret}
    order = {"type": "webhook", "name": "x", "settings": settings}

    made = (await clients("default:admin").post("/v1/destinations", json=order)).json()

    assert made["settings"]["secret"] == "********"


async def test_a_destination_that_could_not_work_is_refused(clients: Clients) -> None:
    """The message names the setting, or the place in the filter; nothing is stored."""
    client = clients("default:admin")
    good = {"type": "webhook", "name": "x", "settings": {"url": "https://example.com/"}}
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"settings": {}}, "'url'"),
        ({"settings": {"url": "example.com"}}, "full address"),
        ({"settings": {**good["settings"], "ur": 1}}, "'ur'"),  # type: ignore[dict-item]  # a dict
        ({"filter": "type = "}, "filter"),
        ({"type": "nothing"}, "there are: webhook"),
    ]
    for change, says in wrong:
        response = await client.post("/v1/destinations", json={**good, **change})
        assert response.status_code == 400, response.text
        assert says in response.json()["message"].lower() + response.json()["message"]

    assert (await client.get("/v1/destinations")).json() == {"destinations": []}


async def test_the_types_of_destinations_say_what_they_need(reader: httpx.AsyncClient) -> None:
    """With each setting's label, type, default, and whether it is a secret."""
    types = (await reader.get("/v1/destination-types")).json()["destination_types"]

    (webhook,) = [one for one in types if one["type"] == "webhook"]
    settings = {one["key"]: one for one in webhook["settings"]}
    assert settings["url"]["required"] is True
    assert settings["secret"]["secret"] is True
    assert settings["format"]["choices"] == ["batch", "event"]
    assert all(one["description"] for one in webhook["settings"])


async def test_a_destination_is_tested(clients: Clients, world: World) -> None:
    """One event goes out now, signed as ever, and the answer is told in one of four words."""
    client = clients("default:admin")
    order = {"type": "webhook", "name": "x", "settings": {"url": "https://example.com/hook"}}
    made = (await client.post("/v1/destinations", json=order)).json()
    answers: list[tuple[HttpResponse | HttpFailure, str, int | None]] = [
        (HttpResponse(200, {}, b"fine"), "delivered", 200),
        (HttpResponse(503, {}, b""), "retry_after", 503),
        (HttpResponse(400, {}, b"bad \xff"), "rejected", 400),
        (HttpResponse(401, {}, b""), "credentials_refused", 401),
        (HttpFailure("the name does not resolve"), "retry_after", None),
        (AddressRefused("10.0.0.1 is private"), "rejected", None),
    ]
    for answer, outcome, status in answers:
        world.http.answer = answer
        response = await clients("default:write").post(f"/v1/destinations/{made['id']}/test")
        result = response.json()
        assert response.status_code == 200
        assert (result["outcome"], result["status"]) == (outcome, status)
        assert bool(result["reason"]) == (outcome != "delivered")

    request = world.http.requests[0]
    (event,) = json.loads(request.body)["batch"]
    assert request.url == "https://example.com/hook"
    assert "webhook-signature" in request.headers
    assert (event["type"], event["event"]) == ("track", "Headwater Test")


async def test_identity_rules_are_replaced(clients: Clients, world: World) -> None:
    """What is left out has its default; what is shown can be sent back."""
    client = clients("default:admin")
    shown = (await client.get("/v1/identity-rules")).json()
    assert shown["types"][0]["name"] == "user_id"

    same = await client.put("/v1/identity-rules", json=shown)
    assert same.json() == shown
    assert world.workspaces.actor("default").identity_rules() == IdentityRules()

    order = {"types": [{"name": "user_id", "limit": 2, "blocked": ["Guest"]}], "phone_region": "DE"}
    changed = (await client.put("/v1/identity-rules", json=order)).json()
    assert changed["types"] == [{"name": "user_id", "limit": 2, "paths": [], "blocked": ["guest"]}]
    assert (changed["phone_region"], changed["max_merges"]) == ("DE", 100)
    assert (await client.get("/v1/identity-rules")).json() == changed
    assert world.workspaces.actor("other").identity_rules() == IdentityRules()


async def test_a_key_lives(clients: Clients, admin: httpx.AsyncClient) -> None:
    """Told once, listed without itself, revoked."""
    client = clients("default:admin")
    made = (await client.post("/v1/keys", json={"name": "CI", "role": "read"})).json()
    bearer = {"authorization": f"Bearer {made['key']}"}

    assert (made["workspace"], made["last_four"]) == ("default", made["key"][-4:])
    assert (await clients("").get("/v1/status", headers=bearer)).status_code == 200
    listing = await client.get("/v1/keys")
    assert made["key"] not in listing.text
    assert {one["workspace"] for one in listing.json()["keys"]} == {"default"}
    assert made["id"] in [one["id"] for one in (await admin.get("/v1/keys")).json()["keys"]]
    revoked = (await client.delete(f"/v1/keys/{made['id']}")).json()
    assert revoked["revoked_at"] == "2025-11-24T16:00:00.000Z"
    assert (await clients("").get("/v1/status", headers=bearer)).status_code == 401


async def test_a_key_makes_none_beyond_itself(clients: Clients, admin: httpx.AsyncClient) -> None:
    """A key of one workspace cannot make one for another, or for all; one for all can."""
    for workspace in ("other", "*"):
        order = {"name": "x", "role": "admin", "workspace": workspace}
        refused = await clients("default:admin").post("/v1/keys", json=order)
        made = await admin.post("/v1/keys", json=order)

        assert refused.status_code == 403
        assert (made.status_code, made.json()["workspace"]) == (201, workspace)


async def test_the_last_key_for_all_stays(admin: httpx.AsyncClient) -> None:
    """Nobody is locked out by mistake."""
    keys = (await admin.get("/v1/keys")).json()["keys"]
    (last,) = [one["id"] for one in keys if one["workspace"] == "*" and one["role"] == "admin"]

    response = await admin.delete(f"/v1/keys/{last}")

    assert (response.status_code, response.json()["code"]) == (409, "conflict")


async def test_status(reader: httpx.AsyncClient) -> None:
    """The server's state with the workspace's figures."""
    shown = (await reader.get("/v1/status")).json()

    assert shown == {
        "version": shown["version"],
        "state": "ready",
        "started_at": "2025-11-24T15:59:00.000Z",
        "workspace": "default",
        "configuration_version": 1,
        "sources": 0,
        "destinations": 0,
        "waiting": 4,
        "dead_letters": 3,
        "figures": {"events_stored": 7},
        "troubles": {},
    }
