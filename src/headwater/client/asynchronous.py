"""The client for programs on asyncio: a task sends, and file work happens on a thread."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import logging
import os
import random
import time
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self, Unpack

import httpx

from headwater.client import forks
from headwater.client.calls import Calls
from headwater.client.courier import Courier
from headwater.client.errands import Report, Send, Stop, Wait
from headwater.client.errors import ClientClosed
from headwater.client.keeper import Keeper
from headwater.client.reports import OnError, dropped, lost_at_close, report
from headwater.client.settings import Options, settings
from headwater.client.transport import AsyncTransport

logger = logging.getLogger("headwater.client")


class AsyncClient(Calls[Coroutine[Any, Any, str]]):
    """Sends events to Headwater from an event loop; every call is awaited and answers at once.

    `async with AsyncClient("write-key") as client: await client.track("user-1", "Signed Up")`

    It belongs to one event loop at a time. What is unsent when the loop or the program ends
    without `close` is kept in the spool for the next client with the same key and host.

    Args:
        write_key: of the source that the events belong to; else `HEADWATER_WRITE_KEY`.
        host: the server's address; else `HEADWATER_HOST`, else http://localhost:8080.
        on_error: called with (error, events) when events were given up, and awaited if it is a
            coroutine function; else they are logged.
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
        transport: httpx.AsyncBaseTransport | None = None,
        **options: Unpack[Options],
    ) -> None:
        self._settings = settings(write_key, host, options=options, environ=os.environ)
        self._on_error = on_error
        self._custom_transport = transport
        self._is_closed = False
        self._keeper = Keeper(self._settings)
        if options.get("spool") is not None:
            self._keeper.prepare()
        self._begin()
        forks.watch(self)
        atexit.register(self._rescue_without_loop)

    async def flush(self, timeout: float | None = 10.0) -> bool:  # noqa: ASYNC109 - it answers False
        """Send everything now; answer whether the server answered for all of it in time.

        Events that earlier processes left in the spool are sent too. `timeout` is in seconds;
        None waits as long as it takes.
        """
        if self._is_closed:
            return self._courier.unsent == 0
        ticket = self._courier.hurry()
        self._ensure_task()
        self._notify()
        try:
            async with asyncio.timeout(timeout):
                while not self._courier.is_settled(ticket) and not self._is_closed:
                    await self._changed.wait()
        except TimeoutError:
            return False
        return self._courier.is_settled(ticket)

    async def close(self, timeout: float | None = None) -> None:  # noqa: ASYNC109 - never raises it
        """Send or spool what is unsent, within `timeout` seconds (else `close_timeout`), and stop.

        Events that can neither be sent nor spooled are reported as `Undelivered`. Closing twice
        does nothing the second time.
        """
        if self._is_closed:
            return
        self._is_closed = True
        self._courier.close()
        if self._courier.unsent:
            self._ensure_task()
        self._notify()
        await self._end(self._settings.close_timeout if timeout is None else timeout)
        lost = await asyncio.to_thread(self._rescue)
        self._notify()
        if lost is not None:
            await self._report(lost)
        self._keeper.close()
        atexit.unregister(self._rescue_without_loop)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    def start_over(self) -> None:
        """Begin again with nothing queued: what a child does after a fork."""
        self._keeper.forget()
        self._keeper = Keeper(self._settings)
        # The task and its connections are the parent's: they are set aside, not closed.
        self._inherited = self._task
        self._begin()

    def _begin(self) -> None:
        self._task: asyncio.Task[None] | None = None
        self._is_full = False
        self._changed = asyncio.Event()
        self._courier = Courier(self._settings, jitter=random.random)

    async def _put(self, message_id: str, body: bytes) -> str:
        # A task that blocks itself would block for ever: on_error may call track.
        if self._settings.when_full == "block" and asyncio.current_task() is not self._task:
            while not (self._courier.room or self._is_closed):
                await self._changed.wait()
        if self._is_closed:
            raise ClientClosed("the event was not taken: this client is closed, make a new one")
        if self._courier.room:
            self._is_full = False
            if self._courier.put(body, time.monotonic()):
                self._notify()
            self._ensure_task()
            return message_id
        is_news, self._is_full = not self._is_full, True
        given_up = dropped(body, self._settings)
        if self._settings.when_full == "raise":
            raise given_up.error
        # The log hears of the first one only; a program that asked hears of each.
        if is_news or self._on_error is not None:
            await self._report(given_up)
        return message_id

    async def _end(self, seconds: float) -> None:
        task = self._task
        if task is None or task.get_loop() is not asyncio.get_running_loop():
            return
        if task is not asyncio.current_task():
            await asyncio.wait({task}, timeout=seconds)
            task.cancel()
            await asyncio.wait({task})

    def _ensure_task(self) -> None:
        loop = asyncio.get_running_loop()
        if self._task is None or self._task.done() or self._task.get_loop() is not loop:
            self._changed = asyncio.Event()
            self._task = loop.create_task(self._run(), name="headwater-client")

    def _notify(self) -> None:
        event, self._changed = self._changed, asyncio.Event()
        event.set()

    async def _run(self) -> None:
        transport = AsyncTransport(self._settings, self._custom_transport)
        try:
            while await self._guarded_step(transport):
                pass
        except asyncio.CancelledError:
            if not self._is_closed:
                # The loop is ending: this is the last moment that is ours.
                self._rescue_without_loop()
            raise
        finally:
            await transport.close()

    async def _guarded_step(self, transport: AsyncTransport) -> bool:
        try:
            return await self._step(transport)
        except Exception:
            logger.exception("the client failed at a step, and goes on")
            await asyncio.sleep(1)
            return True

    async def _step(self, transport: AsyncTransport) -> bool:
        step = self._courier.next(time.monotonic())
        if isinstance(step, Stop):
            return False
        if isinstance(step, Wait):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(step.seconds):
                    await self._changed.wait()
            return True
        if isinstance(step, Send):
            outcome: object = await transport.send(step.events, retries=step.retries)
        else:
            outcome = await asyncio.to_thread(self._keeper.carry_out, step)
        given_up = self._courier.finished(step, outcome, time.monotonic())
        self._notify()
        for each in given_up:
            await self._report(each)
        if given_up:
            self._courier.reported()
            self._notify()
        return True

    async def _report(self, given_up: Report) -> None:
        answer = report(given_up, self._on_error)
        if answer is not None:
            try:
                await answer
            except Exception:
                logger.exception("on_error failed on %s", type(given_up.error).__name__)

    def _rescue(self) -> Report | None:
        """Keep what is in memory; answer what could not be kept."""
        unsent = self._courier.abandon(self._keeper.last_kept)
        if not unsent or self._keeper.keep(unsent):
            return None
        return lost_at_close(unsent)

    def _rescue_without_loop(self) -> None:
        """Keep what is in memory when nothing can be awaited any more, and begin again."""
        lost = self._rescue()
        self._keeper.close()
        self._keeper = Keeper(self._settings)
        self._courier = Courier(self._settings, jitter=random.random)
        if lost is not None:
            answer = report(lost, self._on_error)
            if isinstance(answer, Coroutine):
                answer.close()
                report(lost, None)
