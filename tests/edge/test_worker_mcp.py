"""MCP on the Worker, driven by the official client."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client

from headwater.language.plan import Chain, kinds
from tests.edge.face import Face

KINDS = {name for name, kind in kinds().items() if kind is not Chain}


@asynccontextmanager
async def client_of(
    face: Face, mode: str = "auto", headers: dict[str, str] | None = None
) -> AsyncIterator[Client]:
    """Give the official client, connected to the Worker; `mode` is how it finds the version."""
    url = f"{face.url.rstrip('/')}/mcp"
    headers = face.admin if headers is None else headers
    async with (
        create_mcp_http_client(headers=headers) as http,
        Client(streamable_http_client(url, http_client=http), mode=mode) as client,
    ):
        yield client


async def called(client: Client, tool: str, /, **arguments: Any) -> dict[str, Any]:
    """Answer what a tool answers, which must be no error."""
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    return dict(result.structured_content or {})


@pytest.mark.parametrize(("mode", "version"), [("auto", "2026-07-28"), ("legacy", "2025-11-25")])
async def test_an_agent_plans_and_carries_out(face: Face, mode: str, version: str) -> None:
    """It sees the tools, records facts, is shown a merge, and has it done by its hash and plan."""
    one, other = f"mcp-one-{mode}", f"mcp-other-{mode}"
    async with client_of(face, mode) as client:
        tools = {tool.name for tool in (await client.list_tools()).tools}
        for who in (one, other):
            await called(client, "say", text="{who} signed up", params={"who": who})
        shown = await called(client, "merge", first=f"user_id:{one}", second=f"user_id:{other}")
        before = await called(client, "show_person", who=f"user_id:{one}")
        # Whichever isolate answers: the plan comes along with its hash.
        done = await called(client, "carry_out", hash=shown["hash"], plan=shown["plan"])
        after = await called(client, "show_person", who=f"user_id:{one}")
        spoken = client.protocol_version

    assert tools == {"say", "carry_out", *KINDS}
    assert spoken == version
    assert (shown["executed"], done["executed"]) == (False, True)
    assert len(before["result"]["person"]["identifiers"]) == 1
    assert len(after["result"]["person"]["identifiers"]) == 2


async def test_without_a_key_nothing_is_answered(face: Face) -> None:
    """And the official client says what is missing."""
    with pytest.raises((MCPError, BaseExceptionGroup)) as refused:
        async with client_of(face, headers={}):
            pass

    assert "Send an admin key" in str(refused.value) or refused.group_contains(
        MCPError, match="Send an admin key"
    )


def test_what_is_not_mcp_is_refused(face: Face) -> None:
    """No stream, no JSON, no such tool: each is told, and none is a stack trace."""
    call = {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": "fly"}}
    stream = face.http.get("/mcp", headers=face.admin)
    json = {**face.admin, "content-type": "application/json"}
    no_json = face.http.post("/mcp", content=b"{", headers=json)
    no_tool = face.http.post("/mcp", json=call, headers=face.admin)

    assert (stream.status_code, stream.headers["allow"]) == (405, "POST")
    assert (no_json.status_code, no_json.json()["error"]["code"]) == (400, -32700)
    assert no_tool.status_code == 200
    assert no_tool.json()["result"]["structuredContent"]["code"] == "no_such_tool"
