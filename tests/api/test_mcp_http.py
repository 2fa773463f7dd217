"""`/mcp` in the admin API: who answers there, and what either of them says of a mistake."""

from __future__ import annotations

import logging
import sys
from typing import Any

import httpx
import pytest

from headwater.api.admin import admin_app
from headwater.api.ask import Asking
from headwater.api.mcp_official import official
from tests.api.twins import World

PACKAGE = "mcp.server.streamable_http_manager"
CALL = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "tools/call",
    "params": {"name": "say", "arguments": {"text": "a secret"}},
}


async def posted(
    world: World, body: Any, *, path: str = "/mcp", role: str = "read"
) -> httpx.Response:
    """Answer the response of a fresh app to a POST."""
    transport = httpx.ASGITransport(app=admin_app(world.services()))
    headers = {"authorization": f"Bearer {world.keys[f'default:{role}']}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.post(path, json=body, headers=headers)


def test_the_package_answers_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing of it is needed where it is not."""
    installed = official()
    monkeypatch.setitem(sys.modules, PACKAGE, None)

    assert installed is not None
    assert official() is None


@pytest.mark.parametrize("is_installed", [True, False])
async def test_a_mistake_is_no_secret_and_no_trace(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    *,
    is_installed: bool,
) -> None:
    """The agent gets the request's id, under which the log has the place and no words."""

    async def fail(*_: Any, **__: Any) -> None:
        raise ValueError("a secret")

    monkeypatch.setattr(Asking, "ask", fail)
    if not is_installed:
        monkeypatch.setitem(sys.modules, PACKAGE, None)
    with caplog.at_level(logging.DEBUG, "headwater"):
        answer = await posted(world, CALL)
    result = answer.json()["result"]

    assert (answer.status_code, result["isError"]) == (200, True)
    assert result["structuredContent"]["code"] == "internal_error"
    assert answer.headers["request-id"] in result["structuredContent"]["message"]
    assert "secret" not in answer.text
    assert "secret" not in "".join(one.getMessage() for one in caplog.records)
    assert "ValueError" in caplog.text


@pytest.mark.parametrize("is_installed", [True, False])
async def test_arguments_that_are_none_are_told(
    world: World, monkeypatch: pytest.MonkeyPatch, *, is_installed: bool
) -> None:
    """With the field, in what the tool answers, so that the agent can mend it."""
    if not is_installed:
        monkeypatch.setitem(sys.modules, PACKAGE, None)
    wrong = {"name": "say", "arguments": {"text": 5}}
    unknown = {"name": "carry_out", "arguments": {"hash": "x", "plan": "merge them"}}
    answers = [
        (await posted(world, {**CALL, "params": params}, path="/mcp/")).json()["result"]
        for params in (wrong, unknown)
    ]

    assert [one["isError"] for one in answers] == [True, True]
    assert [one["structuredContent"]["code"] for one in answers] == ["invalid_request"] * 2
    assert [one["structuredContent"]["message"][:4] for one in answers] == ["text", "plan"]


async def test_a_server_that_did_not_show_a_plan_says_what_it_needs(world: World) -> None:
    """As on Cloudflare, where another isolate may answer: the plan, along with its hash."""
    planned = await called(world, "suppress", who="user_id:mia")
    alone = await called(world, "carry_out", hash=planned["hash"])
    along = await called(world, "carry_out", hash=planned["hash"], plan=planned["plan"])

    assert (planned["executed"], alone["code"]) == (False, "not_found")
    assert "send the plan itself along with its hash" in alone["message"]
    assert along["executed"] is True


async def called(world: World, tool: str, /, **arguments: Any) -> dict[str, Any]:
    """Answer what a tool of a fresh app answers, called with a key that may everything."""
    body = {**CALL, "params": {"name": tool, "arguments": arguments}}
    answer = await posted(world, body, role="admin")
    content: dict[str, Any] = answer.json()["result"]["structuredContent"]
    return content
