"""MCP's versions, and what a request of each has to say about itself.

Up to 2025-11-25 a client begins with `initialize`, and the header `MCP-Protocol-Version` of later
requests names what was agreed; a client of before 2025-06-18 sends no such header. From 2026-07-28
on there is no beginning: each request carries its version and the client's capabilities in
`params._meta`, and headers repeat what intermediaries route by.

Specification: https://modelcontextprotocol.io/specification/versioning and, of each version, its
page "basic/transports".
"""

from __future__ import annotations

import re
from binascii import Error as NotBase64
from binascii import a2b_base64
from collections.abc import Mapping
from typing import Any

from headwater.api.mcp_rpc import (
    HEADER_MISMATCH,
    INVALID_PARAMS,
    UNSUPPORTED_VERSION,
    RpcError,
    RpcRequest,
    kind_of,
)

WITH_BEGINNING = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
"""Versions that begin with `initialize`, oldest first."""

BY_ITSELF = ("2026-07-28",)
"""Versions in which each request stands for itself, oldest first."""

WITH_BATCHES = frozenset({"2024-11-05", "2025-03-26"})
"""Versions with JSON-RPC's batches; 2025-06-18 took them out."""

WITHOUT_HEADER = "2025-03-26"
"""What a request that names no version is taken for, as the specification says."""

VERSION_HEADER = "mcp-protocol-version"
_METHOD_HEADER = "mcp-method"
_NAME_HEADER = "mcp-name"

_VERSION_KEY = "io.modelcontextprotocol/protocolVersion"
_CAPABILITIES_KEY = "io.modelcontextprotocol/clientCapabilities"
SERVER_KEY = "io.modelcontextprotocol/serverInfo"

# Headers are ASCII, so what is not is sent in base64 (2026-07-28, "Custom Headers").
_ENCODED = re.compile(r"=\?base64\?(.*)\?=")


def agreed(asked: str) -> str:
    """Answer the version for a client that would like this one: that, or our newest."""
    return asked if asked in WITH_BEGINNING else WITH_BEGINNING[-1]


def named(headers: Mapping[str, str]) -> str:
    """Answer the version that a request names in its headers, known or not."""
    return headers.get(VERSION_HEADER, WITHOUT_HEADER)


def check_known(version: str) -> None:
    """Raise `RpcError` for a version that is not spoken here; it lists those that are."""
    known = [*WITH_BEGINNING, *BY_ITSELF]
    if version not in known:
        raise RpcError(
            UNSUPPORTED_VERSION,
            f"This server does not speak version {version[:40]!r} of MCP.",
            data={"supported": known, "requested": version[:200]},
            status=400,
        )


def check_envelope(request: RpcRequest, headers: Mapping[str, str]) -> None:
    """Raise `RpcError` where a request of 2026-07-28 contradicts its headers, or lacks what it has.

    Headers have lower-case names; those that came twice are joined by commas, so they match
    nothing.
    """
    told = request.params.get("_meta")
    if not isinstance(told, dict):
        raise RpcError(INVALID_PARAMS, f"params._meta is an object; this is {kind_of(told)}.")
    missing = [key for key in (_VERSION_KEY, _CAPABILITIES_KEY) if key not in told]
    if missing:
        raise RpcError(INVALID_PARAMS, f"params._meta lacks {' and '.join(missing)}.")
    _check_same(headers, VERSION_HEADER, told[_VERSION_KEY], f"params._meta's {_VERSION_KEY}")
    _check_same(headers, _METHOD_HEADER, request.method, "the method")
    if request.method == "tools/call":
        _check_same(headers, _NAME_HEADER, request.params.get("name"), "params.name")


def _check_same(headers: Mapping[str, str], header: str, value: Any, where: str) -> None:
    if _decoded(headers.get(header)) != value:
        raise RpcError(HEADER_MISMATCH, f"The header {header} has to be the same as {where}.")


def _decoded(value: str | None) -> str | None:
    """Answer what a header says; None for a missing one and for what is no base64."""
    found = None if value is None else _ENCODED.fullmatch(value)
    if found is None:
        return value
    try:
        return a2b_base64(found[1], strict_mode=True).decode()
    except (NotBase64, ValueError):
        return None
