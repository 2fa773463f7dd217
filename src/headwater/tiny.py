"""A client for Headwater in one file, of the standard library only: copy it where you need it.

    client = tiny.Client("write-key", "https://events.example.com")
    client.track("user-1", "Order Completed", {"revenue": 99.99})

A thread sends batches, and tries again with the same messageId; the end of the program sends what
is left. What the server refuses, or does not take for `patience` seconds, goes to `on_error`.
"""

from __future__ import annotations

import atexit
import base64
import contextlib
import gzip
import http.client
import json
import logging
import os
import random
import threading
import time
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

MAX_EVENT_BYTES, MAX_BATCH_BYTES = 32 * 1024, 475_000
MORE = {"anonymous_id", "context", "integrations", "message_id", "properties", "timestamp"}
FORMS: dict[type, Callable[[Any], Any]] = {Decimal: float, set: sorted, frozenset: sorted}
OnError = Callable[[Exception, list[Any]], object]
logger = logging.getLogger("headwater.tiny")


class Client:
    """Sends events in the background; safe to share between threads and across forks."""

    interval, timeout, patience, max_queue, _deadline = 0.5, 10.0, 60.0, 10_000, float("inf")

    def __init__(
        self, write_key: str, host: str = "http://localhost:8080", on_error: OnError | None = None
    ) -> None:
        if not write_key or not host.startswith(("http://", "https://")):
            raise ValueError("give a write key, and a host such as https://events.example.com")
        self._headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        self._headers["Authorization"] = (
            f"Basic {base64.b64encode(f'{write_key}:'.encode()).decode()}"
        )
        self._url, self._on_error = host.rstrip("/") + "/v1/batch", on_error
        self._begin()
        atexit.register(self.close)
        getattr(os, "register_at_fork", lambda **_: None)(after_in_child=self._begin)

    def _begin(self) -> None:  # a forked child begins with nothing: its parent sends its own
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="headwater-tiny", daemon=True)
        self._queue: deque[bytes] = deque()
        self._in_hand = self._hurry = self._closing = False

    def track(
        self, user_id: Any = None, event: Any = "", properties: Any = None, **more: Any
    ) -> str:
        """Say that a person did something; `more` is any of `MORE`."""
        return self._put("track", user_id, {"event": event or "", "properties": properties}, more)

    def identify(self, user_id: Any = None, traits: Any = None, **more: Any) -> str:
        """Say who a person is."""
        return self._put("identify", user_id, {"traits": traits}, more)

    def page(self, user_id: Any = None, category: Any = None, name: Any = None, **more: Any) -> str:
        """Say that a person saw a page."""
        return self._put("page", user_id, {"category": category, "name": name}, more)

    def screen(
        self, user_id: Any = None, category: Any = None, name: Any = None, **more: Any
    ) -> str:
        """Say that a person saw a screen."""
        return self._put("screen", user_id, {"category": category, "name": name}, more)

    def group(self, user_id: Any, group_id: Any, traits: Any = None, **more: Any) -> str:
        """Say that a person belongs to an account."""
        return self._put("group", user_id, {"groupId": group_id or "", "traits": traits}, more)

    def alias(self, previous_id: Any, user_id: Any, **more: Any) -> str:
        """Say that two ids are one person."""
        return self._put("alias", user_id, {"previousId": previous_id or ""}, more)

    def flush(self, timeout: float = 10.0) -> bool:
        """Send everything now; answer whether nothing was left after so many seconds."""
        with self._changed:
            self._hurry = True
            self._changed.notify_all()
            return self._changed.wait_for(lambda: not (self._queue or self._in_hand), timeout)

    def close(self, timeout: float = 5.0) -> None:
        """Send what is left within so many seconds, and stop; afterwards, calls raise."""
        with self._changed:
            self._deadline, self._closing, self._hurry = time.monotonic() + timeout, True, True
            self._changed.notify_all()
        if self._thread.ident is None:  # a program that is ending may have been refused a thread
            self._run()
        elif self._thread is not threading.current_thread():
            self._thread.join(timeout + 1)

    def _put(self, call: str, user_id: Any, fields: dict[str, Any], more: dict[str, Any]) -> str:
        if not more.keys() <= MORE or "" in fields.values():
            raise ValueError(f"{call}: give {', '.join(fields)}; besides, there is {sorted(MORE)}")
        event = {"type": call, "userId": user_id, "anonymousId": more.pop("anonymous_id", None)}
        if event["userId"] in (None, "") and event["anonymousId"] in (None, ""):
            raise ValueError(f"{call}: give user_id or anonymous_id, or it belongs to nobody")
        event["messageId"] = message_id = str(more.pop("message_id", None) or uuid4())
        event["timestamp"] = more.pop("timestamp", None) or datetime.now(UTC)
        event["context"] = {"library": {"name": "headwater-tiny"}} | (
            more.pop("context", None) or {}
        )
        event = {key: value for key, value in (event | fields | more).items() if value is not None}
        body = json.dumps(event, default=_plain, allow_nan=False).encode()
        if len(body) > MAX_EVENT_BYTES:
            raise ValueError(f"{call}: {len(body)} bytes of JSON, and 32 KB are the limit")
        with self._changed:
            if self._closing:
                raise RuntimeError("this client is closed: make a new one")
            if has_room := len(self._queue) < self.max_queue:
                self._queue.append(body)
                self._changed.notify_all()
            with contextlib.suppress(RuntimeError):  # it runs, or the program is ending
                self._thread.start()
        if not has_room:
            self._give_up(OverflowError(f"{self.max_queue} events were queued already"), [body])
        return message_id

    def _run(self) -> None:
        while batch := self._next_batch():
            self._deliver(batch)

    def _next_batch(self) -> list[bytes]:
        batch: list[bytes] = []
        with self._changed:
            self._in_hand = False
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._queue or self._closing)
            self._changed.wait_for(lambda: self._hurry or len(self._queue) > 99, self.interval)
            room = MAX_BATCH_BYTES - 64  # the envelope
            while self._queue and len(batch) < 100 and len(self._queue[0]) < room:
                batch.append(self._queue.popleft())
                room -= len(batch[-1]) + 1
            self._in_hand = bool(batch)
            self._hurry = self._closing or (self._hurry and bool(self._queue))
        return batch

    def _deliver(self, batch: list[bytes]) -> None:
        until, pause = time.monotonic() + self.patience, 0.25
        while error := self._post(batch):
            status, asked = getattr(error, "code", 503), getattr(error, "headers", {})
            pause, after = min(pause * 2, 30.0), asked.get("Retry-After", "")
            wait = pause * random.uniform(0.5, 1)  # noqa: S311 - it spreads load, no more
            wait += float(after) if after.isdecimal() else 0.0
            until, is_closing = min(until, self._deadline), self._closing
            if (status < 500 and status not in {408, 429}) or time.monotonic() + wait > until:
                return self._give_up(error, batch)
            with self._changed:  # a close cuts the wait short, once
                self._changed.wait_for(lambda: self._closing > is_closing, wait)  # noqa: B023
        return None

    def _post(self, batch: list[bytes]) -> Exception | None:
        sent_at = datetime.now(UTC).isoformat(timespec="milliseconds").encode()
        body = gzip.compress(b'{"batch":[%b],"sentAt":"%b"}' % (b",".join(batch), sent_at))
        request = urllib.request.Request(self._url, body, self._headers)  # noqa: S310 - http(s) only
        try:
            urllib.request.build_opener(_Stay).open(request, timeout=self.timeout).close()
        except (OSError, http.client.HTTPException) as error:  # urllib's own are OSErrors
            if isinstance(error, urllib.error.HTTPError):
                error.close()
            return error
        return None

    def _give_up(self, error: Exception, batch: list[bytes]) -> None:
        try:
            if self._on_error is not None:
                self._on_error(error, [json.loads(event) for event in batch])
            else:
                logger.error("%d events were given up: %s", len(batch), error)
        except Exception:
            logger.exception("on_error failed")


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """Follow nothing: a redirected POST would arrive as an empty GET."""


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return FORMS.get(type(value), str)(value)
