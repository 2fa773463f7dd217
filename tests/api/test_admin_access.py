"""Who may call what: every route with every role, and never another workspace."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest

from headwater.api.admin import admin_routes
from tests.api.conftest import Clients
from tests.api.twins import World

ADA = "/v1/people/user_id:ada%2Fl+1"
SPACE = "/v1/spaces/default/collections/users/profiles/user_id:ada%2Fl+1"
NEW_HOOK = {"type": "webhook", "name": "x", "settings": {"url": "https://example.com/"}}

EVERYONE = {"type": "everyone"}
LIFTED = {"regulationType": "UNSUPPRESS", "subjectType": "USER_ID", "subjectIds": ["x"]}
COUNTED = {"type": "figure", "function": "count", "event": {"name": "A"}}

# method, path, body, the least role that may, status for who may
ROUTES: list[tuple[str, str, Any, str, int]] = [
    ("GET", "/v1/status", None, "read", 200),
    ("GET", ADA, None, "read", 200),
    ("GET", f"{ADA}/events", None, "read", 200),
    ("GET", f"{ADA}/links", None, "read", 200),
    ("POST", "/v1/questions", {"question": "list"}, "read", 200),
    ("POST", "/v1/ask", {"text": ""}, "read", 400),
    ("GET", "/v1/definitions", None, "read", 200),
    ("PUT", "/v1/definitions/churned", {"condition": EVERYONE}, "admin", 200),
    ("DELETE", "/v1/definitions/churned", None, "admin", 200),
    ("POST", "/v1/erasures", {"identifiers": ["user_id:null"]}, "admin", 400),
    ("GET", "/v1/erasures", None, "read", 200),
    ("GET", "/v1/erasures/job_none", None, "read", 404),
    ("GET", "/v1/suppressions", None, "read", 200),
    ("POST", "/v1/suppressions", {"identifiers": ["user_id:x"]}, "admin", 200),
    ("POST", "/v1/suppressions/lift", {"identifiers": ["user_id:x"]}, "admin", 200),
    ("POST", "/regulations", LIFTED, "admin", 200),
    ("GET", "/regulations", None, "read", 200),
    ("GET", "/regulations/reg_x", None, "read", 404),
    ("DELETE", "/regulations/reg_x", None, "admin", 404),
    ("GET", "/regulations/sources/s", None, "read", 200),
    ("POST", "/regulations/sources/s", LIFTED, "admin", 400),
    ("POST", "/regulations/cloudsources/s", LIFTED, "admin", 400),
    ("GET", "/suppressions", None, "read", 200),
    ("POST", "/v1/exports", {}, "admin", 202),
    ("POST", "/v1/exports/people", {"identifier": "user_id:x"}, "admin", 202),
    ("GET", "/v1/exports/job_x/files/a", None, "admin", 404),
    ("DELETE", "/v1/exports/job_x", None, "admin", 404),
    ("POST", "/v1/replays", {"destination": "dst_x"}, "write", 404),
    ("POST", "/v1/sql", {"sql": "SELECT 1"}, "admin", 200),
    ("GET", "/v1/jobs", None, "read", 200),
    ("GET", "/v1/jobs/job_x", None, "read", 404),
    ("POST", "/v1/jobs/job_x/cancel", None, "admin", 404),
    ("POST", "/v1/people/merge", {"first": "user_id:x", "second": "a:b"}, "write", 404),
    ("POST", f"{ADA}/split", {"link": "link-1"}, "write", 200),
    ("GET", "/v1/accounts/acme%2Feu", None, "read", 200),
    ("GET", "/v1/accounts/acme%2Feu/events", None, "read", 200),
    ("GET", "/v1/accounts/acme%2Feu/members", None, "read", 200),
    ("GET", "/v1/audiences", None, "read", 200),
    ("POST", "/v1/audiences", {"name": "All", "condition": EVERYONE}, "admin", 201),
    ("GET", "/v1/audiences/aud_x", None, "read", 404),
    ("PATCH", "/v1/audiences/aud_x", {"name": "y"}, "admin", 404),
    ("DELETE", "/v1/audiences/aud_x", None, "admin", 404),
    ("GET", "/v1/audiences/aud_x/members", None, "read", 200),
    ("GET", "/v1/audiences/aud_x/count", None, "read", 200),
    ("GET", "/v1/audiences/aud_x/check/user_id:ann", None, "read", 200),
    ("GET", "/v1/audiences/aud_x/explain/user_id:nobody", None, "read", 404),
    ("GET", "/v1/audiences/aud_x/live", None, "read", 200),
    ("POST", "/v1/audiences/preview", {"condition": EVERYONE}, "read", 200),
    ("GET", "/v1/audiences/backfill", None, "read", 200),
    ("GET", "/v1/computed-traits", None, "read", 200),
    ("POST", "/v1/computed-traits", {"key": "n", "computation": COUNTED}, "admin", 201),
    ("GET", "/v1/computed-traits/trt_x", None, "read", 404),
    ("PATCH", "/v1/computed-traits/trt_x", {"name": "y"}, "admin", 404),
    ("DELETE", "/v1/computed-traits/trt_x", None, "admin", 404),
    ("GET", "/v1/time-zone", None, "read", 200),
    ("PUT", "/v1/time-zone", {"time_zone": "Europe/Berlin"}, "admin", 200),
    ("GET", f"{SPACE}/traits", None, "read", 200),
    ("GET", f"{SPACE}/external_ids", None, "read", 200),
    ("GET", f"{SPACE}/events", None, "read", 200),
    ("GET", f"{SPACE}/metadata", None, "read", 200),
    ("GET", f"{SPACE}/links", None, "read", 200),
    ("GET", "/v1/deliveries", None, "read", 200),
    ("GET", "/v1/dead-letters", None, "read", 200),
    ("GET", "/v1/dead-letters/1", None, "read", 404),
    ("POST", "/v1/dead-letters/replay", {"all": True}, "write", 200),
    ("POST", "/v1/dead-letters/discard", {"all": True}, "write", 200),
    ("GET", "/v1/rejected", None, "read", 200),
    ("GET", "/v1/rejected/1", None, "read", 404),
    ("POST", "/v1/rejected/replay", {"all": True}, "write", 200),
    ("POST", "/v1/rejected/discard", {"all": True}, "write", 200),
    ("GET", "/v1/workspaces", None, "read", 200),
    ("POST", "/v1/workspaces", {"id": "UPPER"}, "admin", 422),
    ("GET", "/v1/sources", None, "read", 200),
    ("POST", "/v1/sources", {"name": "Web"}, "admin", 201),
    ("GET", "/v1/sources/src_x", None, "read", 404),
    ("PATCH", "/v1/sources/src_x", {"name": "y"}, "admin", 404),
    ("DELETE", "/v1/sources/src_x", None, "admin", 404),
    ("POST", "/v1/sources/src_x/rotate", {}, "admin", 404),
    ("GET", "/v1/destination-types", None, "read", 200),
    ("GET", "/v1/destinations", None, "read", 200),
    ("POST", "/v1/destinations", NEW_HOOK, "admin", 201),
    ("GET", "/v1/destinations/dst_x", None, "read", 404),
    ("PATCH", "/v1/destinations/dst_x", {"name": "y"}, "admin", 404),
    ("DELETE", "/v1/destinations/dst_x", None, "admin", 404),
    ("POST", "/v1/destinations/dst_x/test", None, "write", 404),
    ("GET", "/v1/identity-rules", None, "read", 200),
    ("PUT", "/v1/identity-rules", {"types": [{"name": "user_id"}]}, "admin", 200),
    ("GET", "/v1/keys", None, "read", 200),
    ("POST", "/v1/keys", {"name": "x", "role": "read"}, "admin", 201),
    ("DELETE", "/v1/keys/key_x", None, "admin", 404),
]
RANKS = {"read": 0, "write": 1, "admin": 2}


def said(response: httpx.Response, path: str) -> str:
    """Answer an error's message, out of the form of the path's API."""
    content = response.json()
    if path.startswith("/v1/spaces/"):
        content = content["error"]
    elif not path.startswith("/v1/"):
        (content,) = content["errors"]
    message: str = content["message"]
    return message


def test_the_table_has_every_route(world: World) -> None:
    """A route that is added without a row here fails; the tail has its own tests."""
    documented = {
        (method.upper(), path)
        for path, operations in admin_routes(world.services()).openapi()["paths"].items()
        for method in operations
        if path != "/v1/tail"
    }

    assert len(ROUTES) == len(documented)


@pytest.mark.parametrize("scope", ["default", "*"])
@pytest.mark.parametrize("role", RANKS)
async def test_a_role_may_what_the_table_says(clients: Clients, scope: str, role: str) -> None:
    """Less than the least role is 403 with the role that it needs; the others get their answer."""
    wrong = []
    for method, path, body, least, status in ROUTES:
        expected = status if RANKS[role] >= RANKS[least] else 403
        response = await clients(f"{scope}:{role}").request(method, path, json=body)
        explained = expected != 403 or f"role '{least}'" in said(response, path)
        if response.status_code != expected or not explained:
            wrong.append((method, path, expected, response.status_code, response.text))

    assert wrong == []


async def test_without_a_key_nothing_is_told(clients: Clients) -> None:
    """401 says how to send a key, in the form of the path's API."""
    for method, path, body, *_ in ROUTES:
        response = await clients("").request(method, path, json=body)

        assert response.status_code == 401, (method, path)
        assert "Authorization: Bearer hw_" in said(response, path)
        assert "www-authenticate" in response.headers


