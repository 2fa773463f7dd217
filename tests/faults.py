"""A proxy in front of a server that fails the first requests, as networks and servers do."""

from __future__ import annotations

import asyncio
import http.client
from collections.abc import Sequence
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from tests.loopback import Loopback, Reply, Request


class Faults:
    """Answers the given replies first, one a request, and forwards everything after.

    Attributes:
        seen: every request that arrived, failed or forwarded.
    """

    def __init__(
        self, target: str, replies: Sequence[Reply] = (), *, lose_answers: int = 0
    ) -> None:
        """Then forward to `target`, but keep the first `lose_answers` answers to itself."""
        self.seen: list[Request] = []
        self._target = urlsplit(target)
        self._replies = list(replies)
        self._lose_answers = lose_answers
        self._service = Loopback(self._answer)

    def __enter__(self) -> Self:
        self._service.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._service.__exit__(kind, error, trace)

    @property
    def url(self) -> str:
        """Where clients are to send to."""
        return self._service.url

    async def _answer(self, request: Request) -> Reply:
        self.seen.append(request)
        if self._replies:
            return self._replies.pop(0)
        reply = await asyncio.to_thread(self._forward, request)
        if self._lose_answers > 0:
            self._lose_answers -= 1
            return Reply(None)
        return reply

    def _forward(self, request: Request) -> Reply:
        connection = http.client.HTTPConnection(
            str(self._target.hostname), self._target.port, timeout=30
        )
        try:
            connection.request(request.method, request.path, request.body, dict(request.headers))
            response = connection.getresponse()
            return Reply(response.status, {}, response.read())
        finally:
            connection.close()
