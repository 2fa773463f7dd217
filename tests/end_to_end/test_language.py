"""Facts round trip: what the promised phrases record is what is then shown, on a real server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.server import Server

ROOT = Path(__file__).parents[1] / "language"
FACTS: list[dict[str, Any]] = [
    row
    for row in json.loads((ROOT / "plans.json").read_text("utf-8"))
    if row["plan"]["do"] in {"record", "identify"}
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A real server with a lake."""
    directory: Path = tmp_path_factory.mktemp("said") / "data"
    with Server(directory, environment={"HEADWATER_LAKE": "auto"}) as running:
        yield running


def said(server: Server, text: str, **order: Any) -> Any:
    """Answer what came of something said."""
    response = server.admin.post("/v1/ask", json={"text": text, **order})
    assert response.status_code == 200, f"{text}: {response.text}"
    return response.json()["result"]


def test_every_promised_fact_can_be_asked_for(server: Server) -> None:
    """Each is recorded under one order, sent twice and there once, and is shown when asked for."""
    for number, row in enumerate(FACTS):
        order = {"id": f"order-{number}", "visitor": "anonymous_id:visitor-1"}
        recorded = said(server, row["phrase"], **order)["recorded"]
        assert said(server, row["phrase"], **order)["recorded"] == recorded
        for one in recorded:
            shown = said(server, "who is {who}?", params={"who": {"id": one["who"]}})
            (event,) = [
                event for event in shown["events"] if event["messageId"] == one["message_id"]
            ]
            name = event.get("event") or event.get("name") or event.get("groupId")
            assert (event["type"], name) == (one["type"], one.get("name")), row["phrase"]


def test_facts_count_in_questions_and_populations(server: Server) -> None:
    """Said, then asked: figures and people follow from the facts at once."""
    said(server, "shopper-1 signed up from Google Ads")
    said(server, "shopper-1 completed order #1 revenue $40")
    said(server, "shopper-2 signed up from Google Ads\nshopper-3 upgraded to Titanium")

    people = said(server, "users from Google Ads who converted")["rows"]
    revenue = said(server, "how much revenue did we make today?")["rows"]

    assert "user_id:shopper-1" in [row[0] for row in people]
    assert "user_id:shopper-2" not in [row[0] for row in people]
    assert sum(row[-1] for row in revenue) >= 40
    assert said(server, "users whose plan is Titanium", steps=[{"count": True}]) == {"count": 1}
