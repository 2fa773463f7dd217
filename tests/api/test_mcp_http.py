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


async def posted(world: World, body: Any, path: str = "/mcp") -> httpx.Response:
    """Answer the response of a fresh app to a POST with a reading key."""
    transport = httpx.ASGITransport(app=admin_app(world.services()))
    headers = {"authorization": f"Bearer {world.keys['default:read']}"}
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
        (await posted(world, {**CALL, "params": params}, "/mcp/")).json()["result"]
        for params in (wrong, unknown)
    ]

    assert [one["isError"] for one in answers] == [True, True]
    assert [one["structuredContent"]["code"] for one in answers] == ["invalid_request"] * 2
    assert [one["structuredContent"]["message"][:4] for one in answers] == ["text", "plan"]
