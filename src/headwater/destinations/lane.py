"""A lane: the events that wait for one destination, and the decision what to send when.

No I/O and no clock: a driver reads rows from storage and hands them in, makes the attempts that
the lane asks for, writes the settlement that the lane answers, and then releases the attempt.

Order: while an event of a person is in flight or waits to be sent again, no later event of that
person is sent. Within a batch events stand in order. Batches in flight at the same time share no
person. Several people's events move on past one whose event is stuck.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from headwater.destinations.breaker import Breaker, BreakerPolicy, BreakerState
from headwater.destinations.destination import Limits
from headwater.destinations.outcome import Outcome
from headwater.destinations.retry import RetryPolicy
from headwater.destinations.settlement import Attempt, Group, Row, Settlement
from headwater.destinations.verdict import Verdict, judge
from headwater.ports import HttpResponse

_WINDOW = 2_000
_PARKED = 20_000


class Lane:
    """The state of one lane in memory; storage has all of it, save who is in flight."""

    def __init__(
        self,
        limits: Limits,
        *,
        retry: RetryPolicy | None = None,
        breaker: BreakerPolicy | None = None,
        window: int = _WINDOW,
        parked: int = _PARKED,
    ) -> None:
        """Make an empty lane.

        Args:
            limits: how much the destination takes.
            retry: when to send again, and when to give up.
            breaker: when to stop knocking.
            window: how many rows that could be sent are held in memory.
            parked: how many rows behind somebody's stuck event are; past that many the lane
                reads no further until one of them moves.
        """
        self.limits = limits
        self.cursor = 0
        self._retry = retry or RetryPolicy()
        self._breaker = Breaker(breaker or BreakerPolicy())
        self._window = max(window, limits.events)
        self._most_parked = parked
        self._not_before = 0
        self._fresh: deque[Row] = deque()
        self._groups: list[Group] = []
        self._parked: dict[str, list[Row]] = {}
        self._parked_rows = 0
        self._in_flight: dict[Attempt, Group] = {}

    @property
    def in_flight(self) -> int:
        """How many requests are on their way."""
        return len(self._in_flight)

    @property
    def reason(self) -> str | None:
        """Why the breaker is open."""
        return self._breaker.reason

    def state(self, now: int) -> BreakerState:
        """Answer the breaker's state."""
        return self._breaker.state(now)

    def flows(self, now: int) -> bool:
        """Answer whether an event that comes now could be sent at once: nothing failed of late."""
        return now >= self._not_before and not self._groups and self.state(now) == "closed"

    def room(self) -> int:
        """Answer how many more rows, after `cursor`, it would take now; 0 while it has enough."""
        behind = self._parked_rows + sum(len(group.rows) for group in self._groups)
        if behind >= self._most_parked or len(self._fresh) > self._window // 2:
            return 0
        return self._window - len(self._fresh)

    def accept(self, rows: Sequence[Row]) -> None:
        """Take rows from storage, by id, the first after `cursor` and none left out."""
        by_batch = {group.rows[0].batch: group for group in self._groups if group.rows[0].batch}
        for row in rows:
            self.cursor = max(self.cursor, row.id)
            if row.batch is None:
                self._fresh.append(row)
            elif row.batch in by_batch:
                by_batch[row.batch].rows.append(row)
            else:
                by_batch[row.batch] = Group([row], row.next_at)
                self._groups.append(by_batch[row.batch])

    def rename(self, loser: str, winner: str) -> None:
        """Two people became one: from now on their events wait for each other."""
        held = [*self._fresh, *(row for group in self._all_groups() for row in group.rows)]
        held += [row for rows in self._parked.values() for row in rows]
        renamed = [row for row in held if row.person == loser]
        if not renamed:
            return
        for row in renamed:
            row.person = winner
        self._unpark(list(self._parked))
        self._fresh = deque(sorted(self._fresh, key=lambda row: row.id))

    def reset(self, limits: Limits) -> None:
        """The settings changed: try at once, whatever was refused before."""
        self.limits = limits
        self._window = max(self._window, limits.events)
        self._breaker = Breaker(self._breaker.policy)
        self._not_before = 0
        for group in self._groups:
            group.next_at = 0

    def attempts(self, now: int) -> list[Attempt]:
        """Answer the requests to make now; each must be concluded or abandoned, then released."""
        if now < self._not_before or not self._breaker.admits(now):
            return []
        probing = self._breaker.state(now) == "half_open"
        slots = 1 if probing else self.limits.concurrency - len(self._in_flight)
        blocked = {person for group in self._in_flight.values() for person in group.persons()}
        chosen = self._due_groups(now, slots, blocked, early=probing)
        while len(chosen) < slots and (rows := self._fill(blocked)):
            chosen.append(Group(rows))
        started = []
        for group in chosen:
            self._breaker = self._breaker.started(now)
            attempt = Attempt(tuple(group.rows), now)
            self._in_flight[attempt] = group
            started.append(attempt)
        return started

    def conclude(
        self,
        attempt: Attempt,
        outcome: Outcome,
        *,
        response: HttpResponse | None,
        now: int,
        draw: float,
    ) -> Settlement:
        """Answer what an outcome changes in storage, to be written before `release`.

        Args:
            attempt: one that `attempts` answered.
            outcome: what the destination's `read` made of the response.
            response: None where there was none.
            now: milliseconds.
            draw: a random number in [0, 1), for the jitter.
        """
        verdict = Verdict(
            outcome=outcome,
            response=response,
            policy=self._retry,
            healthy=self._breaker.state(now) == "closed",
            now=now,
            draw=draw,
        )
        opened = self._breaker.until is not None
        settlement, self._breaker, not_before = judge(attempt.rows, verdict, self._breaker)
        if opened and self._breaker.until is None:
            # It works again: those that wait for its recovery need not any more.
            for group in self._groups:
                group.next_at = 0
        self._not_before = max(self._not_before, not_before)
        return settlement

    def release(self, attempt: Attempt, settlement: Settlement) -> None:
        """The settlement is on the disk: whom the attempt held back may go on."""
        retried = {row for retry in settlement.retries for row in retry.ids}
        for row in attempt.rows:
            row.attempts += row.id in retried
        self._let_go(attempt, settlement.groups)

    def abandon(self, attempt: Attempt) -> None:
        """The attempt was not made or its end is unknown: its rows are sent again, unchanged."""
        self._breaker = self._breaker.abandoned()
        self._let_go(attempt, (Group(list(attempt.rows)),))

    def forget(self, attempt: Attempt) -> None:
        """The attempt's rows are gone from storage."""
        self._breaker = self._breaker.abandoned()
        self._let_go(attempt, ())

    def wake_at(self, now: int) -> int | None:
        """Answer the milliseconds at which `attempts` may have more to say, if time alone helps."""
        if not self._fresh and not self._groups:
            return None
        gate = max(self._not_before, self._breaker.until or 0)
        if gate > now:
            return gate
        if self._breaker.until is not None:
            return None  # half-open: the end of what is in flight says more, not time
        dues = [group.next_at for group in self._groups if group.next_at > now]
        return min(dues, default=None)

    def _all_groups(self) -> list[Group]:
        return [*self._groups, *self._in_flight.values()]

    def _due_groups(self, now: int, slots: int, blocked: set[str], *, early: bool) -> list[Group]:
        chosen: list[Group] = []
        waiting: list[Group] = []
        for group in self._groups:
            persons = group.persons()
            due = early or group.next_at <= now
            free = due and len(chosen) < slots and blocked.isdisjoint(persons)
            (chosen if free else waiting).append(group)
            blocked |= persons
        self._groups = waiting
        return chosen

    def _fill(self, blocked: set[str]) -> list[Row]:
        """Take the next batch of rows whose people are free; park the others that stand before."""
        batch: list[Row] = []
        size = 0
        while self._fresh:
            row = self._fresh[0]
            if row.person in blocked:
                self._park(self._fresh.popleft())
                continue
            full = len(batch) == self.limits.events or size + row.size > self.limits.bytes
            if batch and full:
                break
            batch.append(self._fresh.popleft())
            size += row.size + 1
        blocked.update(row.person for row in batch)
        # Rows that were parked came back in front of earlier ones. Should the batch be halved, the
        # half that begins earlier goes first, so it must have each person's earlier events.
        batch.sort(key=lambda row: row.id)
        return batch

    def _park(self, row: Row) -> None:
        self._parked.setdefault(row.person, []).append(row)
        self._parked_rows += 1

    def _unpark(self, persons: Sequence[str]) -> None:
        """Put parked rows back in front: all that stands behind them there is later."""
        freed = [row for person in persons for row in self._parked.pop(person, ())]
        self._parked_rows -= len(freed)
        self._fresh.extendleft(sorted(freed, key=lambda row: row.id, reverse=True))

    def _let_go(self, attempt: Attempt, groups: Sequence[Group]) -> None:
        group = self._in_flight.pop(attempt)
        self._groups = sorted([*self._groups, *groups], key=lambda one: one.rows[0].id)
        self._unpark(list(group.persons()))
