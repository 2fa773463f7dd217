"""A client that keeps what it is told, in place of one that sends it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from headwater.client import Client


class Recorded:
    """A client, and the events that arrived at its server."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.client = Client(
            "key", transport=httpx.MockTransport(self._answer), spool=None, gzip=False
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.events.extend(json.loads(request.content)["batch"])
        return httpx.Response(200)

    def sent(self) -> list[dict[str, Any]]:
        """Answer all events so far, in order."""
        assert self.client.flush()
        return self.events


@pytest.fixture
def recorded() -> Iterator[Recorded]:
    """Give a client whose events can be read."""
    kept = Recorded()
    yield kept
    kept.client.close()
