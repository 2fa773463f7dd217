"""Audiences of a real server: back-fill, live membership, timers over a crash, explanation."""

from __future__ import annotations

import json
import time
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.server import ADMIN_KEY, Server


def ordered(what: str, **window: Any) -> dict[str, Any]:
    """Answer the condition of having ordered something; each test has its own."""
    condition: dict[str, Any] = {"type": "event", "event": {"name": f"Ordered {what}"}}
    return {**condition, "window": window} if window else condition


def make(server: Server, name: str, condition: dict[str, Any]) -> str:
    """Make an audience, wait until everybody has been looked at, and answer its id."""
    response = server.admin.post("/v1/audiences", json={"name": name, "condition": condition})
    assert response.status_code == 201, response.text
    settle(server)
    made: str = response.json()["id"]
    return made


def settle(server: Server) -> None:
    """Wait until everybody has been looked at."""
    deadline = time.monotonic() + 30
    while not server.read("/v1/audiences/backfill").json()["finished"]:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def order(server: Server, person: str, what: str, **properties: Any) -> None:
    """Have somebody order something."""
    event = {"userId": person, "event": f"Ordered {what}", "properties": properties}
    assert server.send("/v1/track", event).status_code == 200


def count(server: Server, audience: str) -> int:
    """Answer the size of an audience."""
    size: int = server.read(f"/v1/audiences/{audience}/count").json()["count"]
    return size


