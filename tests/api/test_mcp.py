"""The MCP servers, driven by the official client: over stdio, and over HTTP by either server.

Over HTTP the official package answers where it is installed, and elsewhere our own server; both
are held to the same body of tests.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client

from headwater.language.plan import Chain, kinds
from tests.server import ADMIN_KEY, Server

KINDS = [name for name, kind in kinds().items() if kind is not Chain]

ANSWERERS = ["the official package", "our own"]


@pytest.fixture(scope="module", params=ANSWERERS)
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A real server, with the official package installed and as if it were not."""
    folder: Path = tmp_path_factory.mktemp("mcp")
    environment = {} if request.param == ANSWERERS[0] else without_the_package(folder)
    with Server(folder / "data", environment=environment) as running:
        yield running


def without_the_package(folder: Path) -> dict[str, str]:
    """Answer the environment of a process that finds no package `mcp`."""
    (folder / "mcp.py").write_text("raise ImportError('not here')")
    rest = [os.environ["PYTHONPATH"]] if os.environ.get("PYTHONPATH") else []
    return {"PYTHONPATH": os.pathsep.join([str(folder), *rest])}


@asynccontextmanager
async def over_http(
    server: Server, key: str = ADMIN_KEY, *, mode: str = "auto"
) -> AsyncIterator[Client]:
    """Give the official client, connected to /mcp; `mode` is how it finds the version."""
    headers = {"authorization": f"Bearer {key}"}
    async with (
        create_mcp_http_client(headers=headers) as http,
        Client(streamable_http_client(f"{server.url}/mcp", http_client=http), mode=mode) as client,
    ):
        yield client


@asynccontextmanager
async def over_stdio(server: Server, key: str = ADMIN_KEY) -> AsyncIterator[Client]:
    """Give the official client, connected to `headwater mcp`, which it starts."""
    command = str(Path(sys.executable).with_name("headwater"))
    arguments = ["mcp", "--url", server.url, "--key", key]
    started = StdioServerParameters(command=command, args=arguments, env=dict(os.environ))
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


async def a_plan_comes_back_with_its_hash(client: Client) -> None:
    """Another server, which was not there when it was shown, gets it along; it has to be it."""
    one, other = f"one-{uuid4()}", f"other-{uuid4()}"
    for who in (one, other):
        await called(client, "say", text="{who} signed up", params={"who": who})
    planned = await called(client, "merge", first=f"user_id:{one}", second=f"user_id:{other}")
    changed = {**planned["plan"], "first": "user_id:nobody"}
    refused = await called(client, "carry_out", hash=planned["hash"], plan=changed)
    alone = await called(client, "carry_out", plan=planned["plan"])
    done = await called(client, "carry_out", hash=planned["hash"], plan=planned["plan"])

    assert (refused["is_error"], refused["code"]) == (True, "conflict")
    assert (alone["is_error"], alone["code"]) == (True, "conflict")
    assert done["executed"] is True


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
    a_plan_comes_back_with_its_hash,
    a_sentence_that_acts_is_only_planned,
    errors_are_told_with_their_details,
]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
async def test_over_http(server: Server, story: Any) -> None:
    """The official client over streamable HTTP."""
    async with over_http(server) as client:
        await story(client)


@pytest.mark.parametrize(
    ("mode", "version"),
    [("auto", "2026-07-28"), ("legacy", "2025-11-25"), ("2026-07-28", "2026-07-28")],
)
async def test_either_kind_of_version_is_spoken(server: Server, mode: str, version: str) -> None:
    """A client that begins with `initialize`, and one whose requests stand for themselves."""
    async with over_http(server, mode=mode) as client:
        await the_tools_are_the_plans(client)
        said = await called(client, "say", text="user-77 signed up")

        assert client.protocol_version == version
        assert said["executed"] is True


def envelope(version: str = "2026-07-28") -> dict[str, Any]:
    """Answer what a request that stands for itself says about itself."""
    prefix = "io.modelcontextprotocol"
    meta = {f"{prefix}/protocolVersion": version, f"{prefix}/clientCapabilities": {}}
    return {"_meta": meta}


def message(method: str, params: Any = None) -> bytes:
    """Answer a request's body."""
    content = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    return json.dumps(content).encode()


BY_ITSELF = {"mcp-protocol-version": "2026-07-28"}
NEWER = {"mcp-protocol-version": "2030-01-01", "mcp-method": "tools/list"}

