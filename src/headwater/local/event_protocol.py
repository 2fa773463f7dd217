"""Uvicorn's HTTP protocol with a shorter way for events, which are nearly all requests.

To uvicorn each request is a task that is started when the headers are there, waits for the body,
and sends its answer in two messages: half of what a request of one event costs. Events that have
arrived whole are taken at once instead, without a task, and answered in one piece when they are on
the disk. Every request that is anything else, or that anything is wrong with, goes uvicorn's way.
"""

from __future__ import annotations

import asyncio
from functools import partial
from time import perf_counter
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from headwater.api.collect import CollectApp, Scope
from headwater.api.collect_answer import send_answer, whole_answer

_LARGEST = 65_536
"""Bytes of a body over which uvicorn reads only as fast as the app asks for more."""


class EventProtocol(HttpToolsProtocol):
    """One connection. Its app is a `CollectApp`; others are served as by uvicorn itself."""

    _held: RequestResponseCycle | None = None
    """The request that is taken when the rest of its body is here."""

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        """Start on a request whose headers are there; a queued one is there as a whole."""
        if not self._may_begin(cycle, app):
            super()._start_asgi_task(cycle, app)
        elif cycle.more_body:
            self._held = cycle
        else:
            self._begin(cycle, app)

    def on_body(self, body: bytes) -> None:
        """Take in a part of a body."""
        super().on_body(body)
        held = self._held
        if held is not None and len(held.body) > _LARGEST:
            self._held = None
            super()._start_asgi_task(held, self.app)

    def on_message_complete(self) -> None:
        """Take the request that is now whole."""
        super().on_message_complete()
        held = self._held
        if held is not None:
            self._held = None
            self._begin(held, self.app)

    def _may_begin(self, cycle: RequestResponseCycle, app: Any) -> bool:
        return (
            isinstance(app, CollectApp)
            and cycle.keep_alive
            and not cycle.waiting_for_100_continue
            and app.may_begin(cast("Scope", cycle.scope))
        )

    def _begin(self, cycle: RequestResponseCycle, app: Any) -> None:
        started = perf_counter()
        storing = app.begin(cycle.scope, bytes(cycle.body))
        if storing is None:
            super()._start_asgi_task(cycle, app)
        else:
            stored = asyncio.ensure_future(storing)
            stored.add_done_callback(partial(self._answer, cycle, app, started))

    def _answer(
        self, cycle: RequestResponseCycle, app: Any, started: float, stored: asyncio.Future[None]
    ) -> None:
        """Answer a request whose events are on the disk, or cannot be put there."""
        if stored.cancelled() or stored.exception() is not None:
            # The app says why; it tries once more, and what is stored twice is stored once.
            super()._start_asgi_task(cycle, app)
            return
        status = 499 if cycle.disconnected else 200
        app.observe(cycle.scope["path"], status, perf_counter() - started)
        answer, origin = app.accepted(cycle.scope)
        whole = whole_answer(answer, origin)
        if whole is None or not cycle.keep_alive or self.flow.write_paused or cycle.disconnected:
            # Uvicorn says that the connection ends, or waits until there is room to write.
            task = self.loop.create_task(send_answer(cast("Any", cycle.send), answer, origin))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)
            return
        self.transport.write(whole)
        cycle.body = bytearray()  # an idle connection needs no room for what it sent
        cycle.response_started = cycle.response_complete = True
        cycle.on_response()
        cycle.on_response = _nothing  # as in uvicorn: the two would keep each other alive


def _nothing() -> None:
    pass
