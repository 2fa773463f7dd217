"""The HTTP protocol of connections that send the same head again and again, as SDKs do.

Reading a request's head takes a third of what a request of one event costs: a call for each
header, an ASGI scope, a timer. A request whose head is known (`known_heads.py`) is taken without
any of these. As soon as there is anything to say but that its events are stored, its bytes are
given to the parser after all, and it is answered as any other.
"""

from __future__ import annotations

from functools import partial
from time import perf_counter
from typing import Any

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from headwater.api.collect import CollectApp, Taken
from headwater.api.collect_head import Head
from headwater.collect.enrich import Sender
from headwater.local.event_protocol import EventProtocol, when_settled
from headwater.local.known_heads import Found, KnownHeads


class KnownHeadProtocol(EventProtocol):
    """One connection. Requests are answered in their order, whichever way they go."""

    def __init__(self, *args: Any, known: KnownHeads, **kwargs: Any) -> None:
        """Take what uvicorn gives, and the heads that all connections have in common."""
        super().__init__(*args, **kwargs)
        self._known = known
        self._is_parsing = False
        self._is_ending = False
        self._unread: bytes | None = None
        self._first: tuple[RequestResponseCycle, bytes] | None = None
        self._sender: tuple[Head, Sender] | None = None
        self._request: bytes | None = None
        self._pieces: list[bytes] = []
        self._missing = 0
        self._ahead: list[bytes] = []
        self._carried: Taken | None = None
        self._idle_since = 0.0
        self._read = 0

    def waits_for(self) -> object | None:
        """Answer how far the client has come with what is waited for; None where it waits.

        Between an answer and the next request there is a timer for that (`_close_when_idle`).
        """
        if self._request is not None:
            return None
        if self._pieces:
            return "body", self._missing
        if self._is_parsing:
            return "request", self._read
        never_asked = not self._idle_since and self.cycle is None
        return "anything" if never_asked else None

    def on_body(self, body: bytes) -> None:
        """Take in a part of a body that is parsed."""
        self._read += len(body)
        super().on_body(body)

    def data_received(self, data: bytes) -> None:
        """Take in what has come."""
        if self._request is not None:  # it is answered first
            self._ahead.append(data)
            self.flow.pause_reading()
        elif self._pieces:
            self._pieces.append(data)
            self._missing -= len(data)
            if self._missing <= 0:
                whole = b"".join(self._pieces)
                self._pieces = []
                self._begin_at(whole)
        elif self._is_between_requests():
            self._begin_at(data)
        else:
            super().data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget what did not come whole."""
        self._pieces, self._ahead = [], []
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """End, after what is under way has been answered."""
        self._is_ending = True
        if self._request is None and not self._pieces:
            super().shutdown()

    def timeout_keep_alive_handler(self) -> None:
        """Close the connection if it was idle for as long; the timer is not set at each answer."""
        self.timeout_keep_alive_task = None
        idle = perf_counter() - self._idle_since
        if self._request is not None or self._pieces:
            idle = 0.0
        if idle >= self.timeout_keep_alive or self.transport.is_closing():
            super().timeout_keep_alive_handler()
        else:
            self._close_when_idle(self.timeout_keep_alive - idle)

    def _close_when_idle(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(
            seconds, self.timeout_keep_alive_handler
        )

    def _is_between_requests(self) -> bool:
        return (
            not self._is_parsing
            and (self.cycle is None or self.cycle.response_complete)
            and isinstance(self.app, CollectApp)
            and not self.transport.is_closing()
        )

    def _begin_at(self, data: bytes) -> None:
        """Take the request that `data` begins with; have it parsed where its head is not known."""
        found = self._known.find(data)
        if found is None or found.end - found.body > self._collector.largest_body:
            self._unread = data
            super().data_received(data)
            self._unread = None
        elif found.end > len(data):
            self._pieces, self._missing = [data], found.end - len(data)
        else:
            if found.end < len(data):
                self._ahead.append(data[found.end :])
                data = data[: found.end]
            self._take(data, found)

    def _take(self, data: bytes, found: Found) -> None:
        """Take a whole request's events and have them stored."""
        app, started = self._collector, perf_counter()
        taken = app.take(found.head, self._sender_of(found.head), data[found.body :])
        storing = None if taken is None else app.store(taken)
        if taken is None or storing is None:
            self._parse(data, taken)
            self._go_on()
        else:
            self._request = data
            when_settled(storing, partial(self._settle, taken, started))

    def _sender_of(self, head: Head) -> Sender:
        if self._sender is None or self._sender[0] is not head:
            peer = self.client[0] if self.client else None
            self._sender = head, self._collector.sender(head, peer)
        return self._sender[1]

    def _settle(self, taken: Taken, started: float, error: BaseException | None) -> None:
        """Answer the request whose events are on the disk, or cannot be put there."""
        data, self._request = self._request, None
        now = perf_counter()
        if data is None or self.transport.is_closing():
            self._collector.observe(taken.head.path, 499, now - started)
            return
        whole = None if error is not None else self._whole_answer(taken)
        if whole is None or self._is_ending or self.flow.write_paused:
            taken.is_stored = error is None
            self._parse(data, taken)
        else:
            self._collector.observe(taken.head.path, 200, now - started)
            self.transport.write(whole)
            self._idle_since = now
            if self.timeout_keep_alive_task is None:
                self._close_when_idle(self.timeout_keep_alive)
        self._go_on()

    def _go_on(self) -> None:
        """Take in what came ahead."""
        if self._ahead:
            data = b"".join(self._ahead)
            self._ahead = []
            self.flow.resume_reading()
            self.data_received(data)

    def _parse(self, data: bytes, taken: Taken | None) -> None:
        """Have a request answered by uvicorn and the app, going on from what was taken of it."""
        self._carried = taken
        super().data_received(data)
        if self._is_ending and self.cycle is not None:
            self.cycle.keep_alive = False

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        carried, self._carried = self._carried, None
        unread, self._unread = self._unread, None
        if carried is not None:
            self._answer_at_length(cycle, carried)
            return
        if unread is not None:
            self._first = cycle, unread
        super()._start_asgi_task(cycle, app)

    def _begin(self, cycle: RequestResponseCycle, head: Head) -> Taken | None:
        taken = super()._begin(cycle, head)
        first, self._first = self._first, None
        if taken is not None and first is not None and first[0] is cycle:
            self._known.keep(first[1], head, list(cycle.scope["headers"]))
        return taken

    def on_message_begin(self) -> None:
        """Note that what comes next belongs to a request that is being parsed."""
        super().on_message_begin()
        self._is_parsing = True

    def on_message_complete(self) -> None:
        """Note that what comes next is a request of its own."""
        super().on_message_complete()
        self._is_parsing = False

    def _unsupported_upgrade_warning(self) -> None:
        super()._unsupported_upgrade_warning()
        self._is_parsing = True  # the parser takes nothing that follows for a request
