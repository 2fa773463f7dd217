"""What the tracking API answers, and how that is sent."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from headwater.api.cors import Headers, cors_headers
from headwater.api.pixel import GIF
from headwater.collect.intake import Rejection

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_JSON: Headers = [(b"content-type", b"application/json")]
_PICTURE: Headers = [(b"content-type", b"image/gif"), (b"cache-control", b"no-store, private")]


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, a body and headers besides its length; JSON unless the headers say otherwise."""

    status: int
    body: bytes
    headers: Sequence[tuple[bytes, bytes]] = field(default_factory=lambda: _JSON)


ACCEPTED = Answer(200, b'{"success":true}')
SHOWN = Answer(200, GIF, _PICTURE)


def accepted(rejections: Sequence[Rejection]) -> Answer:
    """Answer that the events are stored, naming those of a batch that are not."""
    if not rejections:
        return ACCEPTED
    rejected = [
        {
            "index": each.index,
            "messageId": each.message_id,
            "code": each.code,
            "message": each.message,
        }
        for each in rejections
    ]
    return Answer(200, json.dumps({"success": True, "rejected": rejected}).encode())


def _start(answer: Answer, headers: Headers) -> dict[str, Any]:
    length = (b"content-length", b"%d" % len(answer.body))
    return {
        "type": "http.response.start",
        "status": answer.status,
        "headers": [*headers, length],
    }


# Most requests are accepted and no browser's: their answer is made once.
_ACCEPTED_START = _start(ACCEPTED, [*ACCEPTED.headers, *cors_headers(None)])


def _whole(start: dict[str, Any], body: bytes) -> bytes:
    lines = [b"HTTP/1.1 200 OK", *(b"%b: %b" % header for header in start["headers"])]
    return b"\r\n".join([*lines, b"", body])


_ACCEPTED_WHOLE = _whole(_ACCEPTED_START, ACCEPTED.body)

# What may stand in a header; the origin is repeated as it came.
_HEADER = re.compile(rb"[ -~]*")


def whole_answer(answer: Answer, origin: bytes | None) -> bytes | None:
    """Answer all of a 200, as HTTP/1.1 to a connection that stays open.

    None where a header holds what none may: then the server is to say what it thinks of that.
    """
    if answer is ACCEPTED and origin is None:
        return _ACCEPTED_WHOLE
    start = _start(answer, [*answer.headers, *cors_headers(origin)])
    if not all(_HEADER.fullmatch(value) for _, value in start["headers"]):
        return None
    return _whole(start, answer.body)


async def send_answer(send: Send, answer: Answer, origin: bytes | None) -> None:
    """Send an answer to a request whose `Origin` header is `origin`."""
    if answer is ACCEPTED and origin is None:
        # A copy, since what is around the app may add to it.
        start = {**_ACCEPTED_START, "headers": _ACCEPTED_START["headers"].copy()}
    else:
        start = _start(answer, [*answer.headers, *cors_headers(origin)])
    await send(start)
    await send({"type": "http.response.body", "body": answer.body})


async def send_preflight(send: Send, headers: Headers) -> None:
    """Send the answer to a preflight."""
    await send(_start(Answer(200, b""), headers))
    await send({"type": "http.response.body", "body": b""})
