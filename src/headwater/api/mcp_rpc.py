"""JSON-RPC 2.0 as MCP uses it: what one message is, what is wrong with it, what is answered.

Specifications: https://www.jsonrpc.org/specification and
https://modelcontextprotocol.io/specification/2025-11-25/basic. MCP narrows JSON-RPC: an id is a
string or a whole number and never null, parameters are an object.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
HEADER_MISMATCH = -32020
UNSUPPORTED_VERSION = -32022

Id = str | int | None


class RpcError(Exception):
    """What a request is answered with instead of a result.

    Attributes:
        data: more for programs, or None.
        status: the HTTP status where the transport refuses the whole request; None leaves it to
            the protocol's version.
    """

    def __init__(
        self, code: int, message: str, *, data: Any = None, status: int | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data
        self.status = status

    def answer(self, id_: Id) -> dict[str, Any]:
        """Answer it as a message; the id is None where the request's could not be read."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.data is not None:
            error["data"] = self.data
        return {"jsonrpc": "2.0", "id": id_, "error": error}


@dataclass(frozen=True, slots=True)
class RpcRequest:
    """A message that wants an answer."""

    id: str | int
    method: str
    params: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RpcNotice:
    """A message that wants none: a notification, or the answer to a request of ours."""

    method: str | None


def read_message(value: Any) -> RpcRequest | RpcNotice:
    """Answer what a message out of JSON is.

    Raises:
        RpcError: it is none, or its parameters are no object.
    """
    if not isinstance(value, dict):
        raise _invalid("A message is a JSON object", value)
    if value.get("jsonrpc") != "2.0":
        raise RpcError(INVALID_REQUEST, 'A message has "jsonrpc": "2.0".')
    if "method" not in value and ("result" in value or "error" in value):
        return RpcNotice(None)
    method = value.get("method")
    if not isinstance(method, str):
        raise _invalid("'method' is the name of a method, as a string", method)
    params = value.get("params")
    if params is not None and not isinstance(params, dict):
        raise _invalid("'params' is an object", params, code=INVALID_PARAMS)
    if "id" not in value:
        return RpcNotice(method)
    id_ = readable_id(value)
    if id_ is None:
        raise _invalid("'id' is a string or a whole number", value["id"])
    return RpcRequest(id_, method, params or {})


def readable_id(value: Any) -> Id:
    """Answer the id of a message that may be wrong otherwise, or None."""
    id_ = value.get("id") if isinstance(value, dict) else None
    return id_ if isinstance(id_, (str, int)) and not isinstance(id_, bool) else None


def result_answer(id_: str | int, result: Mapping[str, Any]) -> dict[str, Any]:
    """Answer the message that carries a result."""
    return {"jsonrpc": "2.0", "id": id_, "result": dict(result)}


_KINDS = {dict: "an object", list: "a list", str: "a string", bool: "true or false"}


def kind_of(value: Any) -> str:
    """Answer what a value out of JSON is, in words."""
    return "null or missing" if value is None else _KINDS.get(type(value), "a number")


def _invalid(wanted: str, value: Any, *, code: int = INVALID_REQUEST) -> RpcError:
    return RpcError(code, f"{wanted}; this is {kind_of(value)}.")
