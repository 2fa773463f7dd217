"""Plain language over HTTP: shown, carried out, refused; each with the role that it needs."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from headwater.language.plan import hash_of, read_plan
from tests.api.conftest import Clients
from tests.api.twins import World


async def ask(client: httpx.AsyncClient, text: str | None = None, **fields: Any) -> httpx.Response:
    """Send an order to the API."""
    plan = fields.pop("only_plan", False)
    body = {"text": text, **fields} if text is not None else fields
    return await client.post("/v1/ask", params={"plan": "true"} if plan else {}, json=body)


async def test_a_fact_is_recorded(world: World, admin: httpx.AsyncClient) -> None:
    """The events reach the same intake as those of SDKs, completed and addressed."""
    response = await ask(admin, "user-7 completed order #456 revenue $99.99", id="order-1")

    assert response.status_code == 200
    answer = response.json()
    assert answer["executed"] is True
    assert answer["result"]["recorded"] == [
        {
            "message_id": "order-1-1",
            "type": "track",
            "name": "Order Completed",
            "who": "user_id:user-7",
        }
    ]
    (arrival,) = world.intake.arrivals
    assert arrival.identifiers == ("user_id:user-7",)
    assert arrival.event["properties"] == {
        "order_id": "456",
        "revenue": 99.99,
        "currency": "USD",
    }
    assert arrival.event["sourceId"] == "language"


async def test_a_plan_is_shown_and_nothing_done(world: World, admin: httpx.AsyncClient) -> None:
    """With ?plan=true the answer is the plan, its effect, reach and hash."""
    response = await ask(admin, "user-7 signed up", only_plan=True)

    answer = response.json()
    assert answer["executed"] is False
    assert answer["result"] is None
    assert answer["effect"] == "records"
    assert answer["reach"] == {"people": 1}
    assert answer["hash"] == hash_of(read_plan(answer["plan"]))
    assert world.intake.arrivals == []


async def test_a_hash_carries_out_that_plan(world: World, admin: httpx.AsyncClient) -> None:
    """What was shown is what is done, by its hash alone."""
    shown = (await ask(admin, "user-7 signed up", only_plan=True)).json()
    done = await ask(admin, hash=shown["hash"])

    assert done.json()["plan"] == shown["plan"]
    assert [one.event["event"] for one in world.intake.arrivals] == ["Signed Up"]


async def test_a_plan_must_be_the_one_of_its_hash(admin: httpx.AsyncClient) -> None:
    """A plan that was changed after it was shown is refused."""
    shown = (await ask(admin, "user-7 signed up", only_plan=True)).json()
    shown["plan"]["facts"][0]["who"] = "user_id:other"

    response = await ask(admin, plan=shown["plan"], hash=shown["hash"])

    assert (response.status_code, response.json()["code"]) == (409, "conflict")


async def test_a_hash_of_nothing_is_not_found(admin: httpx.AsyncClient) -> None:
    """A hash that was never shown here names no plan."""
    response = await ask(admin, hash="0" * 32)

    assert response.status_code == 404
    assert "?plan=true" in response.json()["message"]


async def test_a_hash_is_its_workspaces_own(world: World, clients: Clients) -> None:
    """What was shown in one workspace cannot be carried out in another by its hash."""
    shown = (await ask(clients("*:admin"), "user-7 signed up", only_plan=True)).json()
    response = await clients("*:admin").post(
        "/v1/ask", json={"hash": shown["hash"]}, headers={"Headwater-Workspace": "nowhere"}
    )

    assert response.status_code == 404


@pytest.mark.parametrize(
    ("key", "text", "status"),
    [
        ("default:read", "who is email:ada@example.com?", 200),
        ("default:read", "user-7 signed up", 403),
        ("default:read", "merge user_id:bob with user_id:ada/l+1", 403),
        ("default:write", "user-7 signed up", 200),
        ("default:write", "send purchases to Slack", 403),
        ("default:write", "delete user-7", 403),
        ("*:admin", "delete user-7", 404),
        ("*:admin", "delete email:ada@example.com", 409),
    ],
)
async def test_an_act_needs_its_role(clients: Clients, key: str, text: str, status: int) -> None:
    """Reading, recording and merging, routing and erasing need more and more."""
    assert (await ask(clients(key), text)).status_code == status


async def test_any_key_may_see_a_plan(clients: Clients) -> None:
    """Showing a plan does nothing, so every role may."""
    response = await ask(clients("default:read"), "delete user-7", only_plan=True)

    assert response.json()["effect"] == "erases"


async def test_what_is_not_understood_quotes_itself(admin: httpx.AsyncClient) -> None:
    """The error has the part that was not, and phrases that are."""
    response = await ask(admin, "show users who blorped the flurb")
    answer = response.json()

    assert (response.status_code, answer["code"]) == (400, "not_understood")
    assert answer["part"]
    assert answer["part"] in answer["message"]
    assert answer["nearest"]


async def test_an_ambiguous_text_is_answered_with_its_readings(admin: httpx.AsyncClient) -> None:
    """Each reading is a plan that can be sent back."""
    response = await ask(admin, "users from Acme")
    answer = response.json()

    assert (response.status_code, answer["code"]) == (400, "ambiguous")
    assert len(answer["readings"]) == 3
    assert all(read_plan(one).do == "list_people" for one in answer["readings"])


async def test_what_cannot_be_done_yet_says_what_is_missing(admin: httpx.AsyncClient) -> None:
    """The plan is in the answer, to be kept."""
    response = await ask(admin, "email alice about the sale")
    answer = response.json()

    assert (response.status_code, answer["code"]) == (501, "not_yet")
    assert answer["missing"] == "messages"
    assert hash_of(read_plan(answer["plan"])) == answer["hash"]


async def test_a_guess_that_would_act_is_confirmed_first(
    world: World, admin: httpx.AsyncClient
) -> None:
    """A mended word is fine for a fact; what would route needs the hash."""
    assert (await ask(admin, "user-7 complted order #4")).json()["notes"]
    refused = await ask(admin, "sned purchases to Slack")

    assert (refused.status_code, refused.json()["code"]) == (409, "confirm")
    assert len(world.intake.arrivals) == 1


async def test_people_are_merged(world: World, admin: httpx.AsyncClient) -> None:
    """A merge is the order that the API of people gives."""
    response = await ask(admin, "merge email:ada@example.com with user_id:bob")

    assert response.status_code == 200
    assert world.people.orders[-1][-2:] == ("email:ada@example.com", "user_id:bob")


async def test_a_person_is_shown(admin: httpx.AsyncClient) -> None:
    """Profile and newest events, whoever is named how."""
    answer = (await ask(admin, "who is ada@example.com?")).json()["result"]

    assert answer["person"]["id"] == "user_id:ada/l+1"
    assert [one["messageId"] for one in answer["events"]] == ["m3", "m2", "m0"]


async def test_nobody_is_not_found(admin: httpx.AsyncClient) -> None:
    """Asking for somebody unknown is a 404, as everywhere."""
    assert (await ask(admin, "who is user-404?")).status_code == 404


async def test_the_visitor_has_to_be_said(world: World, admin: httpx.AsyncClient) -> None:
    """A text without a subject is about the visitor whom the request names."""
    assert (await ask(admin, "page view pricing")).status_code == 400
    response = await ask(admin, "page view pricing", visitor="anonymous_id:a-9")

    assert response.status_code == 200
    (arrival,) = world.intake.arrivals
    assert (arrival.type, arrival.identifiers) == ("page", ("anonymous_id:a-9",))


async def test_values_stay_values(world: World, admin: httpx.AsyncClient) -> None:
    """A value full of orders is one person's id."""
    value = "x and delete user-1"
    response = await ask(admin, "{who} signed up", params={"who": value})

    assert response.status_code == 200
    assert world.intake.arrivals[0].event["userId"] == value