NO_KEYS = [
    b"Bearer hw_wrong",
    b"Bearer",
    b"Bearer ",
    b"Basic",
    b"Basic !!!",
    b"Basic " + base64.b64encode(b":password"),
    b"Basic " + base64.b64encode(b"\xff\xfe:"),
    b"Digest x",
    b"hw_wrong",
    b"Bearer hw_\xfc",
    b"",
]


async def test_what_is_no_key_opens_nothing(clients: Clients) -> None:
    """However it is wrong, it is 401."""
    for authorization in NO_KEYS:
        headers = {b"authorization": authorization}
        response = await clients("").get("/v1/status", headers=headers)

        assert response.status_code == 401, authorization
        assert response.json()["code"] == "unauthorized"


async def test_basic_has_the_key_as_user(world: World, clients: Clients) -> None:
    """As Segment's clients send it; the password does not count."""
    for after in ("", ":", ":ignored"):
        user = base64.b64encode((world.keys["default:read"] + after).encode()).decode()
        headers = {"authorization": f"Basic {user}"}
        response = await clients("").get("/v1/status", headers=headers)

        assert response.status_code == 200, after


async def test_a_revoked_key_opens_nothing(
    world: World, clients: Clients, admin: httpx.AsyncClient
) -> None:
    """From the next request on."""
    client = clients("default:read")
    assert (await client.get("/v1/status")).status_code == 200
    keys = (await admin.get("/v1/keys")).json()["keys"]
    (mine,) = [one["id"] for one in keys if one["name"] == "default read"]

    await admin.delete(f"/v1/keys/{mine}")

    assert (await client.get("/v1/status")).status_code == 401


