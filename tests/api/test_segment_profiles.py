"""Segment's Profile API: field for field as its clients expect it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from headwater.profiles.people import TimelineFilter
from tests.api.conftest import Clients
from tests.api.memory_people import ADA, BOB
from tests.api.twins import World

SPACE = "/v1/spaces/default/collections"
USER = f"{SPACE}/users/profiles/user_id:ada%2Fl%2B1"
ACCOUNT = f"{SPACE}/accounts/profiles/group_id:acme%2Feu"


async def get(client: httpx.AsyncClient, path: str, **params: Any) -> dict[str, Any]:
    """Answer the content of a 200."""
    response = await client.get(path, params=params or None)
    assert response.status_code == 200, response.text
    assert "request-id" in response.headers
    content: dict[str, Any] = response.json()
    return content


async def test_its_clients_key_is_the_basic_user(world: World, clients: Clients) -> None:
    """`curl -u KEY:`, as Segment's documentation has it."""
    response = await clients("").get(f"{USER}/traits", auth=(world.keys["default:read"], ""))

    assert response.status_code == 200


async def test_traits(reader: httpx.AsyncClient) -> None:
    """By name, with the cursor that Segment gives."""
    content = await get(reader, f"{USER}/traits")

    assert content == {
        "traits": {
            "email": "ada@example.com",
            "name": "Ada",
            "plan": {"name": "pro", "seats": 3},
        },
        "cursor": {"url": f"{USER}/traits", "has_more": False, "next": "", "limit": 10},
    }


async def test_traits_page_by_page(reader: httpx.AsyncClient) -> None:
    """`next` is the next trait's name, and `url` is where to get it."""
    first = await get(reader, f"{USER}/traits", limit=2)
    rest = await get(reader, f"{USER}/traits", limit=2, next=first["cursor"]["next"])
    followed = await get(reader, first["cursor"]["url"])

    assert first["cursor"]["has_more"] is True
    assert first["cursor"]["next"] == "plan"
    assert list(first["traits"]) == ["email", "name"]
    assert list(rest["traits"]) == ["plan"]
    assert followed == rest


async def test_traits_are_chosen(reader: httpx.AsyncClient) -> None:
    """By name, or by class: nothing was computed here, and no audience made."""
    included = await get(reader, f"{USER}/traits", include="name, plan,nothing")
    audiences = await get(reader, f"{USER}/traits", **{"class": "audience"})
    computed = await get(reader, f"{USER}/traits", **{"class": "computed_trait"})

    assert list(included["traits"]) == ["name", "plan"]
    assert audiences["traits"] == computed["traits"] == {}


async def test_traits_in_detail(reader: httpx.AsyncClient) -> None:
    """With `verbose`, each with its time; without a source where its event is not found."""
    content = await get(reader, f"{USER}/traits", verbose="true", include="name")

    assert content["traits"] == {
        "name": {"value": "Ada", "source_id": "", "updated_at": "2025-11-24T15:59:52.000Z"}
    }


async def test_external_ids(reader: httpx.AsyncClient) -> None:
    """By type, paged, and chosen by type."""
    content = await get(reader, f"{USER}/external_ids", limit=1)
    rest = await get(reader, content["cursor"]["url"])
    chosen = await get(reader, f"{USER}/external_ids", include="user_id", verbose="true")

    assert content["data"] == [
        {
            "source_id": "",
            "collection": "users",
            "id": "ada@example.com",
            "type": "email",
            "created_at": "2025-11-24T15:59:52.000Z",
            "encoding": "none",
        }
    ]
    assert content["cursor"]["has_more"] is True
    assert [one["id"] for one in rest["data"]] == ["ada/l+1"]
    assert chosen["data"] == rest["data"]


async def test_events(reader: httpx.AsyncClient) -> None:
    """Newest first, in Segment's snake case, with the person that they belong to."""
    content = await get(reader, f"{USER}/events", limit=2)
    rest = await get(reader, content["cursor"]["url"])

    assert [one["message_id"] for one in content["data"]] == ["m3", "m2"]
    assert content["data"][1] == {
        "external_ids": [
            {"collection": "users", "type": "user_id", "id": "ada/l+1", "encoding": "none"}
        ],
        "context": {"ip": "203.0.113.7"},
        "type": "track",
        "message_id": "m2",
        "source_id": "src_1",
        "timestamp": "2025-11-24T15:59:57.000Z",
        "properties": {"total": 3},
        "event": "Order Completed",
        "related": {"users": ADA.id},
    }
    assert [one["message_id"] for one in rest["data"]] == ["m0"]
    assert [one["type"] for one in rest["data"][0]["external_ids"]] == ["user_id", "anonymous_id"]
    assert rest["cursor"]["has_more"] is False


@pytest.mark.parametrize(
    ("params", "which"),
    [
        ({"include": "A,B c"}, TimelineFilter(events=frozenset({"A", "B c"}))),
        ({"exclude": "A"}, TimelineFilter(exclude_events=frozenset({"A"}))),
        ({"start": "1970-01-02"}, TimelineFilter(since=86_400_000)),
        ({"end": "1970-01-02T00:00:00Z"}, TimelineFilter(until=86_399_999)),
        ({"sort": "asc"}, TimelineFilter(oldest_first=True)),
    ],
)
async def test_events_are_chosen(
    world: World, clients: Clients, params: dict[str, str], which: TimelineFilter
) -> None:
    """By name and time; `start` is included and `end` is not."""
    await get(clients("default:read"), f"{USER}/events", **params)

    assert world.people.asked == [which]


