"""What a client should do next: send, store, load, wait. It decides; a driver does.

Rules:
1. Events keep their order: what the spool holds goes before what memory holds.
2. While the server answers, events go from memory to the server and never touch the disk.
3. The first failed attempt moves the batch to the spool, and from then on, until the server is
   back, every batch that is due goes to the spool as well. One attempt is made per back-off.
4. Nothing leaves the spool before the server answered for it.
5. Where the spool is full or the disk fails, events wait in memory; where memory is full too,
   the client's `when_full` decides. Without a spool, a batch is given up after `max_retries`.

The driver asks `next`, does it without holding a lock, and hands the outcome to `finished`;
`put`, `hurry` and `close` may come between the two. Times are seconds on a monotonic clock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence

from headwater.client.batching import ENVELOPE_BYTES, how_many
from headwater.client.errands import (
    Errand,
    Load,
    Page,
    Remove,
    Report,
    Scan,
    Send,
    Step,
    Stop,
    Store,
    Wait,
)
from headwater.client.errors import EventRejected, Undelivered
from headwater.client.retry import Accepted, Again, No, Rejection, backoff
from headwater.client.settings import Settings
from headwater.quantities import counted

RESCAN_AFTER = 30.0
"""Seconds between two looks for spools that processes which died have left."""

STORE_AGAIN_AFTER = 5.0
"""Seconds to wait after the spool refused events."""


class Courier:
    """The state of one client: what is queued, what is on its way, when to try again."""

    def __init__(self, settings: Settings, *, jitter: Callable[[], float]) -> None:
        self._settings = settings
        self._jitter = jitter
        self._spools = settings.spool is not None
        self._queue: deque[tuple[bytes, float]] = deque()
        self._queued_bytes = ENVELOPE_BYTES
        self._hand: tuple[bytes, ...] = ()
        self._page: Page | None = None
        self._done_page: Page | None = None
        self._in_spool = 0
        self._retries = 0
        self._not_before = float("-inf")
        self._imposed = False
        self._store_from = float("-inf")
        self._scan_at = float("-inf")
        self._taken = self._settled = self._unreported = self._hurry_to = 0
        self._closing = self._stopped = False

    @property
    def room(self) -> bool:
        """Whether the queue takes another event."""
        return len(self._queue) < self._settings.max_queue

    @property
    def unsent(self) -> int:
        """How many events, in memory and in the spools that are ours, have no answer yet."""
        return self._taken - self._settled

    def put(self, event: bytes, now: float) -> bool:
        """Queue an event; answer whether the driver has something to do sooner than it thinks."""
        self._queue.append((event, now))
        self._queued_bytes += len(event) + 1
        self._taken += 1
        return len(self._queue) == 1 or self._full_batch()

    def hurry(self) -> int:
        """Send everything now; answer a ticket that `is_settled` takes.

        A wait that the server asked for is kept; one of our own is cut short.
        """
        self._hurry_to = self._taken
        self._scan_at = float("-inf")
        if not self._imposed:
            self._not_before = float("-inf")
        return self._taken

    def is_settled(self, ticket: int) -> bool:
        """Whether every event up to the ticket was accepted, or given up and reported.

        Events that a process before this one left behind stand before the ticket.
        """
        is_scan_owed = self._spools and self._scan_at == float("-inf") and not self._stopped
        return self._settled >= ticket and not is_scan_owed

    def close(self) -> None:
        """Finish: send what there is once, keep the rest in the spool, then stop."""
        self.hurry()
        self._closing = True

    def abandon(self, kept: Sequence[bytes] = ()) -> tuple[bytes, ...]:
        """Stop now; answer the events that are in memory only, for the caller to keep.

        `kept` is what the driver stored last: it may not have come to say that it did.
        """
        hand = () if self._hand is kept else self._hand
        events = (*hand, *(event for event, _ in self._queue))
        self._queue.clear()
        self._hand = ()
        self._stopped = True
        self._settled = self._taken
        return events

    def next(self, now: float) -> Step:
        """Answer what to do next."""
        if self._stopped:
            return Stop()
        if self._done_page is not None:
            return Remove(self._done_page)
        if self._spools and now >= self._scan_at and not (self._hand or self._in_spool):
            return Scan()
        if now < self._not_before:
            return self._next_while_away(now)
        if self._in_spool:
            return self._next_of_spool(now)
        if not self._hand and self._is_due(now):
            self._take(self._batch_length())
        if self._hand:
            return Send(self._hand, self._retries)
        return Stop() if self._closing else Wait(self._until_due(now))

    def finished(self, errand: Errand, outcome: object, now: float) -> tuple[Report, ...]:
        """Take the outcome of an errand; answer what was given up, for `reported` to confirm."""
        if self._stopped:
            return ()
        match errand:
            case Scan():
                self._scan_at = now + RESCAN_AFTER
                self._found(outcome if isinstance(outcome, int) else 0)
            case Load():
                self._loaded(outcome)
            case Store():
                self._stored(bool(outcome), now)
            case Remove():
                self._removed(errand.page)
            case Send():
                return self._answered(outcome, now)
        return ()

    def reported(self) -> None:
        """Count what was given up as settled, now that the program was told."""
        self._settled += self._unreported
        self._unreported = 0

    def _next_while_away(self, now: float) -> Step:
        if self._may_store(now):
            if not self._hand and self._is_due(now):
                self._take(len(self._queue))
            if self._hand:
                return Store(self._hand)
            if self._closing:
                return Stop()
        return Wait(self._until_due(now))

    def _next_of_spool(self, now: float) -> Step:
        crowded = len(self._queue) * 2 >= self._settings.max_queue
        if crowded and not self._hand and self._may_store(now):
            self._take(len(self._queue))
        if self._hand and self._may_store(now):
            return Store(self._hand)
        if self._page is not None:
            return Send(self._page.events, self._retries)
        return Load()

    def _may_store(self, now: float) -> bool:
        return self._spools and now >= self._store_from

    def _full_batch(self) -> bool:
        settings = self._settings
        return len(self._queue) >= settings.batch_size or self._queued_bytes >= settings.batch_bytes

    def _is_due(self, now: float) -> bool:
        if not self._queue:
            return False
        hurried = self._settled + self._in_spool < self._hurry_to
        waited = now - self._queue[0][1]
        return hurried or self._full_batch() or waited >= self._settings.interval

    def _until_due(self, now: float) -> float:
        moments = [now + RESCAN_AFTER]
        if now < self._not_before:
            moments.append(self._not_before)
        if self._queue and (now >= self._not_before or self._spools):
            moments.append(max(self._queue[0][1] + self._settings.interval, self._store_from))
        return max(min(moments) - now, 0.001)

    def _batch_length(self) -> int:
        return how_many(
            (len(event) for event, _ in self._queue),
            max_events=self._settings.batch_size,
            max_bytes=self._settings.batch_bytes,
        )

    def _take(self, count: int) -> None:
        self._hand = tuple(self._queue.popleft()[0] for _ in range(count))
        self._queued_bytes -= sum(len(event) + 1 for event in self._hand)

    def _found(self, count: int) -> None:
        # They go before everything that is queued, so every ticket waits for them as well.
        self._in_spool += count
        self._settled -= count

    def _loaded(self, outcome: object) -> None:
        if isinstance(outcome, Page):
            self._page = outcome
        else:
            self._settled += self._in_spool
            self._in_spool = 0

    def _stored(self, is_on_disk: bool, now: float) -> None:  # noqa: FBT001 - the only argument
        if is_on_disk:
            self._in_spool += len(self._hand)
        else:
            self._store_from = now + STORE_AGAIN_AFTER
            self._queue.extendleft((event, now) for event in reversed(self._hand))
            self._queued_bytes += sum(len(event) + 1 for event in self._hand)
        self._hand = ()

    def _removed(self, page: Page) -> None:
        self._done_page = None
        self._in_spool -= len(page.events)
        self._settled += len(page.events)

    def _answered(self, outcome: object, now: float) -> tuple[Report, ...]:
        events = self._hand if self._page is None else self._page.events
        if isinstance(outcome, Again):
            return self._failed(outcome, now)
        self._retries = 0
        self._imposed = False
        self._let_go()
        if isinstance(outcome, No):
            return (Report(outcome.error, events),)
        if isinstance(outcome, Accepted) and outcome.rejected:
            return _rejections(outcome.rejected, events)
        self.reported()
        return ()

    def _failed(self, verdict: Again, now: float) -> tuple[Report, ...]:
        self._retries += 1
        settings = self._settings
        wait = backoff(
            self._retries,
            first=settings.retry_delay,
            most=settings.max_retry_delay,
            jitter=self._jitter(),
        )
        self._imposed = verdict.after is not None
        self._not_before = now + (wait if verdict.after is None else verdict.after)
        if self._spools or self._retries <= settings.max_retries:
            return ()
        events = self._hand
        tries, self._retries = self._retries, 0
        self._let_go()
        error = Undelivered(
            f"gave up {counted(len(events), 'event')} after {counted(tries, 'try')} "
            f"({verdict.reason}): give the client a spool, and it keeps them on disk until the "
            "server is back"
        )
        return (Report(error, events),)

    def _let_go(self) -> None:
        if self._page is not None:
            self._done_page, self._page = self._page, None
        else:
            self._unreported += len(self._hand)
            self._hand = ()


def _rejections(rejected: Iterable[Rejection], events: Sequence[bytes]) -> tuple[Report, ...]:
    """Answer one report for each reason that the server gave."""
    reasons: dict[tuple[str, str], list[bytes]] = {}
    for each in rejected:
        if 0 <= each.index < len(events):
            reasons.setdefault((each.code, each.message), []).append(events[each.index])
    return tuple(
        Report(EventRejected(f"{code}: {message}", code=code), tuple(found))
        for (code, message), found in reasons.items()
    )
