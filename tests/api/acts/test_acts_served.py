"""Plans carried out at a real server: exports, erasures, routes, syncs, replays, definitions."""

from __future__ import annotations

import csv
import io
import json
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.recorder import Recorder
from tests.server import ADMIN_KEY, WRITE_KEY, Server

PATIENCE = 60.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a lake, on which a few people have done a few things."""
    environment = {"HEADWATER_LAKE": "auto", "HEADWATER_LAKE_FLUSH_SECONDS": "1"}
    directory: Path = tmp_path_factory.mktemp("acts") / "data"
    with Server(directory, environment=environment) as running:
        batch = [
            {"type": "identify", "userId": "ann", "traits": {"plan": "pro", "email": "ann@b.co"}},
            {"type": "identify", "userId": "bob", "traits": {"plan": "free"}},
            {"type": "identify", "userId": "cid", "traits": {"plan": "pro", "name": "=1+1"}},
            *(
                {"type": "track", "userId": who, "event": "Order Completed", "properties": {"n": n}}
                for n, who in enumerate(("ann", "ann", "bob"))
            ),
            {"type": "track", "userId": "bob", "event": "Signed Up"},
        ]
        answer = httpx.post(
            f"{running.url}/v1/batch", auth=(WRITE_KEY, ""), json={"batch": batch}, timeout=30
        )
        assert answer.status_code == 200, answer.text
        yield running


def admin(
    server: Server, method: str, path: str, body: Any = None, **headers: str
) -> httpx.Response:
    """Ask the admin API, over a connection of its own: a kept one may just be closing."""
    sent_along = {"authorization": f"Bearer {ADMIN_KEY}", **headers}
    return httpx.request(
        method, f"{server.url}{path}", headers=sent_along, json=body, timeout=60, verify=False
    )


def ask(server: Server, text: str | None = None, **body: Any) -> httpx.Response:
    """Say it, or send a plan or a hash."""
    order = {**body, **({"text": text} if text is not None else {})}
    return admin(server, "POST", "/v1/ask", order)


def done(server: Server, text: str | None = None, **body: Any) -> dict[str, Any]:
    """Answer what came of it."""
    answer = ask(server, text, **body)
    assert answer.status_code == 200, answer.text
    result: dict[str, Any] = answer.json()["result"]
    return result


def until(found: Callable[[], Any], *, what: str) -> Any:
    """Answer what is found, once it is."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if result := found():
            return result
        time.sleep(0.05)
    raise AssertionError(f"{what} did not come")


def sent(recorder: Recorder) -> list[dict[str, Any]]:
    """Answer the events that a webhook got."""
    bodies = [json.loads(one.body) for one in list(recorder.requests)]
    return [event for body in bodies for event in body.get("batch", [body])]


def finished(server: Server, job: dict[str, Any]) -> dict[str, Any]:
    """Answer a job once it is done."""

    def look() -> dict[str, Any] | None:
        now: dict[str, Any] = admin(server, "GET", f"/v1/jobs/{job['id']}").json()
        assert now["state"] != "failed", now
        return now if now["state"] == "done" else None

    found: dict[str, Any] = until(look, what=f"the end of {job['kind']}")
    return found


def test_events_are_exported(server: Server) -> None:
    """The file has the events that were named, of the people who were named."""
    asked = done(server, "export purchases this week to csv")
    job = finished(server, asked["job"])
    (file,) = job["result"]["files"]
    text = admin(server, "GET", asked["files"] + file["name"]).text
    plan = {
        "do": "export_events",
        "events": {
            "name": "Order Completed",
            "people": {"type": "trait", "path": "plan", "operator": "equals", "value": "pro"},
        },
        "format": "json",
    }
    of_pro = finished(server, done(server, plan=plan)["job"])

    assert {row["name"] for row in csv.DictReader(io.StringIO(text))} == {"Order Completed"}
    assert job["result"]["rows"] == 3
    assert of_pro["result"]["rows"] == 2


def test_people_are_exported(server: Server) -> None:
    """The text has each of them with ids and traits, and nothing that a spreadsheet runs."""
    result = done(server, "export Pro users to csv")
    rows = {row["id"]: row for row in csv.DictReader(io.StringIO(result["text"]))}

    assert result["exported"] == 2
    assert set(rows) == {"user_id:ann", "user_id:cid"}
    assert rows["user_id:ann"]["email"] == "ann@b.co"
    assert rows["user_id:cid"]["name"] == "'=1+1"


