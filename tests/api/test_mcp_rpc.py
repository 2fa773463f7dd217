"""JSON-RPC's messages: what is one, and what is said of what is none."""

from __future__ import annotations

from typing import Any

import pytest

from headwater.api.mcp_rpc import (
    INVALID_PARAMS,
    INVALID_REQUEST,
    RpcError,
    RpcNotice,
    RpcRequest,
    read_message,
    readable_id,
)

V2 = {"jsonrpc": "2.0"}

MESSAGES: list[tuple[Any, RpcRequest | RpcNotice]] = [
    ({**V2, "id": 1, "method": "ping"}, RpcRequest(1, "ping", {})),
    ({**V2, "id": 0, "method": "ping", "params": None}, RpcRequest(0, "ping", {})),
    ({**V2, "id": "", "method": "a", "params": {"b": 1}}, RpcRequest("", "a", {"b": 1})),
    ({**V2, "method": "notifications/x"}, RpcNotice("notifications/x")),
    ({**V2, "id": 1, "result": {}}, RpcNotice(None)),
    ({**V2, "id": None, "error": {"code": 1, "message": "x"}}, RpcNotice(None)),
]


@pytest.mark.parametrize(("value", "message"), MESSAGES, ids=range(len(MESSAGES)))
def test_a_message_is_read(value: Any, message: RpcRequest | RpcNotice) -> None:
    """A request has an id; without one it is a notification; an answer is to nothing of ours."""
    assert read_message(value) == message


WRONG: list[tuple[Any, int, str]] = [
    (None, INVALID_REQUEST, "null or missing"),
    ([], INVALID_REQUEST, "a list"),
    (1.5, INVALID_REQUEST, "a number"),
    (True, INVALID_REQUEST, "true or false"),
    ({}, INVALID_REQUEST, '"jsonrpc": "2.0"'),
    ({"jsonrpc": 2.0, "id": 1, "method": "ping"}, INVALID_REQUEST, '"jsonrpc": "2.0"'),
    (V2, INVALID_REQUEST, "'method'"),
    ({**V2, "id": 1, "method": 5}, INVALID_REQUEST, "'method'"),
    ({**V2, "id": 1, "method": None, "result": {}}, INVALID_REQUEST, "'method'"),
    ({**V2, "id": None, "method": "ping"}, INVALID_REQUEST, "'id'"),
    ({**V2, "id": True, "method": "ping"}, INVALID_REQUEST, "'id'"),
    ({**V2, "id": 1.5, "method": "ping"}, INVALID_REQUEST, "'id'"),
    ({**V2, "id": {}, "method": "ping"}, INVALID_REQUEST, "'id'"),
    ({**V2, "id": 1, "method": "ping", "params": [1]}, INVALID_PARAMS, "'params'"),
    ({**V2, "method": "ping", "params": "x"}, INVALID_PARAMS, "'params'"),
]


@pytest.mark.parametrize(("value", "code", "part"), WRONG, ids=range(len(WRONG)))
def test_what_is_no_message_is_refused(value: Any, code: int, part: str) -> None:
    """With JSON-RPC's code, and with what is wrong in words."""
    with pytest.raises(RpcError) as refusal:
        read_message(value)

    assert refusal.value.code == code
    assert part in refusal.value.message


@pytest.mark.parametrize(
    ("value", "id_"),
    [({"id": 7}, 7), ({"id": "a"}, "a"), ({"id": True}, None), ({"id": 1.5}, None), ([], None)],
)
def test_an_id_is_found_also_in_what_is_wrong(value: Any, id_: Any) -> None:
    """So that a client knows which of its requests was refused."""
    assert readable_id(value) == id_


def test_an_error_is_a_message() -> None:
    """With its data where it has some, and with null for an id that could not be read."""
    plain = RpcError(-1, "no").answer(None)
    with_data = RpcError(-1, "no", data={"a": 1}).answer("x")

    assert plain == {**V2, "id": None, "error": {"code": -1, "message": "no"}}
    assert with_data == {
        **V2,
        "id": "x",
        "error": {"code": -1, "message": "no", "data": {"a": 1}},
    }
