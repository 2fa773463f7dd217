"""One batch over HTTP."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime

import httpx
import pytest

from headwater.client.retry import Accepted, Again
from headwater.client.settings import Settings
from headwater.client.transport import AsyncTransport, BlockingTransport, request

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
SETTINGS = Settings("wk", "https://h.example")
EVENT = b'{"type":"track"}'


def test_a_request_is_whole() -> None:
    """Address, credentials, body and time-out are all set here."""
    made = request(SETTINGS, [EVENT], retries=0, now=NOW)

    assert (made.method, str(made.url)) == ("POST", "https://h.example/v1/batch")
    assert made.headers["authorization"] == "Basic d2s6"
    assert "x-retry-count" not in made.headers
    assert made.extensions["timeout"]["read"] == SETTINGS.timeout
    assert json.loads(made.content) == {
        "batch": [{"type": "track"}],
        "sentAt": "2026-11-22T09:30:00.000Z",
    }


def test_a_compressed_request_holds_the_same() -> None:
    """And its length is that of what is sent."""
    made = request(SETTINGS, [EVENT] * 200, retries=3, now=NOW)

    assert made.headers["content-encoding"] == "gzip"
    assert made.headers["content-length"] == str(len(made.content))
    assert len(json.loads(gzip.decompress(made.content))["batch"]) == 200
    assert made.headers["x-retry-count"] == "3"


@pytest.mark.parametrize(
    "error",
    [httpx.ConnectError("refused"), httpx.ReadTimeout("slow"), RuntimeError("anything else")],
    ids=repr,
)
async def test_whatever_breaks_the_events_are_kept(error: Exception) -> None:
    """No exception leaves the transport: each is a reason to try again, and names the address."""

    def fail(_request: httpx.Request) -> httpx.Response:
        raise error

    blocking = BlockingTransport(SETTINGS, httpx.MockTransport(fail))
    awaited = AsyncTransport(SETTINGS, httpx.MockTransport(fail))
    verdicts = [blocking.send([EVENT], retries=0), await awaited.send([EVENT], retries=0)]
    blocking.close()
    await awaited.close()

    for verdict in verdicts:
        assert isinstance(verdict, Again)
        assert "https://h.example/v1/batch" in verdict.reason
        assert type(error).__name__ in verdict.reason


async def test_a_redirect_is_not_followed() -> None:
    """A POST that is redirected would arrive as a GET, and count as a success."""
    asked: list[str] = []

    def redirect(sent: httpx.Request) -> httpx.Response:
        asked.append(str(sent.url))
        return httpx.Response(302, headers={"Location": "https://h.example/other"})

    blocking = BlockingTransport(SETTINGS, httpx.MockTransport(redirect))
    verdict = blocking.send([EVENT], retries=0)
    blocking.close()

    assert asked == ["https://h.example/v1/batch"]
    assert verdict != Accepted()
