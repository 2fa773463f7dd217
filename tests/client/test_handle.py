"""The handle: lazy, chained, one request; values bound; an own workspace for each agent."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

import headwater as package
from headwater.client import Headwater, InvalidEvent, InvalidSettings
from headwater.client.agents import workspace_of
from headwater.client.asking import AskRefused, People, Shown, Table
from headwater.client.handle import Unreachable
from headwater.client.templates import bound
from tests.server import ADMIN_KEY, Server


class Recorder:
    """An HTTP transport that keeps what was asked and answers what the test says."""

    def __init__(self, answer: dict[str, Any] | None = None, status: int = 200) -> None:
        self.requests: list[httpx.Request] = []
        self.answer = answer or shown()
        self.status = status

    def handle(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        self.requests.append(request)
        if request.url.path == "/v1/workspaces":
            return httpx.Response(409, json={"code": "conflict", "message": "It is there."})
        return httpx.Response(self.status, json=self.answer)

    def body(self, number: int = -1) -> dict[str, Any]:
        """Answer what was sent, without the order's id."""
        body: dict[str, Any] = json.loads(self.requests[number].content)
        assert len(body.pop("id")) == 36
        return body

    def headwater(self, **settings: Any) -> Headwater:
        """Answer a handle that asks here."""
        transport = httpx.MockTransport(self.handle)
        return Headwater(
            "http://test", "key", transport=transport, async_transport=transport, **settings
        )


def shown(**fields: Any) -> dict[str, Any]:
    """Answer what the server answers to a plan."""
    return {
        "plan": {"do": "record"}, "words": "Record.", "effect": "records", "hash": "h",
        "reach": {}, "notes": [], "definitions": {}, "missing": None, "executed": True,
        "result": {"recorded": []}, **fields,
    }  # fmt: skip


def test_nothing_is_sent_until_it_is_run() -> None:
    """A phrase and its steps are one value; running it is one request."""
    recorder = Recorder()
    hw = recorder.headwater()
    ask = hw("cart abandoners in the last hour").wait("1 hour").notify("You left something!")
    assert recorder.requests == []

    ask.run()

    assert recorder.body() == {
        "text": "cart abandoners in the last hour",
        "steps": [{"wait": "1 hour"}, {"notify": "You left something!"}],
    }
    assert len(recorder.requests) == 1


async def test_awaiting_sends_the_same() -> None:
    """On an event loop the same request goes out."""
    recorder = Recorder()
    answer = await recorder.headwater()("{who} signed up", who="user-1")

    assert recorder.body() == {"text": "{who} signed up", "params": {"who": "user-1"}}
    assert answer == {"recorded": []}


def test_what_is_done_for_each_is_written_down() -> None:
    """A map is called once with a stand-in; a second one is for the outcomes of the first."""
    recorder = Recorder()
    hw = recorder.headwater()
    hw("users from Google Ads this week").map(
        lambda user: hw("send welcome sequence to {user}", user=user)
    ).map(lambda result: [hw("track {result} delivery status", result=result)]).run()

    assert recorder.body()["steps"] == [
        {"each": [{"text": "send welcome sequence to {user}", "params": {"user": {"$": "each"}}}]},
        {"then": [{"text": "track {result} delivery status", "params": {"result": {"$": "each"}}}]},
    ]


def test_steps_leave_the_phrase_as_it_was() -> None:
    """A phrase can be used again after something was chained to it."""
    recorder = Recorder()
    users = recorder.headwater()("inactive Pro users")
    users.notify("We miss you")
    users.count().run()

    assert recorder.body()["steps"] == [{"count": True}]


@pytest.mark.parametrize(
    ("duration", "sent"), [("3 days", "3 days"), (90, 90), (timedelta(hours=1), 3600)]
)
def test_a_wait_is_words_seconds_or_a_timedelta(duration: Any, sent: Any) -> None:
    """Durations are what Python programs have."""
    recorder = Recorder()
    recorder.headwater()("new signups").wait(duration).notify("Hi").run()

    assert recorder.body()["steps"][0] == {"wait": sent}


def test_a_stand_in_is_never_text() -> None:
    """Putting it into an f-string would make words of a value, so it is refused."""
    hw = Recorder().headwater()

    with pytest.raises(InvalidEvent, match="bound, never put into the text"):
        hw("new signups").map(lambda user: hw(f"win back {user}"))


@pytest.mark.parametrize("made", [lambda _: "text", lambda _: [], lambda _: None])
def test_each_needs_a_phrase(made: Any) -> None:
    """What is done for each is said with the handle."""
    hw = Recorder().headwater()

    with pytest.raises(InvalidEvent, match="done for each"):
        hw("new signups").map(made)


def test_a_plan_is_shown_and_then_carried_out() -> None:
    """The plan and its hash go back as they came."""
    recorder = Recorder(shown(executed=False, result=None, effect="erases", hash="abc"))
    hw = recorder.headwater()
    plan = hw("delete user-1").plan().run()

    assert isinstance(plan, Shown)
    assert recorder.requests[0].url.query == b"plan=true"
    assert hw("delete user-1", dry_run=True).run() == plan
    hw.carry_out(plan)
    assert recorder.body() == {"plan": {"do": "record"}, "hash": "abc"}


def test_answers_are_what_they_are_called() -> None:
    """People are a list, a count is a number, a question is a table."""
    table = {
        "columns": [{"name": "person", "kind": "text"}, {"name": "any event", "kind": "number"}],
        "rows": [["user_id:1", 7]], "exact": True, "as_of": "now", "notes": [],
    }  # fmt: skip
    people = Recorder(shown(plan={"do": "list_people"}, result=table)).headwater()("users").run()
    count = Recorder(shown(plan={"do": "count_people"}, result={"count": 3})).headwater()("x").run()
    answer = Recorder(shown(plan={"do": "ask"}, result=table)).headwater()("signups").run()

    assert isinstance(people, People)
    assert people == [{"id": "user_id:1", "any event": 7}]
    assert count == 3
    assert isinstance(answer, Table)
    assert list(answer) == [{"person": "user_id:1", "any event": 7}]


