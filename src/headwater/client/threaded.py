"""The client for programs with threads, or without: calls return at once, a thread sends."""

from __future__ import annotations

import atexit
import logging
import math
import os
import random
import threading
import time
from types import TracebackType
from typing import Self, Unpack

import httpx

from headwater.client import forks
from headwater.client.calls import Calls
from headwater.client.courier import Courier
from headwater.client.errands import Send, Stop, Wait
from headwater.client.errors import ClientClosed
from headwater.client.keeper import Keeper
from headwater.client.reports import OnError, dropped, lost_at_close, report
from headwater.client.settings import Options, settings
from headwater.client.transport import BlockingTransport

logger = logging.getLogger("headwater.client")


class Client(Calls[str]):
    """Sends events to Headwater in the background.

    `with Client("write-key") as client: client.track("user-1", "Signed Up")`

    Any number of threads may share one. It works on in the children of a fork, each of which
    starts with an empty queue. What is unsent when the program ends is sent then, or kept in the
    spool for the next client with the same key and host.

    Args:
        write_key: of the source that the events belong to; else `HEADWATER_WRITE_KEY`.
        host: the server's address; else `HEADWATER_HOST`, else http://localhost:8080.
        on_error: called with (error, events) when events were given up; else they are logged.
            It runs on the client's thread, or, with `QueueFull`, on the caller's.
        transport: an httpx transport, for tests and for unusual networks.
        options: see `headwater.client.settings.Options`.

    Raises:
        InvalidSettings: something is missing, unknown or out of range.
    """

    def __init__(
        self,
        write_key: str | None = None,
        host: str | None = None,
        *,
        on_error: OnError | None = None,
        transport: httpx.BaseTransport | None = None,
        **options: Unpack[Options],
    ) -> None:
        self._settings = settings(write_key, host, options=options, environ=os.environ)
        self._on_error = on_error
        self._custom_transport = transport
        self._is_closed = False
        self._keeper = Keeper(self._settings)
        if options.get("spool") is not None:
            self._keeper.prepare()
        self._transport: BlockingTransport | None = None
        self._begin()
        forks.watch(self)
        atexit.register(self.close)

    def flush(self, timeout: float | None = 10.0) -> bool:
        """Send everything now; answer whether the server answered for all of it in time.

        Events that earlier processes left in the spool are sent too. `timeout` is in seconds;
        None waits as long as it takes.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        with self._changed:
            if self._is_closed:
                return self._courier.unsent == 0
            ticket = self._courier.hurry()
            self._ensure_thread()
            self._changed.notify_all()
            while not self._courier.is_settled(ticket):
                left = None if deadline is None else deadline - time.monotonic()
                if self._is_closed or (left is not None and left <= 0):
                    return False
                self._changed.wait(left)
        return True

    def close(self, timeout: float | None = None) -> None:
        """Send or spool what is unsent, within `timeout` seconds (else `close_timeout`), and stop.

        Events that can neither be sent nor spooled are reported as `Undelivered`. Closing twice
        does nothing the second time.
        """
        allowed = self._settings.close_timeout if timeout is None else timeout
        with self._changed:
            if self._is_closed:
                return
            self._is_closed = True
            self._courier.close()
            if self._courier.unsent:
                self._ensure_thread()
            self._changed.notify_all()
        self._wait_for_the_end(allowed)
        kept = self._keeper.last_kept
        with self._changed:
            unsent = self._courier.abandon(kept)
            self._changed.notify_all()
        self._keep(unsent)
        self._keeper.close()
        atexit.unregister(self.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def start_over(self) -> None:
        """Begin again with nothing queued: what a child does after a fork."""
        self._keeper.forget()
        self._keeper = Keeper(self._settings)
        # The connections are the parent's: they are set aside, not closed.
        self._inherited = self._transport
        self._transport = None
        self._begin()

    def _begin(self) -> None:
        self._thread: threading.Thread | None = None
        self._is_full = False
        self._changed = threading.Condition()
        self._courier = Courier(self._settings, jitter=random.random)

    def _put(self, message_id: str, body: bytes) -> str:
        with self._changed:
            self._make_room()
            if self._is_closed:
                raise ClientClosed("the event was not taken: this client is closed, make a new one")
            if self._courier.room:
                self._is_full = False
                if self._courier.put(body, time.monotonic()):
                    self._changed.notify_all()
                self._ensure_thread()
                return message_id
            is_news, self._is_full = not self._is_full, True
        given_up = dropped(body, self._settings)
        if self._settings.when_full == "raise":
            raise given_up.error
        # The log hears of the first one only; a program that asked hears of each.
        if is_news or self._on_error is not None:
            report(given_up, self._on_error)
        return message_id

    def _make_room(self) -> None:
        # A thread that blocks itself would block for ever: on_error may call track.
        if self._settings.when_full != "block" or threading.current_thread() is self._thread:
            return
        while not (self._courier.room or self._is_closed):
            self._changed.wait()

    def _wait_for_the_end(self, seconds: float) -> None:
        if self._thread is None:
            deadline = time.monotonic() + seconds
            while self._courier.unsent and (left := deadline - time.monotonic()) > 0:
                self._step(patience=left)
            self._disconnect()
        elif self._thread is not threading.current_thread():
            self._thread.join(seconds)

    def _ensure_thread(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            thread = threading.Thread(target=self._run, name="headwater-client", daemon=True)
            try:
                thread.start()
            except RuntimeError:
                # From Python 3.12 on a program that is ending starts no threads (cpython issue
                # 113964); `close`, which runs a little later, sends what is queued by itself.
                return
            self._thread = thread

    def _run(self) -> None:
        while True:
            try:
                if not self._step():
                    break
            except Exception:
                logger.exception("the client failed at a step, and goes on")
                time.sleep(1)
        self._disconnect()

    def _disconnect(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def _step(self, *, patience: float = math.inf) -> bool:
        with self._changed:
            step = self._courier.next(time.monotonic())
            if isinstance(step, Wait):
                self._changed.wait(min(step.seconds, patience))
                return True
        if isinstance(step, Stop):
            return False
        if isinstance(step, Send):
            if self._transport is None:
                self._transport = BlockingTransport(self._settings, self._custom_transport)
            outcome: object = self._transport.send(step.events, retries=step.retries)
        else:
            outcome = self._keeper.carry_out(step)
        with self._changed:
            given_up = self._courier.finished(step, outcome, time.monotonic())
            self._changed.notify_all()
        for each in given_up:
            report(each, self._on_error)
        if given_up:
            with self._changed:
                self._courier.reported()
                self._changed.notify_all()
        return True

    def _keep(self, unsent: tuple[bytes, ...]) -> None:
        if unsent and not self._keeper.keep(unsent):
            report(lost_at_close(unsent), self._on_error)