def test_people_are_not_exported_as_parquet(server: Server) -> None:
    """The refusal says which formats there are."""
    answer = ask(server, "export Pro users to parquet")

    assert answer.status_code == 400
    assert "csv or json" in answer.json()["message"]


def test_everything_held_on_a_person_is_archived(server: Server) -> None:
    """The plan shows whom it is about; carried out, it is a job whose file is the archive."""
    text = "export everything of user_id:ann"
    shown = admin(server, "POST", "/v1/ask?plan=true", {"text": text}).json()
    ordered = done(server, text)
    job = finished(server, ordered["job"])
    archive = admin(server, "GET", ordered["archive"])

    assert sorted(shown["reach"]["identifiers"]) == sorted(ordered["identifiers"])
    assert sorted(ordered["identifiers"]) == ["email:ann@b.co", "user_id:ann"]
    assert job["kind"] == "export-person"
    with zipfile.ZipFile(io.BytesIO(archive.content)) as opened:
        assert "index.html" in opened.namelist()


def test_nothing_is_archived_of_nobody(server: Server) -> None:
    """An identifier that nobody has is told; an archive of nothing would look like an answer."""
    assert ask(server, "export everything of user_id:nobody-there").status_code == 404


def test_an_erasure_is_shown_and_then_done(server: Server) -> None:
    """The text alone erases nobody: all ids are shown, and the hash is what does it."""
    sent = {"type": "identify", "userId": "eve", "traits": {"email": "eve@b.co"}}
    httpx.post(f"{server.url}/v1/batch", auth=(WRITE_KEY, ""), json={"batch": [sent]}, timeout=30)
    refused = ask(server, "delete user_id:eve")
    shown = admin(server, "POST", "/v1/ask?plan=true", {"text": "delete user_id:eve"}).json()
    before = server.read("/v1/people/user_id:eve").status_code
    erased = done(server, hash=shown["hash"])
    job = finished(server, erased["job"])

    assert (refused.status_code, refused.json()["code"]) == (409, "confirm")
    assert "email:eve@b.co" in refused.json()["message"]
    assert shown["hash"] in refused.json()["message"]
    assert sorted(shown["reach"]["identifiers"]) == ["email:eve@b.co", "user_id:eve"]
    assert shown["reach"]["people"] == 1
    assert before == 200
    assert sorted(erased["identifiers"]) == ["email:eve@b.co", "user_id:eve"]
    assert job["result"]["certificate"] == erased["certificate"]
    assert server.read("/v1/people/user_id:eve").status_code == 404


def test_a_plan_that_erases_needs_its_hash_too(server: Server) -> None:
    """A program that sends the plan itself must send the hash along."""
    answer = ask(server, plan={"do": "erase", "who": "user_id:ann"})

    assert (answer.status_code, answer.json()["code"]) == (409, "confirm")


def test_nobody_is_erased_by_a_slip(server: Server) -> None:
    """An identifier that nobody has is told, rather than erased for ever."""
    assert ask(server, "delete user_id:nobody-there").status_code == 404


def test_nothing_is_kept_of_the_suppressed(server: Server) -> None:
    """Suppressed by the hash; facts of them are refused until it is lifted."""
    plan = {"do": "suppress", "who": "user_id:sue"}
    shown = admin(server, "POST", "/v1/ask?plan=true", {"plan": plan}).json()
    suppressed = done(server, hash=shown["hash"])
    refused = ask(server, "user_id:sue signed up")
    lifted = done(server, plan={"do": "unsuppress", "who": "user_id:sue"})

    assert suppressed == {"suppressed": ["user_id:sue"], "changed": 1}
    assert refused.json()["code"] == "suppressed"
    assert lifted == {"unsuppressed": ["user_id:sue"], "changed": 1}
    assert ask(server, "user_id:sue signed up").status_code == 200


