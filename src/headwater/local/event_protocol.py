"""Uvicorn's HTTP protocol with a shorter way for events, which are nearly all requests.

To uvicorn each request is a task that is started when the headers are there, waits for the body,
and sends its answer in two messages: half of what a request of one event costs. Events that have
arrived whole are taken at once instead, without a task, and answered in one piece when they are on
the disk. Every request that is anything else, or that anything is wrong with, goes uvicorn's way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from time import perf_counter
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from headwater.api.collect import TAKEN, CollectApp, Taken
from headwater.api.collect_answer import whole_answer
from headwater.api.collect_head import Head, Scope
from headwater.local.turns import Waiting


class EventProtocol(HttpToolsProtocol):
    """One connection. Its app is a `CollectApp`; others are served as by uvicorn itself."""

    _held: tuple[RequestResponseCycle, Head] | None = None
    """The request that is taken when the rest of its body is here."""

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        """Start on a request whose headers are there; a queued one is there as a whole."""
        head = _head_of(cycle, app)
        if head is None:
            super()._start_asgi_task(cycle, app)
        elif cycle.more_body:
            self._held = cycle, head
        else:
            self._begin(cycle, head)

    def on_body(self, body: bytes) -> None:
        """Take in a part of a body; what is held is read on, up to what may be sent at once."""
        super().on_body(body)
        held = self._held
        if held is None:
            return
        if len(held[0].body) > self._collector.largest_body:
            self._held = None
            super()._start_asgi_task(held[0], self.app)
        else:
            self.flow.resume_reading()  # uvicorn pauses at 64 KB, until the app asks for more

    def on_message_complete(self) -> None:
        """Take the request that is now whole."""
        super().on_message_complete()
        held = self._held
        if held is not None:
            self._held = None
            self._begin(*held)

    def _begin(self, cycle: RequestResponseCycle, head: Head) -> Taken | None:
        """Take a request's events and have them stored; answer what was taken, if anything."""
        app, started = self._collector, perf_counter()
        sender = app.sender(head, self.client[0] if self.client else None)
        taken = app.take(head, sender, bytes(cycle.body))
        storing = None if taken is None else app.store(taken)
        if taken is None or storing is None:
            self._answer_at_length(cycle, taken)
        else:
            when_settled(storing, partial(self._answer, cycle, taken, started))
        return taken

    @property
    def _collector(self) -> CollectApp:
        return cast("CollectApp", self.app)

    def _answer_at_length(self, cycle: RequestResponseCycle, taken: Taken | None) -> None:
        """Let the app answer, which goes on from what was taken."""
        if taken is not None:
            cast("Scope", cycle.scope)[TAKEN] = taken
        super()._start_asgi_task(cycle, self.app)

    def _answer(
        self,
        cycle: RequestResponseCycle,
        taken: Taken,
        started: float,
        error: BaseException | None,
    ) -> None:
        """Answer a request whose events are on the disk, or cannot be put there."""
        if error is not None:
            # The app says why; it tries once more, and what is stored twice is stored once.
            self._answer_at_length(cycle, taken)
            return
        whole = self._whole_answer(taken)
        if cycle.disconnected:
            self._collector.observe(taken.head.path, 499, perf_counter() - started)
        elif whole is None or not cycle.keep_alive or self.flow.write_paused:
            # Uvicorn says that the connection ends, or waits until there is room to write.
            taken.is_stored = True
            self._answer_at_length(cycle, taken)
        else:
            self._collector.observe(taken.head.path, 200, perf_counter() - started)
            self.transport.write(whole)
            cycle.body = bytearray()  # an idle connection needs no room for what it sent
            cycle.response_started = cycle.response_complete = True
            cycle.on_response()
            cycle.on_response = _nothing  # as in uvicorn: the two would keep each other alive

    def _whole_answer(self, taken: Taken) -> bytes | None:
        return whole_answer(self._collector.accepted(taken), taken.head.origin)


def _head_of(cycle: RequestResponseCycle, app: Any) -> Head | None:
    """Answer the head of a request that the short way is for; None of any other."""
    if isinstance(app, CollectApp) and cycle.keep_alive and not cycle.waiting_for_100_continue:
        return app.head(cast("Scope", cycle.scope))
    return None


def when_settled(storing: Awaitable[None], call: Callable[[BaseException | None], None]) -> None:
    """Have a function called when events are stored, or with the error for which they are not."""
    if isinstance(storing, Waiting):
        storing.told = call
    else:
        asyncio.ensure_future(storing).add_done_callback(
            lambda done: call(asyncio.CancelledError() if done.cancelled() else done.exception())
        )


def _nothing() -> None:
    pass