@pytest.mark.parametrize(
    "fields",
    [{}, {"text": "user-1 signed up", "hash": "0"}, {"plan": {"do": "nothing"}}, {"plan": {}}],
)
async def test_an_order_is_one_of_three(admin: httpx.AsyncClient, fields: dict[str, Any]) -> None:
    """A text, a plan or a hash; anything else is told what is missing."""
    assert (await ask(admin, **fields)).status_code == 400


async def test_routes_are_shown_and_changed(world: World, admin: httpx.AsyncClient) -> None:
    """A destination that gets some events gets one more, and says so."""
    made = await admin.post(
        "/v1/destinations",
        json={
            "type": "webhook",
            "name": "Slack",
            "settings": {"url": "https://example.com/hook"},
            "types": ["track"],
            "events": ["Signed Up"],
        },
    )
    assert made.status_code in {200, 201}, made.text

    before = (await ask(admin, "where do purchases go?")).json()["result"]["destinations"]
    routed = (await ask(admin, "send purchases to Slack")).json()["result"]["routed"]
    after = (await ask(admin, "where do purchases go?")).json()["result"]["destinations"]

    assert "Slack" not in [one["name"] for one in before]
    assert [(one["name"], one["changed"]) for one in routed] == [("Slack", True)]
    assert routed[0]["events"] == ["Signed Up", "Order Completed"]
    assert "Slack" in [one["name"] for one in after]
    again = (await ask(admin, "send purchases to Slack")).json()["result"]["routed"]
    assert again[0]["changed"] is False


async def test_an_unknown_destination_is_told(admin: httpx.AsyncClient) -> None:
    """Routing to what is not set up says how to set it up."""
    response = await ask(admin, "send purchases to Mixpanel")

    assert response.status_code == 404
    assert "Set it up first" in response.json()["message"]
