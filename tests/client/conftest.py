"""A server that can die, and one set of tests for both clients."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from headwater import AsyncClient, Client
from tests.client.programs import Programs
from tests.client.stub_server import WRITE_KEY, StubServer

QUICK: dict[str, Any] = {"interval": 0.05, "retry_delay": 0.02, "max_retry_delay": 0.1}


class Driven(Protocol):
    """Either client, called from a thread."""

    def track(self, *args: Any, **kwargs: Any) -> str:
        """Put an event away."""
        ...

    def flush(self, timeout: float | None = 10.0) -> bool:
        """Send everything now."""
        ...

    def close(self, timeout: float | None = None) -> None:
        """Finish."""
        ...


class OnLoop:
    """An `AsyncClient` on an event loop in a thread of its own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        try:
            self.client = AsyncClient(*args, **kwargs)
        except BaseException:
            self._stop()
            raise

    def track(self, *args: Any, **kwargs: Any) -> str:
        """Put an event away."""
        message_id: str = self._run(self.client.track(*args, **kwargs))
        return message_id

    def flush(self, timeout: float | None = 10.0) -> bool:
        """Send everything now."""
        is_done: bool = self._run(self.client.flush(timeout))
        return is_done

    def close(self, timeout: float | None = None) -> None:
        """Finish."""
        if not self._loop.is_closed():
            self._run(self.client.close(timeout))
            self._stop()

    def _run(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(30)

    def _stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()


Make = Callable[..., Driven]


@pytest.fixture
def stub() -> Iterator[StubServer]:
    """A running server."""
    with StubServer() as running:
        yield running


@pytest.fixture(params=[Client, OnLoop], ids=["threaded", "asyncio"])
def make(request: pytest.FixtureRequest, stub: StubServer, tmp_path: Path) -> Iterator[Make]:
    """Makes clients of either kind that are quick to retry and share a spool; closes them."""
    made: list[Driven] = []

    def new(write_key: str = WRITE_KEY, **options: Any) -> Driven:
        given = QUICK | {"spool": tmp_path / "spool"} | options
        one: Driven = request.param(write_key, given.pop("host", stub.url), **given)
        made.append(one)
        return one

    yield new
    for one in made:
        one.close(0.2)


@pytest.fixture
def programs(stub: StubServer, tmp_path: Path) -> Iterator[Programs]:
    """Starts programs."""
    made = Programs(stub, tmp_path)
    yield made
    made.end()


@pytest.fixture
def client(stub: StubServer, programs: Programs) -> Iterator[Client]:
    """A client of this process in the same spool, patient with a busy machine."""
    one = Client(
        WRITE_KEY,
        stub.url,
        spool=programs.folder / "headwater" / "spool",
        interval=0.05,
        retry_delay=0.02,
        max_retry_delay=0.1,
    )
    yield one
    one.close(1)
