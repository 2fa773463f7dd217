"""The ceiling of an ASGI server: reads the body and answers; keeps nothing."""

from __future__ import annotations

import argparse
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from scripts.bench.uvicorn_settings import serve

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"16")]
ANSWER = b'{"success":true}'


async def app(scope: Message, receive: Receive, send: Send) -> None:
    """Answer 200 to everything."""
    if scope["type"] != "http":
        return
    await read_body(receive)
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": ANSWER})


async def read_body(receive: Receive) -> bytes:
    """Answer the whole body of a request."""
    chunks = []
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(chunks)


def main() -> None:
    """Serve until terminated."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    serve(app, port=parser.parse_args().port)


if __name__ == "__main__":
    main()
