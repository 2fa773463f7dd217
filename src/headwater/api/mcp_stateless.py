"""An MCP server of our own over streamable HTTP: one POST, one answer in JSON.

It answers where the official package `mcp` cannot run: on Cloudflare, for which parts of that
package are not built. Where it is installed, the package answers: it is kept by those who keep the
protocol, and knows a new version first. `tests/api/test_mcp.py` holds both to the same body of
tests, driven by the package's own client.

There are no streams and no sessions, so there is nothing that GET or DELETE could be about.
"""

from __future__ import annotations

import json
from typing import Any

from pydantic_core import from_json

from headwater.api.asgi import Receive, Scope, Send, header
from headwater.api.errors import told
from headwater.api.mcp_exchange import Reply, exchange
from headwater.api.mcp_rpc import (
    INTERNAL_ERROR,
    INVALID_REQUEST,
    PARSE_ERROR,
    RpcError,
    readable_id,
)
from headwater.api.mcp_tools import Ask
from headwater.api.request_body import ClientGone, read_body
from headwater.collect.limits import depth
from headwater.errors import TooLarge

MAX_DEPTH = 64

_JSON = frozenset({"application/json", "application/*", "*/*"})


async def answer_post(
    scope: Scope, receive: Receive, send: Send, *, ask: Ask, max_body_bytes: int
) -> None:
    """Answer one POST of an MCP client; what it got wrong is a JSON-RPC error in the body."""
    value = None
    try:
        _check_accept(header(scope, b"accept"))
        _check_content(scope)
        value = _parsed(await _body(receive, max_body_bytes))
        reply = await exchange(value, _headers(scope), ask)
    except RpcError as error:
        reply = Reply(error.status or 400, error.answer(None))
    except ClientGone:
        raise  # nobody is there to be answered
    except Exception as error:  # noqa: BLE001 - whatever it was, the client gets an answer
        mistake = told(error, request_id=scope["state"]["request_id"])
        refusal = RpcError(INTERNAL_ERROR, mistake.message)
        reply = Reply(500, refusal.answer(readable_id(value)))
    await _send(reply, send)


def _headers(scope: Scope) -> dict[str, str]:
    """Answer the headers by their names; one that came several times is all of them."""
    headers: dict[str, str] = {}
    for key, value in scope["headers"]:
        name, text = key.decode("latin-1").lower(), value.decode("latin-1")
        headers[name] = f"{headers[name]}, {text}" if name in headers else text
    return headers


def _check_accept(accepted: str | None) -> None:
    """Raise `RpcError` for a client that would not take JSON; no header takes everything."""
    given = (accepted or "*/*").split(",")
    if not any(one.partition(";")[0].strip().lower() in _JSON for one in given):
        raise RpcError(
            INVALID_REQUEST,
            f"Accept is {(accepted or '')[:80]!r}; the answer here is application/json.",
            status=406,
        )


def _check_content(scope: Scope) -> None:
    """Raise `RpcError` for a body that is not said to be JSON.

    A page elsewhere can make a browser send plain text unasked, but not JSON.
    """
    given = header(scope, b"content-type") or ""
    if given.partition(";")[0].strip().lower() != "application/json":
        raise RpcError(
            INVALID_REQUEST,
            f"Content-Type is {given[:80]!r}; send JSON, as application/json.",
            status=415,
        )


async def _body(receive: Receive, limit: int) -> bytes:
    try:
        return await read_body(receive, limit=limit)
    except TooLarge as error:
        message = f"The body is over {limit} bytes, the limit here."
        raise RpcError(INVALID_REQUEST, message, status=413) from error


def _parsed(body: bytes) -> Any:
    if (found := depth(body)) > MAX_DEPTH:
        message = f"Objects and lists are nested {found} deep; the limit is {MAX_DEPTH}."
        raise RpcError(INVALID_REQUEST, message)
    try:
        return from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise RpcError(PARSE_ERROR, f"The body is not JSON: {error}.") from error


async def _send(reply: Reply, send: Send) -> None:
    headers = [(b"content-type", b"application/json")] if reply.content is not None else []
    body = b""
    if reply.content is not None:
        body = json.dumps(reply.content, separators=(",", ":")).encode()
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