def test_an_audience_is_kept_in_sync(server: Server) -> None:
    """Who is in it already and who enters later are told; who does not belong is not.

    And no other destination is told, not even one that gets all events.
    """
    with Recorder() as recorder, Recorder() as everything:
        warehouse = server.add_webhook("Warehouse", everything.url)
        crm = server.add_webhook("Crm", recorder.url)
        admin(server, "PATCH", f"/v1/destinations/{crm}", {"events": ["Nothing Else"]})
        done(
            server,
            plan={"do": "stop_routing", "events": {"call": "identify"}, "destinations": ["Crm"]},
        )
        synced = done(server, "sync Pro users to Crm")["synced"]
        again = done(server, "sync Pro users to Crm")["synced"]
        other = done(server, plan=_free("sync_audience"))["synced"]
        done(server, "user_id:dan is on the Pro plan")

        def told() -> dict[str, list[str]]:
            found: dict[str, list[str]] = {}
            for one in sent(recorder):
                key = one["properties"]["audience_key"]
                found.setdefault(key, []).append(f"{one['event']} {one['userId']}")
            return found

        key, other_key = synced["audience"]["key"], other["audience"]["key"]
        until(lambda: len(told().get(key, ())) == 3 and told().get(other_key), what="who entered")
        stopped = done(server, plan=_free("stop_sync"))["stopped"][0]

        assert (synced["changed"], again["changed"]) == (True, False)
        assert sorted(told()[key]) == [f"Audience Entered {who}" for who in ("ann", "cid", "dan")]
        assert told()[other_key] == ["Audience Entered bob"]
        done(server, "user_id:dan renewed")
        until(lambda: "Renewed" in str(sent(everything)), what="what the other gets")
        assert "Audience Entered" not in str(sent(everything))
        assert other_key not in stopped["filter"]
        assert key in stopped["filter"]
        gone = ask(server, plan=_free("stop_sync"))
        assert gone.status_code == 404
        admin(server, "DELETE", f"/v1/destinations/{crm}")
        admin(server, "DELETE", f"/v1/destinations/{warehouse}")


def _free(do: str) -> dict[str, Any]:
    people = {"type": "trait", "path": "plan", "operator": "equals", "value": "free"}
    return {"do": do, "people": people, "destination": "Crm"}


def test_events_are_replayed(server: Server) -> None:
    """Events of the past that were named come again, and no others."""
    with Recorder() as recorder:
        hook = server.add_webhook("Past", recorder.url)
        plan = {
            "do": "replay",
            "events": {"name": "Order Completed"},
            "destination": "Past",
            "over": {"last": 7, "unit": "day"},
        }
        shown = admin(server, "POST", "/v1/ask?plan=true", {"plan": plan}).json()
        job = finished(server, done(server, hash=shown["hash"])["job"])
        until(lambda: len(sent(recorder)) == 3, what="the replay")

        assert shown["effect"] == "sends"
        assert shown["reach"]["destinations"] == ["Past"]
        assert job["result"]["sent"] == 3
        assert {one["event"] for one in sent(recorder)} == {"Order Completed"}
        admin(server, "DELETE", f"/v1/destinations/{hook}")


def test_a_trait_is_computed(server: Server) -> None:
    """It is made, listed, and there for whoever acts, exports, or asks by SQL."""
    figure = {"type": "figure", "function": "count", "event": {"name": "Order Completed"}}
    made = done(server, plan={"do": "define_trait", "name": "orders", "computation": figure})
    listed = done(server, plan={"do": "list_definitions", "of": "traits"})

    def orders() -> int | None:
        traits = server.person("user_id:ann")["traits"]
        value: int | None = traits.get("orders")
        return value

    assert made["trait"]["key"] == "orders"
    assert [one["name"] for one in listed["defined"]] == ["orders"]
    assert until(orders, what="the trait") == 2
    of_ann = {"type": "trait", "path": "orders", "operator": "at_least", "value": 2}
    exported = done(server, plan={"do": "export_people", "people": of_ann, "format": "json"})
    assert [(one["id"], one["orders"]) for one in json.loads(exported["text"])] == [
        ("user_id:ann", 2)
    ]
    sql = "SELECT person, traits->>'orders', traits->>'plan' FROM people"
    asked = admin(server, "POST", "/v1/sql", {"sql": f"{sql} WHERE traits->>'orders' > '1'"})
    assert asked.json()["rows"] == [["user_id:ann", "2", "pro"]]
    where = "person IN (SELECT person FROM people WHERE (traits->>'orders')::INTEGER = 1)"
    job = admin(server, "POST", "/v1/exports", {"format": "jsonl", "where": where}).json()
    (file,) = finished(server, job)["result"]["files"]
    lines = admin(server, "GET", f"/v1/exports/{job['id']}/files/{file['name']}").text.splitlines()
    assert {json.loads(line)["person"] for line in lines} == {"user_id:bob"}


