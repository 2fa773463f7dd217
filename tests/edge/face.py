"""Headwater's Worker as a program outside sees it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx

from tests.edge.workerd import Workerd
from tests.server import ADMIN_KEY, WRITE_KEY


class Face:
    """The Worker as a program outside sees it."""

    def __init__(self, worker: Workerd) -> None:
        self.url = worker.url
        self.http = httpx.Client(base_url=worker.url, timeout=30.0)
        self.admin = {"authorization": f"Bearer {ADMIN_KEY}"}

    def close(self) -> None:
        """Let go of its connections."""
        self.http.close()

    def send(self, *events: dict[str, Any]) -> httpx.Response:
        """Send a batch."""
        return self.http.post("/v1/batch", json={"batch": events}, auth=(WRITE_KEY, ""))

    def read(self, path: str) -> Any:
        """Answer what the admin API answers, which must be 200."""
        answer = self.http.get(path, headers=self.admin)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def order(self, path: str, **order: Any) -> Any:
        """Answer what the admin API answers to an order, which must be done."""
        answer = self.http.post(path, json=order, headers=self.admin)
        assert answer.status_code in {200, 201}, answer.text
        return answer.json()

    def add_webhook(self, url: str, **settings: Any) -> str:
        """Switch on a webhook destination; answer its id."""
        given = {"url": url, **settings}
        made = self.order("/v1/destinations", type="webhook", name="Hook", settings=given)
        return str(made["id"])

    def remove(self, destination: str) -> None:
        """Delete a destination."""
        answer = self.http.delete(f"/v1/destinations/{destination}", headers=self.admin)
        assert answer.status_code == 200, answer.text

    def lane(self, destination: str) -> Any:
        """Answer how a destination's lane is."""
        lanes = self.read("/v1/deliveries")["deliveries"]
        return next(one for one in lanes if one["destination"] == destination)

    def eventually(self, holds: Callable[[], bool], seconds: float = 20) -> None:
        """Wait until something holds."""
        end = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < end, "it never held"
            time.sleep(0.2)

    def until(self, path: str, holds: Callable[[Any], bool], seconds: float = 20) -> Any:
        """Read until something holds."""
        end = time.monotonic() + seconds
        while not holds(answer := self.read(path)):
            assert time.monotonic() < end, answer
            time.sleep(0.1)
        return answer


def track(message_id: str, event: str = "Played", **rest: Any) -> dict[str, Any]:
    """Answer a track call."""
    return {"type": "track", "event": event, "messageId": message_id, **rest}
