"""A webhook's other side: keeps every request that it was sent."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

import msgspec

from tests.loopback import Loopback, Reply, Request


class Delivery(msgspec.Struct, rename="camel"):
    """The parts of a request that are decoded while receiving: one event's id, or a batch's."""

    message_id: str | None = None
    batch: list[Delivery] | None = None

    def message_ids(self) -> list[str]:
        """Answer the ids of all events in it."""
        events = [self] if self.batch is None else self.batch
        return [event.message_id for event in events if event.message_id is not None]


class Recorder:
    """Answers 200 to everything and remembers it.

    Attributes:
        requests: in the order of receipt.
        first_receipt: message id to the `time.time()` of its first receipt.
        receipts: message id to how often it was received.
    """

    def __init__(self, *, keep: bool = True) -> None:
        """`keep` false remembers only the message ids, for long runs."""
        self.requests: list[Request] = []
        self.first_receipt: dict[str, float] = {}
        self.receipts: dict[str, int] = {}
        self._keep = keep
        self._decode = msgspec.json.Decoder(Delivery).decode
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
        """Where webhooks are to be sent."""
        return f"{self._service.url}/hook"

    async def _answer(self, request: Request) -> Reply:
        if self._keep:
            self.requests.append(request)
        for message_id in self._decode(request.body).message_ids():
            self.first_receipt.setdefault(message_id, request.at)
            self.receipts[message_id] = self.receipts.get(message_id, 0) + 1
        return Reply()

    def wait_for(self, message_ids: set[str], *, patience: float = 20.0) -> set[str]:
        """Wait until all of them came, `patience` seconds at most; answer those that did not."""
        return wait_until(lambda: message_ids - self.receipts.keys(), patience=patience)


def wait_until(missing: Callable[[], set[str]], *, patience: float) -> set[str]:
    """Call `missing` until it answers an empty set or time is up; answer what it said last."""
    deadline = time.monotonic() + patience
    while (left := missing()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left
