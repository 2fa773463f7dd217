"""Our own MCP server as an ASGI app: what is refused before a message is looked at."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
import pytest

from headwater.api.admin_guard import Guard
from headwater.api.asgi import Receive, Scope, Send
from headwater.api.mcp_stateless import answer_post
from tests.actors.workspace_database import SeededRandom

PING = b'{"jsonrpc": "2.0", "id": 1, "method": "ping"}'
JSON = {"content-type": "application/json"}


async def ask(body: Mapping[str, Any], *, only_plan: bool) -> dict[str, Any]:
    """Make a mistake."""
    raise ValueError(f"a secret of {body} {only_plan}")


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer every request as a POST to it."""
    await answer_post(scope, receive, send, ask=ask, max_body_bytes=1000)


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """Speaks to it."""
    transport = httpx.ASGITransport(app=Guard(app, random=SeededRandom()))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as made:
        yield made


async def test_a_request_is_answered_as_json(client: httpx.AsyncClient) -> None:
    """And a notification by nothing."""
    answer = await client.post("/mcp", content=PING, headers=JSON)
    noted = await client.post("/mcp", content=b'{"jsonrpc":"2.0","method":"a"}', headers=JSON)

    assert (answer.status_code, answer.json()["result"]) == (200, {})
    assert answer.headers["content-type"] == "application/json"
    assert (noted.status_code, noted.content) == (202, b"")


@pytest.mark.parametrize(
    "accept",
    [
        "application/json, text/event-stream",
        "text/event-stream;q=0.5 , APPLICATION/JSON; q=1",
        "application/*",
        "*/*",
        "",
    ],
)
async def test_who_takes_json_gets_it(client: httpx.AsyncClient, accept: str) -> None:
    """Among others, or by a wildcard."""
    answer = await client.post("/mcp", content=PING, headers={**JSON, "accept": accept})

    assert answer.status_code == 200


REFUSED: list[tuple[dict[str, str], bytes, int, int, str]] = [
    ({**JSON, "accept": "text/event-stream"}, PING, 406, -32600, "application/json"),
    ({**JSON, "accept": "text/html"}, PING, 406, -32600, "'text/html'"),
    ({}, PING, 415, -32600, "application/json"),
    ({"content-type": "text/plain"}, PING, 415, -32600, "'text/plain'"),
    (JSON, b"", 400, -32700, "not JSON"),
    (JSON, b"{", 400, -32700, "not JSON"),
    (JSON, b"\xff", 400, -32700, "not JSON"),
    (JSON, b'{"jsonrpc": "2.0", "id": NaN, "method": "ping"}', 400, -32700, "not JSON"),
    (JSON, b'{"id": "\\ud800"}', 400, -32700, "not JSON"),
    (JSON, b"[" * 65 + b"]" * 65, 400, -32600, "65 deep"),
    (JSON, b" " * 1001, 413, -32600, "1000 bytes"),
    (JSON, b"5", 400, -32600, "a number"),
]


@pytest.mark.parametrize(
    ("headers", "body", "status", "code", "part"), REFUSED, ids=range(len(REFUSED))
)
async def test_bad_input_is_an_error_of_json_rpc(
    client: httpx.AsyncClient,
    headers: dict[str, str],
    body: bytes,
    status: int,
    code: int,
    part: str,
) -> None:
    """With a status, and words on what to do, for clients that show them."""
    answer = await client.post("/mcp", content=body, headers=headers)
    error = answer.json()["error"]

    assert (answer.status_code, error["code"]) == (status, code)
    assert part in error["message"]
    assert answer.json()["id"] is None


async def test_a_header_that_came_twice_names_nothing(client: httpx.AsyncClient) -> None:
    """Those who read the first and the last of them would not agree."""
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": meta}}
    headers = [("mcp-protocol-version", "2026-07-28"), ("mcp-method", "tools/list")]
    once = await client.post("/mcp", json=body, headers=headers)
    twice = await client.post("/mcp", json=body, headers=[*headers, headers[1]])

    assert once.status_code == 200
    assert (twice.status_code, twice.json()["error"]["code"]) == (400, -32020)


async def test_a_mistake_of_ours_says_where_to_look(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    """The answer names the request, and neither it nor the log has what people sent."""
    params = {"name": "say", "arguments": {"text": "a secret"}}
    body = {"jsonrpc": "2.0", "id": 9, "method": "tools/call", "params": params}
    with caplog.at_level(logging.ERROR, "headwater.api"):
        answer = await client.post("/mcp", content=json.dumps(body), headers=JSON)
    told = answer.json()

    assert (answer.status_code, told["id"], told["error"]["code"]) == (500, 9, -32603)
    assert answer.headers["request-id"] in told["error"]["message"]
    assert "secret" not in answer.text + caplog.text
