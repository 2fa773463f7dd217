"""What MCP's messages are answered, as values; the results are held to the official schemas."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp_types import methods

from headwater.api.mcp_exchange import LARGEST_BATCH, Reply, exchange
from headwater.api.mcp_tools import descriptions
from headwater.api.mcp_versions import BY_ITSELF, WITH_BEGINNING
from headwater.errors import Forbidden

META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}
CLIENT = {"capabilities": {}, "clientInfo": {"name": "x", "version": "1"}}


async def ask(body: Mapping[str, Any], *, only_plan: bool) -> dict[str, Any]:
    """Answer a plan as if it were one; refuse a text without one."""
    if body.get("text") == "":
        raise Forbidden("Not you.")
    shown = {"plan": {"do": "x"}, "hash": "h", "missing": None, "effect": "reads"}
    return {**shown, "executed": not only_plan, "asked": dict(body)}


def told(value: Any, version: str | None = "2025-11-25", **headers: str) -> Reply:
    """Answer the reply to a message in a version."""
    named = {"mcp-protocol-version": version} if version else {}
    return asyncio.run(exchange(value, {**named, **headers}, ask))


def request(method: str, params: Any = None, id_: Any = 1) -> dict[str, Any]:
    """Answer a request."""
    message: dict[str, Any] = {"jsonrpc": "2.0", "id": id_, "method": method}
    return message if params is None else {**message, "params": params}


def by_itself(method: str, /, **params: Any) -> Reply:
    """Answer the reply to a request of 2026-07-28."""
    headers = {"mcp-method": method}
    if isinstance(params.get("name"), str):
        headers["mcp-name"] = params["name"]
    return told(request(method, {"_meta": META, **params}), "2026-07-28", **headers)


def error_of(reply: Reply) -> tuple[int, int]:
    """Answer the HTTP status and the code of what is an error."""
    assert "result" not in reply.content
    return reply.status, reply.content["error"]["code"]


@pytest.mark.parametrize("version", WITH_BEGINNING)
def test_a_client_begins(version: str) -> None:
    """It is told the version, who answers, what there is, and how to use it."""
    reply = told(request("initialize", {"protocolVersion": version, **CLIENT}), None)
    result = reply.content["result"]

    methods.validate_server_result("initialize", version, result)
    assert reply.status == 200
    assert result["protocolVersion"] == version
    assert result["serverInfo"]["name"] == "headwater"
    assert "carry_out" in result["instructions"]


@pytest.mark.parametrize("version", WITH_BEGINNING)
def test_tools_are_listed_and_called(version: str) -> None:
    """In every version with a beginning, by results that its schema has."""
    listed = told(request("tools/list"), version).content["result"]
    params = {"name": "say", "arguments": {"text": "who is a?"}}
    called = told(request("tools/call", params, "b"), version)

    methods.validate_server_result("tools/list", version, listed)
    methods.validate_server_result("tools/call", version, called.content["result"])
    assert listed["tools"] == descriptions()
    assert (called.status, called.content["id"]) == (200, "b")
    assert called.content["result"]["isError"] is False
    assert called.content["result"]["structuredContent"]["executed"] is True
    assert told(request("ping"), version).content["result"] == {}


def test_a_request_that_stands_for_itself() -> None:
    """Discovery, the tools and a call, by the results of 2026-07-28."""
    found = by_itself("server/discover")
    listed = by_itself("tools/list")
    called = by_itself("tools/call", name="say", arguments={"text": "who is a?"})
    for method, reply in (
        ("server/discover", found),
        ("tools/list", listed),
        ("tools/call", called),
    ):
        methods.validate_server_result(method, "2026-07-28", reply.content["result"])
        assert reply.status == 200
        assert reply.content["result"]["resultType"] == "complete"

    assert found.content["result"]["supportedVersions"] == [*WITH_BEGINNING, *BY_ITSELF]
    assert listed.content["result"]["tools"] == descriptions()
    assert called.content["result"]["structuredContent"]["executed"] is True


def test_a_tools_failure_is_its_result() -> None:
    """The agent is to read it, whichever version it speaks."""
    params = {"name": "say", "arguments": {"text": ""}}
    refused = told(request("tools/call", params)).content["result"]
    unknown = by_itself("tools/call", name="fly").content["result"]

    assert (refused["isError"], refused["structuredContent"]["code"]) == (True, "forbidden")
    assert json.loads(refused["content"][0]["text"]) == refused["structuredContent"]
    assert (unknown["isError"], unknown["structuredContent"]["code"]) == (True, "no_such_tool")


NOTHING_TO_SAY = [
    {"jsonrpc": "2.0", "method": "notifications/initialized"},
    {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}},
    {"jsonrpc": "2.0", "method": "anything"},
]


@pytest.mark.parametrize("version", [None, *WITH_BEGINNING, *BY_ITSELF])
def test_a_notification_is_taken(version: str | None) -> None:
    """By 202 and no body."""
    for message in NOTHING_TO_SAY:
        assert told(message, version) == Reply(202)


def test_an_answer_is_taken_where_clients_may_send_one() -> None:
    """Nothing was asked, but older clients may say so; those of 2026-07-28 may not."""
    answer = {"jsonrpc": "2.0", "id": 1, "result": {}}

    assert told(answer, "2025-11-25") == Reply(202)
    assert error_of(told(answer, "2026-07-28")) == (400, -32600)


WRONG: list[tuple[Any, str | None, tuple[int, int]]] = [
    (None, None, (400, -32600)),
    ("x", "2025-11-25", (400, -32600)),
    ([], "2025-11-25", (400, -32600)),
    ([request("ping")], "2025-06-18", (400, -32600)),
    ([request("ping")], "2026-07-28", (400, -32600)),
    ([], "2025-03-26", (400, -32600)),
    ([request("ping")] * (LARGEST_BATCH + 1), None, (400, -32600)),
    (request("ping", [1]), "2025-11-25", (400, -32602)),
    (request("prompts/list"), "2025-11-25", (200, -32601)),
    (request("server/discover"), "2025-11-25", (200, -32601)),
    (request("initialize"), None, (200, -32602)),
    (request("initialize", {"protocolVersion": 5}), None, (200, -32602)),
    (request("tools/call"), "2025-11-25", (200, -32602)),
    (request("tools/call", {"name": 5}), "2025-11-25", (200, -32602)),
    (request("tools/call", {"name": "say", "arguments": []}), "2025-11-25", (200, -32602)),
    (request("ping"), "2030-01-01", (400, -32602)),
    (NOTHING_TO_SAY[0], "2030-01-01", (400, -32022)),
    (request("tools/list"), "2026-07-28", (400, -32602)),
    (request("tools/list", {"_meta": META}), "2026-07-28", (400, -32020)),
]


@pytest.mark.parametrize(("value", "version", "error"), WRONG, ids=range(len(WRONG)))
def test_what_is_wrong_gets_its_code(
    value: Any, version: str | None, error: tuple[int, int]
) -> None:
    """JSON-RPC's and MCP's own, with the HTTP status of the version."""
    assert error_of(told(value, version)) == error


def test_a_version_nobody_knows_is_told_those_that_are_known() -> None:
    """Once it agrees with itself."""
    version = "2030-01-01"
    meta = {**META, "io.modelcontextprotocol/protocolVersion": version}
    reply = told(request("ping", {"_meta": meta}), version, **{"mcp-method": "ping"})

    assert error_of(reply) == (400, -32022)
    assert "2025-11-25" in reply.content["error"]["data"]["supported"]


@pytest.mark.parametrize(
    ("method", "params", "error"),
    [
        ("ping", {}, (404, -32601)),
        ("initialize", {"protocolVersion": "2025-11-25"}, (404, -32601)),
        ("tools/call", {}, (400, -32602)),
        ("tools/call", {"name": "say", "arguments": 5}, (400, -32602)),
    ],
)
def test_what_2026_has_not(method: str, params: dict[str, Any], error: tuple[int, int]) -> None:
    """Its errors have a status of their own."""
    assert error_of(by_itself(method, **params)) == error


@pytest.mark.parametrize("version", [None, "2024-11-05", "2025-03-26"])
def test_a_batch_is_answered_message_by_message(version: str | None) -> None:
    """Versions before 2025-06-18 have them; each goes wrong by itself, and keeps its id."""
    reply = told(
        [
            request("ping", None, "a"),
            NOTHING_TO_SAY[0],
            request("fly", None, 2),
            5,
            request("initialize", {"protocolVersion": "2025-03-26"}, 3),
            {"jsonrpc": "2.0", "id": 4, "method": 7},
        ],
        version,
    )

    assert reply.status == 200
    assert [one["id"] for one in reply.content] == ["a", 2, None, 3, 4]
    codes = [one.get("error", {}).get("code") for one in reply.content]
    assert codes == [None, -32601, -32600, -32600, -32600]
    assert told([NOTHING_TO_SAY[0]], version) == Reply(202)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
MESSAGES = VALUES | st.fixed_dictionaries(
    {"jsonrpc": st.just("2.0") | VALUES},
    optional={
        "id": st.integers() | st.text() | VALUES,
        "method": st.sampled_from(["ping", "initialize", "tools/list", "tools/call"]) | VALUES,
        "params": VALUES
        | st.fixed_dictionaries(
            {},
            optional={
                "name": st.sampled_from(["say", "carry_out", "merge"]) | VALUES,
                "arguments": VALUES,
                "_meta": VALUES | st.just(META),
                "protocolVersion": VALUES,
            },
        ),
        "result": VALUES,
    },
)


@given(
    value=MESSAGES | st.lists(MESSAGES, max_size=3),
    version=st.sampled_from([None, "", *WITH_BEGINNING, *BY_ITSELF]),
    method=st.sampled_from(["ping", "initialize", "tools/list", "tools/call"]),
)
def test_whatever_comes_has_one_answer(value: Any, version: str | None, method: str) -> None:
    """Nothing is raised, and each request has either a result or an error under its own id."""
    reply = told(value, version, **{"mcp-method": method})
    answers = reply.content if isinstance(reply.content, list) else [reply.content]

    assert reply.status in {200, 202, 400, 404}
    assert (reply.content is None) == (reply.status == 202)
    for answer in answers if reply.content is not None else ():
        assert ("result" in answer) != ("error" in answer)
        assert json.loads(json.dumps(answer))["jsonrpc"] == "2.0"
    if isinstance(value, dict) and type(value.get("id")) in {int, str} and reply.content:
        assert reply.content["id"] == value["id"]