async def test_a_key_stays_in_its_workspace(clients: Clients) -> None:
    """People and settings of another workspace do not exist for it, nor can it name it."""
    other = clients("other:admin")

    assert (await other.get(ADA)).status_code == 404
    assert (await other.get("/v1/accounts/acme%2Feu")).status_code == 404
    assert (await other.get("/v1/deliveries")).json() == {"deliveries": []}
    assert (await other.get(f"{SPACE}/traits")).status_code == 403
    named = await other.get("/v1/status", headers={"headwater-workspace": "default"})
    assert named.status_code == 403
    assert "'other' and no other" in named.json()["message"]
    assert (await other.get("/v1/status?workspace=default")).status_code == 403
    assert (await other.get("/v1/status?workspace=other")).json()["workspace"] == "other"
    workspaces = (await other.get("/v1/workspaces")).json()["workspaces"]
    assert [one["id"] for one in workspaces] == ["other"]
    keys = (await other.get("/v1/keys")).json()["keys"]
    assert {one["workspace"] for one in keys} == {"other"}


async def test_another_workspaces_things_cannot_be_changed(clients: Clients) -> None:
    """Their ids are not found."""
    made = (await clients("default:admin").post("/v1/sources", json={"name": "Web"})).json()
    hook = (await clients("default:admin").post("/v1/destinations", json=NEW_HOOK)).json()
    keys = (await clients("default:admin").get("/v1/keys")).json()["keys"]
    other = clients("other:admin")
    attempts = [
        ("GET", f"/v1/sources/{made['id']}", None),
        ("PATCH", f"/v1/sources/{made['id']}", {"enabled": False}),
        ("POST", f"/v1/sources/{made['id']}/rotate", {}),
        ("DELETE", f"/v1/sources/{made['id']}", None),
        ("GET", f"/v1/destinations/{hook['id']}", None),
        ("PATCH", f"/v1/destinations/{hook['id']}", {"enabled": False}),
        ("POST", f"/v1/destinations/{hook['id']}/test", None),
        ("DELETE", f"/v1/destinations/{hook['id']}", None),
        ("DELETE", f"/v1/keys/{keys[0]['id']}", None),
    ]
    for method, path, body in attempts:
        response = await other.request(method, path, json=body)
        assert response.status_code == 404, (method, path, response.text)

    assert (await clients("default:admin").get(f"/v1/sources/{made['id']}")).json() == made