# headers, body, HTTP status, JSON-RPC's code of an error
ALIKE: list[tuple[dict[str, str], bytes, int, int | None]] = [
    ({}, message("ping"), 200, None),
    ({"accept": "*/*"}, message("ping"), 200, None),
    ({"accept": "text/html"}, message("ping"), 406, -32600),
    ({}, b'{"jsonrpc": "2.0", "method": "notifications/initialized"}', 202, None),
    ({}, b'{"jsonrpc": "2.0", "id": 1, "result": {}}', 202, None),
    ({}, b"", 400, -32700),
    ({}, b"{", 400, -32700),
    ({}, message("initialize", {}), 200, -32602),
    ({}, message("prompts/list"), 200, -32601),
    ({}, message("tools/call", {}), 200, -32602),
    ({}, message("tools/call", {"name": "say", "arguments": []}), 200, -32602),
    ({}, message("server/discover", envelope()), 200, -32601),
    (BY_ITSELF, b'{"jsonrpc": "2.0", "method": "notifications/x"}', 202, None),
    (BY_ITSELF, b"[]", 400, -32600),
    (BY_ITSELF, message("tools/list", {}), 400, -32602),
    (BY_ITSELF, message("tools/list", envelope()), 400, -32020),
    ({**BY_ITSELF, "mcp-method": "tools/list"}, message("tools/list", envelope()), 200, None),
    ({**BY_ITSELF, "mcp-method": "ping"}, message("ping", envelope()), 404, -32601),
    (NEWER, message("tools/list", envelope("2030-01-01")), 400, -32022),
    (NEWER, message("tools/list", envelope()), 400, -32020),
]


async def test_both_servers_answer_alike(server: Server) -> None:
    """Also what is wrong: with the same status, and the same code of JSON-RPC's."""
    usual = {"accept": "application/json, text/event-stream", "content-type": "application/json"}
    key = {"authorization": f"Bearer {ADMIN_KEY}"}
    seen = []
    async with httpx.AsyncClient(base_url=server.url, headers=key, timeout=60.0) as client:
        for headers, body, *_ in ALIKE:
            answer = await client.post("/mcp", content=body, headers={**usual, **headers})
            content = answer.json() if answer.content else {}
            seen.append((answer.status_code, content.get("error", {}).get("code")))

    assert seen == [(status, code) for *_, status, code in ALIKE]


async def test_the_server_that_is_meant_answers(
    server: Server, request: pytest.FixtureRequest
) -> None:
    """Only the official package keeps to itself which versions with a beginning it speaks."""
    is_official = request.node.callspec.params["server"] == ANSWERERS[0]
    async with over_http(server) as client:
        found = client.session.discover_result

    assert found is not None
    assert ("2025-11-25" in found.supported_versions) is not is_official


async def test_there_are_no_streams_and_no_sessions(server: Server) -> None:
    """GET and DELETE are 405 at once, as the specification says of such servers."""
    headers = {"accept": "text/event-stream"}
    for method in ("GET", "DELETE", "PUT"):
        answer = await asyncio.to_thread(
            server.admin.request, method, "/mcp", headers=headers, timeout=60.0
        )

        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


async def test_a_page_needs_a_bearer_token(server: Server) -> None:
    """What browsers send by themselves opens nothing to a page elsewhere; a key it knows does."""
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    page = {"origin": "https://elsewhere.example"}
    async with httpx.AsyncClient(base_url=server.url, timeout=60.0) as client:
        by_itself = await client.post("/mcp", json=body, headers=page, auth=(ADMIN_KEY, ""))
        knowing = {**page, "authorization": f"Bearer {ADMIN_KEY}"}
        known = await client.post("/mcp", json=body, headers=knowing)
        no_page = await client.post("/mcp", json=body, auth=(ADMIN_KEY, ""))

    assert (by_itself.status_code, known.status_code, no_page.status_code) == (403, 200, 200)
    assert "Bearer" in by_itself.json()["error"]["message"]


async def test_over_stdio(server: Server) -> None:
    """The official client over stdio, on one connection, as starting a process takes long."""
    async with over_stdio(server) as client:
        for story in STORIES:
            await story(client)


def cause_of(error: BaseException) -> BaseException:
    """Answer the one error that a group of them was made of."""
    while isinstance(error, BaseExceptionGroup):
        (error,) = error.exceptions
    return error


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_without_a_key_nothing_is_answered(server: Server, mode: str) -> None:
    """The same keys open /mcp as the rest of the admin API; the client's user is told so."""
    with pytest.raises((MCPError, BaseExceptionGroup)) as refused:
        async with over_http(server, "hw_nobody's", mode=mode):
            pass
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    async with httpx.AsyncClient(timeout=60.0) as client:
        response = await client.post(f"{server.url}/mcp", json=body)

    assert "This admin key is not known" in str(cause_of(refused.value))
    assert response.status_code == 401
    assert response.json()["error"]["data"] == {"code": "unauthorized"}


async def test_a_key_is_held_to_its_role(server: Server) -> None:
    """A reading key sees plans and people, and records nothing."""
    made = server.admin.post("/v1/keys", json={"name": "reader", "role": "read"})
    async with over_http(server, made.json()["key"]) as client:
        refused = await called(client, "say", text="user-9 signed up")
        shown = await called(client, "say", text="delete user-9")

    assert (refused["is_error"], refused["code"]) == (True, "forbidden")
    assert shown["effect"] == "erases"
