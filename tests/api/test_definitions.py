"""The business's words over HTTP: shown with their meaning, changed, and used in phrases."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from headwater.language.definitions import default_definitions
from tests.api.conftest import Clients


async def meaning(client: httpx.AsyncClient, phrase: str) -> dict[str, Any]:
    """Answer which people a phrase means."""
    response = await client.post("/v1/ask?plan=true", json={"text": phrase})
    assert response.status_code == 200, response.text
    people: dict[str, Any] = response.json()["plan"]["people"]
    return people


async def test_the_shipped_words_are_listed(reader: httpx.AsyncClient) -> None:
    """Each with its condition, in plain words too."""
    listed = (await reader.get("/v1/definitions")).json()["definitions"]

    assert {one["word"] for one in listed} == set(default_definitions())
    assert not any(one["is_own"] for one in listed)
    inactive = next(one for one in listed if one["word"] == "inactive")
    assert inactive["words"] == "people who did not do anything in the last 30 days"


async def test_a_word_is_changed_in_plain_language(admin: httpx.AsyncClient) -> None:
    """What it means is what phrases with it mean from then on, with the time that is said."""
    path = "/v1/definitions/churned"
    changed = await admin.put(path, json={"text": "users who never logged in"})
    assert changed.json()["is_own"] is True

    window = {"type": "calendar", "unit": "month", "ago": 1, "span": 1}
    said = await meaning(admin, "churned users last month")
    assert (said["event"]["name"], said["count"], said["window"]) == ("Signed In", 0, window)
    await admin.delete(path)
    assert (await meaning(admin, "churned users"))["type"] == "and"


async def test_a_new_word_is_a_condition(admin: httpx.AsyncClient) -> None:
    """A word of one's own stands before people and behind `who are`."""
    condition = {"type": "trait", "path": "seats", "operator": "at_least", "value": 50}
    await admin.put("/v1/definitions/big", json={"condition": condition})

    assert await meaning(admin, "big users") == condition
    assert await meaning(admin, "users who are big") == condition


async def test_a_word_is_defined_by_saying_so(admin: httpx.AsyncClient) -> None:
    """`define … as …` is a plan like any other."""
    response = await admin.post(
        "/v1/ask", json={"text": "define sleepy as users inactive for 60 days"}
    )

    assert response.json()["result"] == {"word": "sleepy"}
    assert (await meaning(admin, "sleepy users"))["window"] == {"type": "rolling", "last": "60d"}


@pytest.mark.parametrize(
    ("order", "status"),
    [
        ({}, 400),
        ({"text": "users who churned", "condition": {"type": "everyone"}}, 400),
        ({"text": "user-1 signed up"}, 400),
        ({"condition": {"type": "made up"}}, 400),
    ],
)
async def test_a_meaning_must_be_people(
    admin: httpx.AsyncClient, order: dict[str, Any], status: int
) -> None:
    """Plain language or a condition, and one of them."""
    assert (await admin.put("/v1/definitions/big", json=order)).status_code == status


async def test_words_are_changed_by_admins(clients: Clients) -> None:
    """They change what everybody's phrases mean."""
    order = {"condition": {"type": "everyone"}}
    response = await clients("default:write").put("/v1/definitions/big", json=order)

    assert response.status_code == 403
