"""The MCP server, driven by the official client over stdio and over HTTP."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client

from headwater.language.plan import Chain, kinds
from tests.server import ADMIN_KEY, Server

KINDS = [name for name, kind in kinds().items() if kind is not Chain]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A real server."""
    directory: Path = tmp_path_factory.mktemp("mcp") / "data"
    with Server(directory) as running:
        yield running


@asynccontextmanager
async def over_http(server: Server, key: str = ADMIN_KEY) -> AsyncIterator[Client]:
    """Give the official client, connected to /mcp."""
    headers = {"authorization": f"Bearer {key}"}
    async with (
        create_mcp_http_client(headers=headers) as http,
        Client(streamable_http_client(f"{server.url}/mcp", http_client=http)) as client,
    ):
        yield client


@asynccontextmanager
async def over_stdio(server: Server, key: str = ADMIN_KEY) -> AsyncIterator[Client]:
    """Give the official client, connected to `headwater mcp`, which it starts."""
    command = str(Path(sys.executable).with_name("headwater"))
    arguments = ["mcp", "--url", server.url, "--key", key]
    started = StdioServerParameters(command=command, args=arguments, env=server.environment())
    async with Client(stdio_client(started)) as client:
        yield client


async def called(client: Client, tool: str, /, **arguments: Any) -> dict[str, Any]:
    """Answer what a tool answers; its text is the same as its structure."""
    result = await client.call_tool(tool, arguments)
    assert isinstance(result.structured_content, dict)
    assert json.loads(result.content[0].text) == result.structured_content  # type: ignore[union-attr]  # a text, as the tools answer
    return {**result.structured_content, "is_error": bool(result.is_error)}


async def the_tools_are_the_plans(client: Client) -> None:
    """Each type of plan is a tool with its schema; what acts says that it only plans."""
    listed = {tool.name: tool for tool in (await client.list_tools()).tools}

    assert set(listed) == {"say", "carry_out", *KINDS}
    assert "carry_out" in (listed["merge"].description or "")
    assert listed["merge"].input_schema["required"] == ["first", "second"]
    assert "do" not in listed["merge"].input_schema["properties"]
    hints = {name: tool.annotations for name, tool in listed.items()}
    assert getattr(hints["carry_out"], "destructive_hint", None) is True
    assert getattr(hints["show_person"], "read_only_hint", None) is True


async def a_sentence_and_a_plan_record_facts(client: Client) -> None:
    """A fact is recorded at once, said or filled in, and can be asked for."""
    who = f"user-{uuid4()}"
    said = await called(client, "say", text="{who} signed up", params={"who": who})
    filled = await called(
        client, "record", facts=[{"who": f"user_id:{who}", "name": "Trial Started"}]
    )
    seen = await called(client, "show_person", who=f"user_id:{who}")

    assert (said["executed"], filled["executed"]) == (True, True)
    assert [one["event"] for one in seen["result"]["events"]] == ["Trial Started", "Signed Up"]


async def what_merges_is_planned_and_then_carried_out(client: Client) -> None:
    """The tool answers the plan and its hash and does nothing; the hash does it."""
    one, other = f"one-{uuid4()}", f"other-{uuid4()}"
    for who in (one, other):
        await called(client, "say", text="{who} signed up", params={"who": who})
    planned = await called(client, "merge", first=f"user_id:{one}", second=f"user_id:{other}")
    before = await called(client, "show_person", who=f"user_id:{one}")
    done = await called(client, "carry_out", hash=planned["hash"])
    after = await called(client, "show_person", who=f"user_id:{one}")

    assert planned["executed"] is False
    assert planned["reach"] == {"people": 2}
    assert "Nothing was done" in planned["next"]
    assert len(before["result"]["person"]["identifiers"]) == 1
    assert done["executed"] is True
    assert len(after["result"]["person"]["identifiers"]) == 2


async def a_sentence_that_acts_is_only_planned(client: Client) -> None:
    """Whatever sends, erases, merges or routes is shown, also when it is said."""
    for text in ("delete user-1", "send purchases to Slack", "email alice about the sale"):
        planned = await called(client, "say", text=text)

        assert planned["executed"] is False
        assert planned["is_error"] is False
        assert planned["next"].startswith("Nothing was done")


async def errors_are_told_with_their_details(client: Client) -> None:
    """What is not understood, not possible or not there comes back as the API says it."""
    nonsense = await called(client, "say", text="colorless green ideas")
    nobody = await called(client, "show_person", who="user_id:nobody-here")
    wrong = await called(client, "merge", first="alice", second="bob")
    no_hash = await called(client, "carry_out", hash="0" * 32)
    nothing = await called(client, "fly")

    assert [one["is_error"] for one in (nonsense, nobody, wrong, no_hash, nothing)] == [True] * 5
    assert nonsense["code"] == "not_understood"
    assert nonsense["nearest"]
    assert nobody["code"] == "not_found"
    assert wrong["code"] == "invalid_plan"
    assert nothing["code"] == "no_such_tool"


STORIES = [
    the_tools_are_the_plans,
    a_sentence_and_a_plan_record_facts,
    what_merges_is_planned_and_then_carried_out,
    a_sentence_that_acts_is_only_planned,
    errors_are_told_with_their_details,
]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
async def test_over_http(server: Server, story: Any) -> None:
    """The official client over streamable HTTP."""
    async with over_http(server) as client:
        await story(client)


async def test_over_stdio(server: Server) -> None:
    """The official client over stdio, on one connection, as starting a process takes long."""
    async with over_stdio(server) as client:
        for story in STORIES:
            await story(client)


async def test_without_a_key_nothing_is_answered(server: Server) -> None:
    """The same keys open /mcp as the rest of the admin API."""
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    async with httpx.AsyncClient() as client:
        response = await client.post(f"{server.url}/mcp", json=body)

    assert response.status_code == 401


async def test_a_key_is_held_to_its_role(server: Server) -> None:
    """A reading key sees plans and people, and records nothing."""
    made = server.admin.post("/v1/keys", json={"name": "reader", "role": "read"})
    async with over_http(server, made.json()["key"]) as client:
        refused = await called(client, "say", text="user-9 signed up")
        shown = await called(client, "say", text="delete user-9")

    assert (refused["is_error"], refused["code"]) == (True, "forbidden")
    assert shown["effect"] == "erases"