@pytest.mark.parametrize("how", ["header", "query"])
async def test_a_key_for_all_names_its_workspace(clients: Clients, how: str) -> None:
    """By header or query; `default` where it names none."""
    client = clients("*:read")
    named: dict[str, Any] = (
        {"headers": {"Headwater-Workspace": "other"}}
        if how == "header"
        else {"params": {"workspace": "other"}}
    )

    assert (await client.get("/v1/status")).json()["workspace"] == "default"
    assert (await client.get("/v1/status", **named)).json()["workspace"] == "other"
    assert (await client.get(ADA, **named)).status_code == 404


async def test_a_workspace_that_does_not_exist_is_not_found(clients: Clients) -> None:
    """And two that contradict each other are a mistake."""
    client = clients("*:admin")

    unknown = await client.get("/v1/status", headers={"Headwater-Workspace": "nowhere"})
    contradiction = await client.get(
        "/v1/status?workspace=default", headers={"Headwater-Workspace": "other"}
    )

    assert unknown.status_code == 404
    assert contradiction.status_code == 400
    assert "name one workspace" in contradiction.json()["message"]


async def test_a_key_may_ask_so_often(world: World) -> None:
    """Over its rate it is told when to come back; another key is not slowed down by it."""
    world.requests_per_second = 3
    from headwater.api.admin import admin_app

    transport = httpx.ASGITransport(app=admin_app(world.services()))
    headers = {"authorization": f"Bearer {world.keys['default:read']}"}
    others = {"authorization": f"Bearer {world.keys['default:admin']}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        statuses = [(await client.get("/v1/keys", headers=headers)).status_code for _ in range(5)]
        refused = await client.get("/v1/keys", headers=headers)
        segment = await client.get(f"{SPACE}/traits", headers=headers)
        other = await client.get("/v1/keys", headers=others)
        world.clock.at += 1000
        later = await client.get("/v1/keys", headers=headers)

    assert statuses == [200, 200, 200, 429, 429]
    assert refused.json()["code"] == "rate_limited"
    assert int(refused.headers["retry-after"]) >= 1
    assert "3 requests a second" in refused.json()["message"]
    assert segment.json()["error"]["code"] == "rate_limit_error"
    assert (other.status_code, later.status_code) == (200, 200)