async def test_metadata(reader: httpx.AsyncClient) -> None:
    """When the profile began and last changed, by which message and source."""
    assert await get(reader, f"{USER}/metadata", verbose="true") == {
        "metadata": {
            "created_at": "2025-11-24T15:59:51.000Z",
            "updated_at": "2025-11-24T15:59:59.000Z",
            "expires_at": None,
            "first_message_id": "m0",
            "first_source_id": "src_1",
            "last_message_id": "m3",
            "last_source_id": "src_1",
        }
    }
    account = (await get(reader, f"{ACCOUNT}/metadata"))["metadata"]
    assert (account["first_message_id"], account["last_message_id"]) == ("g1", "g1")


async def test_links_from_a_user(reader: httpx.AsyncClient) -> None:
    """To its accounts, page by page."""
    content = await get(reader, f"{USER}/links", limit=1)
    rest = await get(reader, content["cursor"]["url"])

    assert content["data"] == [
        {
            "to_collection": "accounts",
            "external_ids": [
                {
                    "source_id": "",
                    "collection": "accounts",
                    "id": "acme/eu",
                    "type": "group_id",
                    "created_at": "2025-11-24T15:59:55.000Z",
                    "encoding": "none",
                }
            ],
        }
    ]
    assert [one["external_ids"][0]["id"] for one in rest["data"]] == ["zeta"]


async def test_links_from_an_account(reader: httpx.AsyncClient) -> None:
    """To its users, page by page, each with all external ids."""
    content = await get(reader, f"{ACCOUNT}/links", limit=1)
    rest = await get(reader, content["cursor"]["url"])

    assert [one["to_collection"] for one in content["data"]] == ["users"]
    ids = [(one["type"], one["id"]) for one in content["data"][0]["external_ids"]]
    assert ids == [(one.type, one.value) for one in ADA.identifiers]
    assert rest["data"][0]["external_ids"][0]["id"] == BOB.identifiers[0].value
    assert rest["cursor"]["has_more"] is False


async def test_an_account(reader: httpx.AsyncClient) -> None:
    """Its traits, external id and events."""
    traits = await get(reader, f"{ACCOUNT}/traits")
    ids = await get(reader, f"{ACCOUNT}/external_ids")
    events = await get(reader, f"{ACCOUNT}/events")

    assert traits["traits"] == {"seats": 5}
    assert [(one["collection"], one["type"], one["id"]) for one in ids["data"]] == [
        ("accounts", "group_id", "acme/eu")
    ]
    assert events["data"][0]["related"] == {"accounts": "acme/eu"}
    assert events["data"][0]["traits"] == {"seats": 5}


ERRORS = [
    (f"{SPACE}/users/profiles/user_id:x/traits", 404, "not_found", "Profile was not found."),
    (f"{SPACE}/accounts/profiles/user_id:x/traits", 404, "not_found", "Profile was not found."),
    (f"{SPACE}/accounts/profiles/group_id:x/events", 404, "not_found", "Profile was not found."),
    (f"{SPACE}/accounts/profiles/group_id:x/links", 404, "not_found", "Profile was not found."),
    (f"{SPACE}/users/profiles/42/traits", 400, "validation_error", "type:value"),
    (f"{SPACE}/people/profiles/user_id:x/traits", 400, "validation_error", "'people'"),
    (f"{USER}/traits?limit=0", 400, "validation_error", "limit"),
    (f"{USER}/traits?limit=201", 400, "validation_error", "limit"),
    (f"{USER}/events?limit=101", 400, "validation_error", "limit"),
    (f"{USER}/events?sort=up", 400, "validation_error", "sort"),
    (f"{USER}/events?start=soon", 400, "validation_error", "start"),
    (f"{USER}/events?next=%C3%BC", 400, "invalid_request_error", "cursor"),
    (f"{USER}/nothing", 404, "not_found", "There is no"),
    (
        "/v1/spaces/other/collections/users/profiles/user_id:x/traits",
        403,
        "authentication_error",
        "'default' and no other",
    ),
]


async def test_errors(reader: httpx.AsyncClient) -> None:
    """In Segment's form, with Segment's codes, and a request id."""
    for path, status, code, says in ERRORS:
        response = await reader.get(path)

        assert response.status_code == status, (path, response.text)
        assert response.json()["error"]["code"] == code, path
        assert says in response.json()["error"]["message"], (path, response.text)
        assert set(response.json()) == {"error"}
        assert "request-id" in response.headers


async def test_times_outside_of_the_calendar_are_shown_at_its_edge(
    world: World, clients: Clients
) -> None:
    """A device's clock may be thousands of years off; its profile can still be read."""
    from dataclasses import replace

    far = replace(ADA, first_seen=-(10**17), last_seen=10**17)
    world.people.people["default"][ADA.id] = far
    content = (await get(clients("default:read"), f"{USER}/metadata"))["metadata"]

    assert content["created_at"].startswith("1970-01-01")
    assert content["updated_at"].startswith("9999-12-31")