def test_a_hash_of_one_face_is_known_to_the_other(server: Server) -> None:
    """What /v1/ask has shown can be carried out over /mcp."""
    shown = admin(server, "POST", "/v1/ask?plan=true", {"text": "user_id:mia signed up"}).json()
    called = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": "carry_out", "arguments": {"hash": shown["hash"]}},
    }
    accepts = {"accept": "application/json, text/event-stream"}
    answer = admin(server, "POST", "/mcp", called, **accepts).json()

    assert answer["result"]["structuredContent"]["executed"] is True


def test_names_of_the_data_are_words_of_the_language(server: Server) -> None:
    """Events, plans and audiences are known by the names that the workspace has for them."""
    batch = [
        {"type": "track", "userId": "gus", "event": "gadget_assembled"},
        {"type": "identify", "userId": "gus", "traits": {"plan": "Obsidian"}},
    ]
    httpx.post(f"{server.url}/v1/batch", auth=(WRITE_KEY, ""), json={"batch": batch}, timeout=30)
    until(
        lambda: ask(server, "users who assembled a gadget").status_code == 200,
        what="the name of the event",
    )
    assembled = done(server, "users who assembled a gadget")
    obsidian = done(server, "obsidian users")
    done(server, "create audience gadgeteers: users who assembled a gadget")

    assert [row[0] for row in assembled["rows"]] == ["user_id:gus"]
    assert [row[0] for row in obsidian["rows"]] == ["user_id:gus"]
    until(
        lambda: done(server, "how many people are in gadgeteers")["count"] == 1,
        what="the audience's member",
    )


def test_events_of_some_people_alone_are_routed(server: Server) -> None:
    """What counts is in which audience they are with the event itself; the rest stays away."""
    with Recorder() as recorder:
        sales = server.add_webhook("Sales", recorder.url)
        admin(server, "PATCH", f"/v1/destinations/{sales}", {"enabled": False})
        came_by = {"path": "context.campaign.source", "operator": "equals", "value": "ads"}
        people = {"type": "event", "event": {"call": "any", "where": [came_by]}}
        plan = {
            "do": "route_events",
            "events": {"name": "Signed Up", "people": people},
            "destinations": ["Sales"],
        }
        first = done(server, plan=plan)["routed"][0]
        second = done(server, "send Pro signups to Sales")["routed"][0]
        again = done(server, "send Pro signups to Sales")["routed"][0]
        signed_up = {"type": "track", "event": "Signed Up"}
        campaign = {"context": {"campaign": {"source": "ads"}}}
        batch = [
            {**signed_up, "userId": "zoe", "messageId": "r-1"},
            {**signed_up, "userId": "yan", "messageId": "r-2", **campaign},
            {"type": "identify", "userId": "xia", "traits": {"plan": "pro"}},
            {**signed_up, "userId": "xia", "messageId": "r-3"},
            {"type": "track", "event": "Other", "userId": "xia", "messageId": "r-4"},
        ]
        httpx.post(
            f"{server.url}/v1/batch", auth=(WRITE_KEY, ""), json={"batch": batch}, timeout=30
        )
        until(lambda: len(sent(recorder)) >= 2, what="the signups")
        replayed = finished(
            server, done(server, plan={"do": "replay", "destination": "Sales"})["job"]
        )
        everybody = done(server, "send signups to Sales")["routed"][0]
        admin(server, "DELETE", f"/v1/destinations/{sales}")

        assert (first["changed"], second["changed"], again["changed"]) == (True, True, False)
        assert len(second["people"]["Signed Up"]) == 2
        assert {one["messageId"] for one in sent(recorder)} == {"r-2", "r-3"}
        assert replayed["result"]["sent"] == 2
        assert everybody["people"] == {}
