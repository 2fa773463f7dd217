"""One batch over HTTP: the request is made here once, and sent by httpx, blocking or not.

httpx logs a line per request at INFO, with the address and the status; neither it nor httpcore
logs bodies, and httpcore does not log request headers. Nothing here logs either.
"""

from __future__ import annotations

import base64
import gzip
from collections.abc import Sequence
from datetime import UTC, datetime

import httpx

from headwater import __version__
from headwater.client.batching import request_body
from headwater.client.retry import Answer, NoAnswer, Verdict, judge
from headwater.client.settings import Settings

_WORTH_COMPRESSING = 1024


def request(
    settings: Settings, events: Sequence[bytes], *, retries: int, now: datetime | None
) -> httpx.Request:
    """Answer the request for a batch; the same events may come again with more `retries`.

    `now` is this machine's time, None where the events' times were not made by its clock.
    """
    body = request_body(events, sent_at=now)
    credentials = base64.b64encode(f"{settings.write_key}:".encode()).decode("ascii")
    headers = {
        "Authorization": f"Basic {credentials}",
        "Content-Type": "application/json",
        "User-Agent": f"headwater-python/{__version__}",
    }
    if settings.gzip and len(body) >= _WORTH_COMPRESSING:
        body = gzip.compress(body, compresslevel=6, mtime=0)
        headers["Content-Encoding"] = "gzip"
    if retries:
        headers["X-Retry-Count"] = str(retries)
    return httpx.Request(
        "POST",
        settings.url,
        headers=headers,
        content=body,
        extensions={"timeout": httpx.Timeout(settings.timeout).as_dict()},
    )


def verdict(settings: Settings, answer: Answer | NoAnswer, *, now: datetime) -> Verdict:
    """Answer what to do with the events that were sent."""
    return judge(answer, url=settings.url, write_key=settings.write_key, now=now)


class BlockingTransport:
    """Sends batches over a pooled `httpx.Client`, made on first use and never following redirects.

    `timeout` limits each wait for the server (to connect, write, read), not their sum. With
    `is_history` events keep their times as they are: no clock of ours made them.
    """

    def __init__(
        self,
        settings: Settings,
        transport: httpx.BaseTransport | None,
        *,
        is_history: bool = False,
    ) -> None:
        self._settings = settings
        self._transport = transport
        self._is_history = is_history
        self._client: httpx.Client | None = None

    def send(self, events: Sequence[bytes], *, retries: int) -> Verdict:
        """Answer the server's verdict on a batch; no answer is a verdict as well."""
        now = None if self._is_history else datetime.now(UTC)
        try:
            if self._client is None:
                self._client = httpx.Client(transport=self._transport)
            response = self._client.send(request(self._settings, events, retries=retries, now=now))
            answer: Answer | NoAnswer = _answer(response)
        except Exception as error:  # noqa: BLE001 - whatever broke, the events are still ours
            answer = _no_answer(self._settings, error)
        return verdict(self._settings, answer, now=datetime.now(UTC))

    def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            self._client.close()


class AsyncTransport:
    """Sends batches over a pooled `httpx.AsyncClient`, as `BlockingTransport` does."""

    def __init__(self, settings: Settings, transport: httpx.AsyncBaseTransport | None) -> None:
        self._settings = settings
        self._transport = transport
        self._client: httpx.AsyncClient | None = None

    async def send(self, events: Sequence[bytes], *, retries: int) -> Verdict:
        """Answer the server's verdict on a batch; no answer is a verdict as well."""
        now = datetime.now(UTC)
        try:
            if self._client is None:
                self._client = httpx.AsyncClient(transport=self._transport)
            response = await self._client.send(
                request(self._settings, events, retries=retries, now=now)
            )
            answer: Answer | NoAnswer = _answer(response)
        except Exception as error:  # noqa: BLE001 - whatever broke, the events are still ours
            answer = _no_answer(self._settings, error)
        return verdict(self._settings, answer, now=datetime.now(UTC))

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()


def _answer(response: httpx.Response) -> Answer:
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status_code, headers, response.content)


def _no_answer(settings: Settings, error: Exception) -> NoAnswer:
    return NoAnswer(f"{settings.url} did not answer ({type(error).__name__}: {error})")
