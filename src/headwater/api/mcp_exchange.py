"""What MCP's messages are answered, by a server that keeps nothing between them.

A message comes in as JSON has it, with its request's headers, and an answer goes out; what is
asked of Headwater goes through an `Ask`. Of MCP's features there are tools and no others.
Specification: https://modelcontextprotocol.io/specification.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from headwater import __version__
from headwater.api.mcp_rpc import (
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    RpcError,
    RpcNotice,
    RpcRequest,
    kind_of,
    read_message,
    readable_id,
    result_answer,
)
from headwater.api.mcp_tools import INSTRUCTIONS, Ask, as_text, call, descriptions
from headwater.api.mcp_versions import (
    BY_ITSELF,
    SERVER_KEY,
    WITH_BATCHES,
    WITH_BEGINNING,
    agreed,
    check_envelope,
    check_known,
    named,
)

LARGEST_BATCH = 50
"""Messages; each may be a question, and a key's rate counts requests."""

_SERVER = {"name": "headwater", "title": "Headwater", "version": __version__}
_ABILITIES = {"tools": {"listChanged": False}}
_FRESH = {"ttlMs": 0, "cacheScope": "private"}

# The status that 2026-07-28 gives an error; before it, answers to requests are 200.
_NOT_400 = {METHOD_NOT_FOUND: 404}


@dataclass(frozen=True, slots=True)
class Reply:
    """What a POST is answered: the HTTP status, and JSON, or None for no body."""

    status: int
    content: Any = None


async def exchange(value: Any, headers: Mapping[str, str], ask: Ask) -> Reply:
    """Answer the reply to a POST whose body was this JSON.

    What goes wrong in a tool is its result; only mistakes of the server itself are raised.
    """
    version = named(headers)
    if isinstance(value, list) and version in WITH_BATCHES:
        return await _batch(value, ask)
    try:
        message = read_message(value)
        if isinstance(message, RpcNotice):
            check_known(version)
            return _noticed(message, version)
        if version in WITH_BEGINNING:
            return Reply(200, await _answer(message, ask))
        check_envelope(message, headers)
        check_known(version)
        result = await _by_itself(message, ask)
    except RpcError as error:
        status = error.status or _NOT_400.get(error.code, 400)
        return Reply(status, error.answer(readable_id(value)))
    return Reply(200, result_answer(message.id, result))


def _noticed(notice: RpcNotice, version: str) -> Reply:
    """Take note of nothing: there is no request that a notification could be about."""
    if notice.method is None and version in BY_ITSELF:
        raise RpcError(INVALID_REQUEST, "This server asks nothing, so there is nothing to answer.")
    return Reply(202)


async def _batch(values: list[Any], ask: Ask) -> Reply:
    """Answer each message of a batch in its order; each goes wrong by itself."""
    if not 0 < len(values) <= LARGEST_BATCH:
        error = RpcError(
            INVALID_REQUEST, f"A batch has 1 to {LARGEST_BATCH} messages; this has {len(values)}."
        )
        return Reply(400, error.answer(None))
    answers = [await _in_batch(value, ask) for value in values]
    content = [answer for answer in answers if answer is not None]
    return Reply(200, content) if content else Reply(202)


async def _in_batch(value: Any, ask: Ask) -> dict[str, Any] | None:
    try:
        message = read_message(value)
        if isinstance(message, RpcNotice):
            return None
    except RpcError as error:
        return error.answer(readable_id(value))
    if message.method == "initialize":
        refusal = RpcError(INVALID_REQUEST, "'initialize' cannot be part of a batch.")
        return refusal.answer(message.id)
    return await _answer(message, ask)


async def _answer(request: RpcRequest, ask: Ask) -> dict[str, Any]:
    """Answer a request of the versions that begin with `initialize`."""
    try:
        if request.method == "initialize":
            return result_answer(request.id, _begun(request.params))
        if request.method == "ping":
            return result_answer(request.id, {})
        if request.method == "tools/list":
            return result_answer(request.id, {"tools": descriptions()})
        if request.method == "tools/call":
            return result_answer(request.id, await _called(request.params, ask))
        raise _no_method(request.method)
    except RpcError as error:
        return error.answer(request.id)


async def _by_itself(request: RpcRequest, ask: Ask) -> dict[str, Any]:
    """Answer the result of a request that stands for itself."""
    if request.method == "server/discover":
        versions = [*WITH_BEGINNING, *BY_ITSELF]
        result = {"supportedVersions": versions, **_introduction(), **_FRESH}
    elif request.method == "tools/list":
        result = {"tools": descriptions(), **_FRESH}
    elif request.method == "tools/call":
        result = await _called(request.params, ask)
    else:
        raise _no_method(request.method)
    return {**result, "resultType": "complete", "_meta": {SERVER_KEY: _SERVER}}


def _begun(params: Mapping[str, Any]) -> dict[str, Any]:
    asked = params.get("protocolVersion")
    if not isinstance(asked, str):
        raise RpcError(
            INVALID_PARAMS, f"params.protocolVersion is a version; this is {kind_of(asked)}."
        )
    return {"protocolVersion": agreed(asked), "serverInfo": _SERVER, **_introduction()}


def _introduction() -> dict[str, Any]:
    return {"capabilities": _ABILITIES, "instructions": INSTRUCTIONS}


async def _called(params: Mapping[str, Any], ask: Ask) -> dict[str, Any]:
    name, arguments = params.get("name"), params.get("arguments")
    if not isinstance(name, str):
        raise RpcError(INVALID_PARAMS, f"params.name names a tool; this is {kind_of(name)}.")
    if arguments is not None and not isinstance(arguments, dict):
        raise RpcError(
            INVALID_PARAMS, f"params.arguments is an object; this is {kind_of(arguments)}."
        )
    answer, is_error = await call(name, arguments or {}, ask)
    content = [{"type": "text", "text": as_text(answer)}]
    return {"content": content, "structuredContent": answer, "isError": is_error}


def _no_method(method: str) -> RpcError:
    return RpcError(METHOD_NOT_FOUND, f"There is no method {method[:80]!r} here.")
