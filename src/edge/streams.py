"""Answers that go on: server-sent events and files, on Cloudflare."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from js import FixedLengthStream, TransformStream
from pyodide.ffi import JsException, to_js

from edge.http import App, Incoming, Outgoing, receiving

_logger = logging.getLogger(__name__)

Later = Callable[[Coroutine[Any, Any, None]], None]

_GOES_ON = (b"text/event-stream", b"application/octet-stream")


async def streamed(app: App, request: Incoming, later: Later) -> Outgoing:
    """Answer a request by an app; where the answer is a stream, with its beginning.

    The app goes on by itself then, until it ends or its client is gone.
    """
    answer = _Streaming()
    work = asyncio.ensure_future(app(dict(request.scope), receiving(request), answer.send))
    await asyncio.wait({work, answer.is_stream}, return_when=asyncio.FIRST_COMPLETED)
    if answer.is_stream.done():
        later(_ended(work, answer))
    else:
        answer.is_stream.cancel()
        await work
    return answer.outgoing


async def _ended(work: asyncio.Future[Any], answer: _Streaming) -> None:
    try:
        await work
    except Exception as error:  # noqa: BLE001 - there is nobody left to tell but the log
        _logger.info("A stream has ended: %s", error)
    finally:
        await answer.close()


class _Streaming:
    """What an app sends: a whole answer, or the parts of a stream."""

    def __init__(self) -> None:
        self.outgoing = Outgoing()
        self.is_stream: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._writer: Any = None

    async def send(self, message: dict[str, Any]) -> None:
        """Take one message of the app's.

        Raises:
            OSError: the client is gone.
        """
        if message["type"] == "http.response.start":
            self.outgoing.status = message["status"]
            self.outgoing.headers = list(message.get("headers", ()))
            headers = dict(self.outgoing.headers)
            if headers.get(b"content-type", b"").startswith(_GOES_ON):
                self._begin(headers.get(b"content-length"))
        elif self._writer is None:
            self.outgoing.body += message.get("body", b"")
        elif message.get("body"):
            try:
                await self._writer.write(to_js(message["body"]))
            except JsException as error:
                raise OSError("the client is gone") from error

    def _begin(self, length: bytes | None) -> None:
        # Of a stream whose length is not known, Cloudflare does not tell the client any.
        stream = TransformStream.new() if length is None else FixedLengthStream.new(int(length))
        self.outgoing.stream = stream.readable
        self._writer = stream.writable.getWriter()
        self.is_stream.set_result(None)

    async def close(self) -> None:
        """End the stream."""
        try:
            await self._writer.close()
        except JsException:
            return  # it was the client who ended it
