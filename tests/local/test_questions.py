"""Questions of a running server: fresh, bounded, and out of nobody's way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner

from headwater.errors import Conflict
from headwater.local.clock import SystemClock
from headwater.local.command_line.application import application
from headwater.local.questions import LocalQuestions, TooSlow, in_time
from headwater.questions.question import read_question
from tests.server import ADMIN_KEY, Server

ORDERS = {"question": "trend", "series": [{"events": "Order Completed"}], "over": "today"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a lake."""
    directory: Path = tmp_path_factory.mktemp("questions") / "data"
    with Server(directory, environment={"HEADWATER_LAKE": "auto"}) as running:
        yield running


def asked(server: Server, question: dict[str, Any]) -> list[list[Any]]:
    """Answer the rows of a question's answer."""
    response = server.admin.post("/v1/questions", json=question)
    assert response.status_code == 200, response.text
    rows: list[list[Any]] = response.json()["rows"]
    return rows


def test_an_event_counts_once_it_is_answered(server: Server) -> None:
    """Each is in the answer to the very next question, under the person that it made."""
    before = asked(server, ORDERS)[-1][1]
    for number in range(3):
        order = {"userId": f"u{number % 2}", "event": "Order Completed"}
        assert server.send("/v1/track", order).status_code == 200
        assert asked(server, ORDERS)[-1][1] == before + number + 1
    most = {"question": "list", "by": {"events": "Order Completed"}, "over": "today"}
    assert asked(server, most) == [["user_id:u0", 2], ["user_id:u1", 1]]


def test_people_are_as_they_are_now(server: Server) -> None:
    """Traits that were set later, and merges, count for what happened before."""
    server.send("/v1/track", {"anonymousId": "a1", "event": "Looked"})
    server.send("/v1/identify", {"userId": "ada", "anonymousId": "a1", "traits": {"plan": "pro"}})
    server.send("/v1/track", {"userId": "ada", "event": "Looked"})
    looks = {"events": "Looked", "measure": "people"}
    question = {
        "question": "trend",
        "series": [looks, {**looks, "measure": "count"}],
        "over": "today",
        "interval": None,
        "people": {"attribute": "plan", "operator": "equals", "value": "pro"},
        "breakdown": {"by": "trait", "name": "plan"},
    }

    assert asked(server, question) == [["pro", 1, 2]]


def test_audiences_and_accounts_are_those_of_now(server: Server) -> None:
    """Members by the audience's key or id; accounts by what their own traits are."""
    made = server.admin.post(
        "/v1/audiences",
        json={
            "name": "Signers",
            "key": "signers",
            "condition": {"event": "Signed", "operator": "did"},
        },
    )
    assert made.status_code in {200, 201}, made.text
    for user in ("s1", "s2"):
        server.send("/v1/track", {"userId": user, "event": "Signed"})
    server.send("/v1/track", {"userId": "s3", "event": "Read"})
    server.send("/v1/track", {"userId": "s1", "event": "Read"})
    server.send("/v1/group", {"userId": "s3", "groupId": "acme", "traits": {"seats": 7}})
    reads = {"question": "list", "by": {"events": "Read"}, "over": "today"}
    signers = {"type": "audience", "audience": "signers"}
    of_acme = {
        "type": "account",
        "where": [{"path": "seats", "operator": "at_least", "value": 5}],
    }

    assert asked(server, {**reads, "people": signers}) == [["user_id:s1", 1]]
    assert asked(server, {**reads, "people": of_acme}) == [["user_id:s3", 1]]
    by_key = {
        "question": "trend",
        "series": [{"events": "Read"}],
        "over": "today",
        "interval": None,
        "breakdown": {"by": "audience", "name": made.json()["id"]},
    }
    assert sorted(asked(server, by_key)) == [["member", 1], ["not a member", 1]]


def test_computed_traits_are_traits(server: Server) -> None:
    """In conditions and breakdowns, and they hide what was written under the same name."""
    definition = {"type": "figure", "function": "count", "event": {"name": "Paid"}}
    order = {"name": "Payments", "key": "payments", "computation": definition}
    made = server.admin.post("/v1/computed-traits", json=order)
    assert made.status_code in {200, 201}, made.text
    for user, times in (("c1", 2), ("c2", 1)):
        for _ in range(times):
            server.send("/v1/track", {"userId": user, "event": "Paid"})
    server.send("/v1/identify", {"userId": "c2", "traits": {"payments": 7}})
    paid = {"question": "list", "by": {"events": "Paid"}, "over": "today"}
    often = {"type": "trait", "path": "payments", "operator": "at_least", "value": 2}
    by_trait = {
        "question": "trend",
        "series": [{"events": "Paid"}],
        "over": "today",
        "interval": None,
        "breakdown": {"by": "trait", "name": "payments"},
    }

    assert asked(server, {**paid, "people": often}) == [["user_id:c1", 2]]
    assert sorted(asked(server, by_trait)) == [["1", 1], ["2", 2]]


def test_a_question_is_asked_at_the_terminal(server: Server, tmp_path: Path) -> None:
    """As a table, as JSON and as CSV; from an argument or from a file."""
    environment = {"HEADWATER_URL": server.url, "HEADWATER_ADMIN_KEY": ADMIN_KEY}
    server.send("/v1/track", {"userId": "t", "event": "Typed"})
    question = {"question": "list", "by": {"events": "Typed"}, "over": "today"}
    file = tmp_path / "question.json"
    file.write_text(json.dumps(question))

    def shown(*arguments: str) -> str:
        done = CliRunner().invoke(application, ["ask", *arguments], env=environment)
        assert done.exit_code == 0, done.output
        return done.stdout

    assert shown(json.dumps(question)).splitlines()[1].split() == ["user_id:t", "1", "█" * 24]
    assert json.loads(shown(f"@{file}", "--json"))["rows"] == [["user_id:t", 1]]
    assert shown(f"@{file}", "--csv") == "person,Typed\nuser_id:t,1\n"


@pytest.mark.parametrize(
    ("argument", "told"),
    [
        ("{", "not valid JSON"),
        ("[]", "A question is a JSON object"),
        ("@/nowhere/at/all", "cannot be read"),
        ('{"question": "trends"}', "Did you mean 'trend'?"),
    ],
)
def test_a_question_that_is_none_is_told_why(server: Server, argument: str, told: str) -> None:
    """In one line, with an exit code that is not 0."""
    environment = {"HEADWATER_URL": server.url, "HEADWATER_ADMIN_KEY": ADMIN_KEY}
    done = CliRunner().invoke(application, ["ask", argument], env=environment)

    assert done.exit_code in {1, 2}
    assert told in done.stderr


def test_what_takes_too_long_is_interrupted() -> None:
    """The database stops working on it, and the answer says what to do."""
    with (
        duckdb.connect() as connection,
        pytest.raises(TooSlow, match=r"longer than 0\.2 seconds"),
        in_time(connection, 0.2),
    ):
        connection.execute("SELECT sum(xor(a.range, b.range)) FROM range(99999) a, range(999999) b")


async def test_without_a_lake_it_is_told() -> None:
    """Where it is switched off there is nothing to ask."""
    questions = LocalQuestions(None, Path(), clock=SystemClock(), config=lambda _: None, seconds=1)

    with pytest.raises(Conflict, match="lake, which is switched off"):
        await questions.answer("default", read_question(ORDERS))
    await questions.close()
