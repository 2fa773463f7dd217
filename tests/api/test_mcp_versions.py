"""MCP's versions: which are spoken, and what requests of the latest say twice."""

from __future__ import annotations

from typing import Any

import pytest
from mcp.shared.inbound import encode_header_value
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS, MODERN_PROTOCOL_VERSIONS

from headwater.api.mcp_rpc import HEADER_MISMATCH, INVALID_PARAMS, RpcError, RpcRequest
from headwater.api.mcp_versions import (
    BY_ITSELF,
    WITH_BEGINNING,
    agreed,
    check_envelope,
    check_known,
    named,
)

VERSION = "io.modelcontextprotocol/protocolVersion"
CAPABILITIES = "io.modelcontextprotocol/clientCapabilities"
META = {VERSION: "2026-07-28", CAPABILITIES: {}}
HEADERS = {"mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": "say"}


def test_the_versions_are_the_official_packages() -> None:
    """A version that the package learns is to be learnt here too."""
    assert WITH_BEGINNING == HANDSHAKE_PROTOCOL_VERSIONS
    assert BY_ITSELF == MODERN_PROTOCOL_VERSIONS


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        *((one, one) for one in WITH_BEGINNING),
        ("2026-07-28", "2025-11-25"),
        ("1999-01-01", "2025-11-25"),
        ("", "2025-11-25"),
    ],
)
def test_the_clients_version_is_taken_if_it_is_known(asked: str, answered: str) -> None:
    """Otherwise it is offered the newest that has a beginning."""
    assert agreed(asked) == answered


def test_who_names_no_version_speaks_that_of_march_2025() -> None:
    """As the specification says of requests without the header."""
    assert named({}) == "2025-03-26"


@pytest.mark.parametrize("version", ["", "2030-01-01", "2025-06-18, 2025-06-18", "x" * 1000])
def test_an_unknown_version_is_told_the_known_ones(version: str) -> None:
    """So that a client can go on with one of them."""
    with pytest.raises(RpcError) as refusal:
        check_known(version)

    assert refusal.value.code == -32022
    assert refusal.value.data["supported"] == [*WITH_BEGINNING, *BY_ITSELF]
    assert len(refusal.value.data["requested"]) <= 200


def request(meta: Any = META, *, name: Any = "say") -> RpcRequest:
    """Answer a call of a tool."""
    return RpcRequest(1, "tools/call", {"_meta": meta, "name": name})


@pytest.mark.parametrize("name", ["say", "", "gruß", " say ", "=?base64?c2F5?=", "日本"])
def test_what_a_client_says_twice_is_the_same(name: str) -> None:
    """Also where a header cannot carry it as it is, and the official client encodes it."""
    check_envelope(request(name=name), {**HEADERS, "mcp-name": encode_header_value(name)})


def test_without_a_name_the_header_is_missing_too() -> None:
    """That there is none is for the method to say."""
    check_envelope(
        RpcRequest(1, "tools/call", {"_meta": META}),
        {key: value for key, value in HEADERS.items() if key != "mcp-name"},
    )


WRONG: list[tuple[Any, dict[str, str | None], int]] = [
    (None, {}, INVALID_PARAMS),
    ([], {}, INVALID_PARAMS),
    ({}, {}, INVALID_PARAMS),
    ({VERSION: "2026-07-28"}, {}, INVALID_PARAMS),
    ({CAPABILITIES: {}}, {}, INVALID_PARAMS),
    ({**META, VERSION: "2030-01-01"}, {}, HEADER_MISMATCH),
    ({**META, VERSION: 5}, {}, HEADER_MISMATCH),
    (META, {"mcp-method": None}, HEADER_MISMATCH),
    (META, {"mcp-method": "tools/list"}, HEADER_MISMATCH),
    (META, {"mcp-method": "tools/call, tools/call"}, HEADER_MISMATCH),
    (META, {"mcp-name": None}, HEADER_MISMATCH),
    (META, {"mcp-name": "carry_out"}, HEADER_MISMATCH),
    (META, {"mcp-name": "=?base64?c2F?="}, HEADER_MISMATCH),
    (META, {"mcp-name": "=?base64?/w==?="}, HEADER_MISMATCH),
    (META, {"mcp-name": "=?base64?é?="}, HEADER_MISMATCH),
]


@pytest.mark.parametrize(("meta", "changed", "code"), WRONG, ids=range(len(WRONG)))
def test_a_contradiction_is_refused(meta: Any, changed: dict[str, str | None], code: int) -> None:
    """Whoever routed it by its headers would have taken it for another request."""
    headers = {key: value for key, value in {**HEADERS, **changed}.items() if value is not None}

    with pytest.raises(RpcError) as refusal:
        check_envelope(request(meta), headers)

    assert refusal.value.code == code