def told(server: Server, person: str) -> list[tuple[str, str, datetime]]:
    """Answer what a person's timeline tells of memberships, oldest first."""
    return [
        (
            event["event"],
            event["properties"]["audience_key"],
            datetime.fromisoformat(event["timestamp"]),
        )
        for event in reversed(server.timeline(f"user_id:{person}"))
        if str(event.get("event")).startswith("Audience ")
    ]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Run a server for all of these; each has its own people and events."""
    with Server(tmp_path_factory.mktemp("audiences") / "data") as running:
        yield running


def test_who_was_there_before_and_who_comes_after_are_members(server: Server) -> None:
    """The back-fill finds the first, their own events the others; both are told, once each."""
    for number in range(120):
        order(server, f"tea-old-{number}", "tea")
    big = make(server, "Tea buyers", ordered("tea"))
    order(server, "tea-new", "tea")

    assert count(server, big) == 121
    order(server, "tea-new", "tea")
    assert [name for name, _, _ in told(server, "tea-new")] == ["Audience Entered"]
    assert [name for name, _, _ in told(server, "tea-old-7")] == ["Audience Entered"]
    page = server.read("/v1/audiences/tea_buyers/members", limit="100").json()
    rest = server.read("/v1/audiences/tea_buyers/members", limit="100", cursor=page["next"]).json()
    people = [one["person"] for one in page["members"] + rest["members"]]
    assert len(set(people)) == 121
    assert rest["next"] is None


def test_a_timer_that_a_crash_overslept_tells_the_right_instant(server: Server) -> None:
    """Leaving is told at the instant at which it was true, however late, and only once."""
    short = make(server, "Just now", ordered("milk", type="rolling", last="2s"))
    order(server, "milk-ann", "milk")
    assert count(server, short) == 1
    happened = next(
        datetime.fromisoformat(event["timestamp"])
        for event in server.timeline("user_id:milk-ann")
        if event["event"] == "Ordered milk"
    )
    server.kill()
    time.sleep(2.2)
    server.start()

    deadline = time.monotonic() + 10
    while count(server, short):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    server.kill()
    server.start()
    order(server, "milk-bob", "milk")
    names = [(name, at) for name, _, at in told(server, "milk-ann")]
    assert [name for name, _ in names] == ["Audience Entered", "Audience Exited"]
    assert names[1][1] == happened + timedelta(seconds=2)


def test_a_back_fill_goes_on_after_a_crash(server: Server) -> None:
    """Nobody is left out, nobody told twice."""
    batch = [
        {
            "type": "track",
            "userId": f"u{number}",
            "event": "Ordered bread",
            "messageId": f"m{number}",
        }
        for number in range(1200)
    ]
    for start in range(0, 1200, 400):
        assert server.send("/v1/batch", {"batch": batch[start : start + 400]}).status_code == 200
    response = server.admin.post(
        "/v1/audiences", json={"name": "Bread buyers", "condition": ordered("bread")}
    )
    assert response.status_code == 201
    server.kill()
    server.start()
    settle(server)

    assert count(server, "bread_buyers") == 1200
    assert [name for name, _, _ in told(server, "u42")] == ["Audience Entered"]


def test_it_is_explained_and_can_be_tried_first(server: Server) -> None:
    """Each clause with what was found and the events that count; a preview saves nothing."""
    order(server, "rice-ann", "rice", total=30)
    order(server, "rice-ann", "rice", total=40)
    order(server, "rice-bob", "rice", total=10)
    spent = {
        "type": "aggregate",
        "event": {"name": "Ordered rice"},
        "function": "sum",
        "property": "properties.total",
        "operator": "at_least",
        "value": 50,
    }
    condition = {"and": [spent, {"type": "trait", "path": "plan", "operator": "absent"}]}

    preview = server.admin.post("/v1/audiences/preview", json={"condition": condition}).json()
    assert (preview["count"], preview["is_exact"], preview["sample"]) == (
        1,
        True,
        ["user_id:rice-ann"],
    )
    assert server.read("/v1/audiences/spenders").status_code == 404

    make(server, "Spenders", condition)
    explained = server.read("/v1/audiences/spenders/explain/user_id:rice-ann").json()
    assert explained["member"] is True
    clauses = explained["clause"]["clauses"]
    assert [(one["true"], one["why"]) for one in clauses] == [
        (True, "sum is 70"),
        (True, "plan is not set"),
    ]
    assert len(clauses[0]["events"]) == 2
    anything = {"type": "event", "event": {"call": "any"}}
    make(server, "Told", {"and": [{"type": "audience", "audience": "spenders"}, anything]})
    why = server.read("/v1/audiences/told/explain/user_id:rice-ann").json()["clause"]
    assert {one["name"] for one in why["clauses"][1]["events"]} == {"Ordered rice"}
    bob = server.read("/v1/audiences/spenders/check/user_id:rice-bob").json()
    assert (bob["member"], bob["since"]) == (False, None)
    assert server.read("/v1/audiences/spenders/check/user_id:x").status_code == 404


def test_computed_traits_are_in_the_profile(server: Server) -> None:
    """With when they last changed; expressions follow what they look at."""
    figure = {
        "type": "figure",
        "function": "sum",
        "property": "properties.total",
        "event": {"name": "Ordered salt"},
    }
    double = {"type": "expression", "expression": "spent * 2"}
    for key, computation in (("spent", figure), ("double", double)):
        made = {"key": key, "computation": computation}
        assert server.admin.post("/v1/computed-traits", json=made).status_code == 201
    settle(server)
    order(server, "salt-ann", "salt", total=0.1)
    order(server, "salt-ann", "salt", total=0.2)

    person = server.read("/v1/people/user_id:salt-ann", verbose="true").json()
    assert person["traits"] == {"spent": 0.3, "double": 0.6}
    assert person["trait_details"]["spent"]["identifier"] == "computed"


def test_a_live_count_follows_the_audience(server: Server) -> None:
    """The size now, and again when it has changed."""
    make(server, "Wine buyers", ordered("wine"))
    headers = {"authorization": f"Bearer {ADMIN_KEY}"}
    found: list[int] = []
    with httpx.stream(
        "GET", f"{server.url}/v1/audiences/wine_buyers/live", headers=headers, timeout=30.0
    ) as response:
        for line in response.iter_lines():
            if line.startswith("data: "):
                found.append(json.loads(line[6:])["count"])
                if len(found) == 1:
                    order(server, "wine-ann", "wine")
                else:
                    break

    assert found == [0, 1]


def test_an_account_s_traits_reach_its_members(server: Server) -> None:
    """Whoever is in the account enters when its traits change, without an event of their own."""
    make(
        server,
        "Enterprise",
        {
            "type": "account",
            "where": [{"path": "plan", "operator": "equals", "value": "enterprise"}],
        },
    )
    for person in ("ann", "bob"):
        server.send("/v1/group", {"userId": person, "groupId": "acme"})
    assert count(server, "enterprise") == 0
    server.send("/v1/group", {"userId": "ann", "groupId": "acme", "traits": {"plan": "enterprise"}})

    assert count(server, "enterprise") == 2
    assert [name for name, _, _ in told(server, "bob")] == ["Audience Entered"]


def test_mistakes_are_told(server: Server) -> None:
    """With the place, the reason, and what to do."""
    make(server, "Figs buyers", ordered("figs"))

    def refused(order: dict[str, Any]) -> tuple[int, str]:
        response = server.admin.post("/v1/audiences", json=order)
        return response.status_code, response.json()["message"]

    bad = {"name": "x", "condition": {"event": "A", "timeframe": "7q"}}
    assert refused(bad) == (
        400,
        "condition.window.last: '7q' is not a duration, such as '7d' or '12h'.",
    )
    other = {"name": "x", "condition": {"type": "audience", "audience": "nobody"}}
    unknown = "condition.audience: there is no audience 'nobody'; GET /v1/audiences lists them."
    assert refused(other) == (400, unknown)
    tried = server.admin.post("/v1/audiences/preview", json={"condition": other["condition"]})
    assert (tried.status_code, tried.json()["message"]) == (400, unknown)
    assert refused({"name": "Figs buyers", "condition": ordered("figs")})[0] == 409
    named = make(server, "Named", {"type": "audience", "audience": "figs_buyers"})
    assert server.admin.delete("/v1/audiences/figs_buyers").status_code == 409
    circle = {"condition": {"type": "audience", "audience": named}}
    response = server.admin.patch("/v1/audiences/figs_buyers", json=circle)
    assert response.json()["message"].startswith("They name each other in a circle: ")
    zone = server.admin.put("/v1/time-zone", json={"time_zone": "Mars/Phobos"})
    assert zone.status_code == 400