def test_a_refusal_is_an_error_with_its_details() -> None:
    """Code, status and everything that the server said."""
    body = {"code": "not_understood", "message": "'x' is not understood.", "part": "x"}
    with pytest.raises(AskRefused, match="not understood") as caught:
        Recorder(body, status=400).headwater()("x").run()

    assert (caught.value.code, caught.value.status) == ("not_understood", 400)
    assert caught.value.details["part"] == "x"


def test_no_server_is_told() -> None:
    """Nothing listens there."""
    with pytest.raises(Unreachable, match="Is the server running"):
        Headwater("http://127.0.0.1:1", "key")("new signups").run()


def test_a_key_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without one nothing can be asked."""
    monkeypatch.delenv("HEADWATER_ADMIN_KEY", raising=False)

    with pytest.raises(InvalidSettings, match="HEADWATER_ADMIN_KEY"):
        Headwater()


def test_an_agent_has_a_workspace_of_its_own() -> None:
    """It is made at the first use, and everything is said in it."""
    recorder = Recorder()
    tom = recorder.headwater().for_("Tom O'Hara")
    tom("tom reviewed PR 1").run()
    tom("tom reviewed PR 2").run()

    made, *asked = recorder.requests
    assert json.loads(made.content) == {"id": "agent-tom-o-hara", "name": "agent-tom-o-hara"}
    assert [one.headers["headwater-workspace"] for one in asked] == ["agent-tom-o-hara"] * 2
    with pytest.raises(InvalidSettings):
        workspace_of("?!")


def test_the_package_has_a_handle(monkeypatch: pytest.MonkeyPatch) -> None:
    """`from headwater import headwater`, made of the environment at its first use."""
    monkeypatch.setenv("HEADWATER_URL", "http://example.test")
    monkeypatch.setenv("HEADWATER_ADMIN_KEY", "key")
    try:
        handle = package.headwater

        assert handle.host == "http://example.test"
        assert package.headwater is handle
    finally:
        vars(package).pop("headwater", None)


def template(*parts: Any) -> Any:
    """Answer what a t-string is on Python 3.14, in its parts (PEP 750)."""
    strings = tuple(part for part in parts if isinstance(part, str))
    values = tuple(part for part in parts if not isinstance(part, str))
    return SimpleNamespace(strings=strings, interpolations=values)


def value(expression: str, given: Any, conversion: Any = None, spec: str = "") -> Any:
    """Answer one interpolation of a t-string."""
    return SimpleNamespace(
        expression=expression, value=given, conversion=conversion, format_spec=spec
    )


def test_a_t_string_binds_its_values() -> None:
    """`t"link {anon} to {user['id']}"`: names where they are names, others where not."""
    given = template("link ", value("anon", "a b"), " to ", value("user['id']", "7"), "")

    assert bound(given, {}) == ("link {anon} to {value}", {"anon": "a b", "value": "7"})


def test_the_same_expression_with_another_value_is_another_parameter() -> None:
    """An expression may answer differently each time."""
    given = template("", value("f()", 1), " and ", value("f()", 2), "")

    assert bound(given, {}) == ("{value} and {value_2}", {"value": 1, "value_2": 2})


@pytest.mark.parametrize("one", [value("x", 1, conversion="r"), value("x", 1, spec=">5")])
def test_a_t_string_may_not_make_text_of_a_value(one: Any) -> None:
    """A conversion or a format would make words of it."""
    with pytest.raises(InvalidEvent, match="bind the value itself"):
        bound(template("", one, ""), {})


@pytest.mark.skipif(sys.version_info < (3, 14), reason="t-strings are Python 3.14's")
def test_a_real_t_string_is_bound() -> None:
    """The interpreter's own templates have the shape that is expected."""
    given = eval('t"link {anon} to {user}"', {"anon": "a; delete b", "user": 7})

    assert bound(given, {}) == ("link {anon} to {user}", {"anon": "a; delete b", "user": 7})


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A real server."""
    directory: Path = tmp_path_factory.mktemp("handle") / "data"
    with Server(directory, environment={"HEADWATER_LAKE": "auto"}) as running:
        yield running


async def test_facts_round_trip(server: Server) -> None:
    """What is recorded is what is then shown, to await and to run."""
    hw = Headwater(server.url, ADMIN_KEY)
    await hw("user-123 completed order #456 revenue $99.99")
    hw("{who} upgraded to Pro", who="user-123").run()

    seen = await hw("who is user-123?")
    people = await hw("Pro users")
    revenue = await hw("revenue by source today")

    assert [one.get("event") for one in seen["events"]] == [
        None,
        "Plan Upgraded",
        "Order Completed",
    ]
    assert seen["person"]["traits"]["plan"] == "Pro"
    assert [one["id"] for one in people] == ["user_id:user-123"]
    assert sum(row["Order Completed: sum of revenue"] for row in revenue) == 99.99
    assert await hw("Pro users").count() == 1


async def test_agents_are_apart(server: Server) -> None:
    """What one agent's workspace knows, another's does not."""
    hw = Headwater(server.url, ADMIN_KEY)
    await hw.for_("tom")("tom reviewed PR 123 - 450 lines approved")

    mine = await hw.for_("tom")("tom activity this week")
    with pytest.raises(AskRefused, match="Nobody is known"):
        await hw.for_("ralph")("tom activity this week")

    assert [one["event"] for one in mine["events"]] == ["PR Reviewed"]
