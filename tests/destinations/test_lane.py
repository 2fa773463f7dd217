"""Lanes: what is sent when, in which order, and what becomes of it."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from headwater.destinations.breaker import BreakerPolicy
from headwater.destinations.destination import Limits
from headwater.destinations.lane import Lane
from headwater.destinations.outcome import (
    CredentialsRefused,
    Delivered,
    Outcome,
    Rejected,
    RetryAfter,
)
from headwater.destinations.retry import RetryPolicy
from headwater.destinations.settlement import Attempt, Row, Settlement
from headwater.ports import HttpResponse

OK = HttpResponse(200)
FAILURE = RetryAfter(None, "503")


def rows(*people: str, first: int = 1, size: int = 10) -> list[Row]:
    """Rows of these people, one each, in this order."""
    return [
        Row(first + place, person, f"m{first + place}", size, enqueued_at=0)
        for place, person in enumerate(people)
    ]


def lane(*people: str, events: int = 2, concurrency: int = 4, window: int = 2000) -> Lane:
    """A lane with these rows."""
    made = Lane(
        Limits(events=events, bytes=1000, concurrency=concurrency),
        breaker=BreakerPolicy(threshold=3),
        window=window,
    )
    made.accept(rows(*people))
    return made


def ids(attempts: Sequence[Attempt]) -> list[list[int]]:
    """The ids of each attempt's rows."""
    return [[row.id for row in attempt.rows] for attempt in attempts]


def end(
    of: Lane, attempt: Attempt, outcome: Outcome, *, now: int = 0, draw: float = 0.5
) -> Settlement:
    """Conclude an attempt and release it, as if written."""
    settlement = of.conclude(
        attempt, outcome, response=HttpResponse(500, body=b"oh"), now=now, draw=draw
    )
    of.release(attempt, settlement)
    return settlement


def test_batches_are_full_and_in_order() -> None:
    """Rows are sent in their order, as many in a request as it takes."""
    assert ids(lane("a", "b", "c", "d", "e").attempts(0)) == [[1, 2], [3, 4], [5]]


def test_batches_in_flight_share_no_person() -> None:
    """A person's later event waits while an earlier one is on its way; others do not."""
    made = lane("a", "b", "a", "c", "a")

    first, second = made.attempts(0)

    assert ids([first, second]) == [[1, 2], [4]]
    assert made.attempts(0) == []
    end(made, first, Delivered())
    assert ids(made.attempts(0)) == [[3, 5]]


def test_events_of_one_person_may_share_a_batch() -> None:
    """Within a request they stand in order."""
    assert ids(lane("a", "a", "a").attempts(0)) == [[1, 2]]


def test_concurrency_is_limited() -> None:
    """No more requests at a time than the destination takes."""
    made = lane("a", "b", "c", "d", "e", events=1, concurrency=2)

    first, _ = made.attempts(0)

    assert made.in_flight == 2
    assert made.attempts(0) == []
    end(made, first, Delivered())
    assert ids(made.attempts(0)) == [[3]]


def test_bytes_are_limited_but_one_event_is_always_sent() -> None:
    """A request stays below its limit in bytes, unless one event alone is larger."""
    made = Lane(Limits(events=10, bytes=1000, concurrency=9))
    made.accept([*rows("a", "b", "c", size=400), *rows("d", first=4, size=5000)])

    assert ids(made.attempts(0)) == [[1, 2], [3], [4]]


def test_delivered_rows_are_settled() -> None:
    """What was delivered is to be deleted, and nothing else written."""
    made = lane("a", "b")

    settlement = end(made, made.attempts(0)[0], Delivered())

    assert settlement == Settlement(Delivered(), delivered=(1, 2))
    assert made.attempts(0) == []


def test_failed_batch_is_sent_again_as_it_was() -> None:
    """The same events go in the same request, later; nobody behind them overtakes."""
    made = lane("a", "b", "a", "c")
    first, second = made.attempts(0)
    assert ids([first, second]) == [[1, 2], [4]]
    end(made, second, Delivered())

    settlement = end(made, first, FAILURE, draw=0.5)

    (retry,) = settlement.retries
    assert (retry.ids, retry.next_at, retry.batch) == ((1, 2), 500, 1)
    made.accept(rows("a", "b", "d", first=5))
    assert ids(made.attempts(0)) == [[7]]
    assert made.wake_at(0) == 500
    (again,) = made.attempts(500)
    assert ids([again]) == [[1, 2]]
    end(made, again, Delivered(), now=500)
    assert ids(made.attempts(500)) == [[3, 5], [6]]


def test_waits_grow_with_each_failure() -> None:
    """The second wait is twice the first."""
    made = lane("a")
    end(made, made.attempts(0)[0], FAILURE)

    settlement = end(made, made.attempts(500)[0], FAILURE, now=500)

    assert settlement.retries[0].next_at == 500 + 1000


def test_retry_after_holds_the_whole_lane() -> None:
    """A destination that says when to come back is not asked by anybody before."""
    made = lane("a", "b", events=1, concurrency=1)

    end(made, made.attempts(0)[0], RetryAfter(7.0, "429"), draw=0.0)

    assert made.attempts(6_999) == []
    assert made.wake_at(0) == 7_000
    assert ids(made.attempts(7_000)) == [[1]]


def test_rejected_batch_is_halved_until_the_bad_event_is_alone() -> None:
    """Only the event that is at fault dies; the others arrive, still in order."""
    made = lane(*"abcdefgh", events=8, concurrency=4)
    delivered: list[int] = []
    dead: list[int] = []
    while attempts := made.attempts(0):
        for attempt in attempts:
            bad = any(row.id == 6 for row in attempt.rows)
            settlement = end(made, attempt, Rejected("400") if bad else Delivered())
            delivered += settlement.delivered
            dead += [death.id for death in settlement.deaths]

    assert sorted(delivered) == [1, 2, 3, 4, 5, 7, 8]
    assert dead == [6]


def test_halves_of_one_person_stay_in_order() -> None:
    """The second half waits for the first where they share a person."""
    made = lane("a", "a", "a", "a", events=4)
    end(made, made.attempts(0)[0], Rejected("400"))

    (first,) = made.attempts(0)

    assert ids([first]) == [[1, 2]]
    end(made, first, Delivered())
    assert ids(made.attempts(0)) == [[3, 4]]


def test_refusal_of_the_whole_is_not_halved() -> None:
    """Where no event is at fault, all die at once, with the answer."""
    made = lane("a", "b")

    settlement = end(made, made.attempts(0)[0], Rejected("404", whole=True))

    assert [(death.id, death.reason) for death in settlement.deaths] == [(1, "404"), (2, "404")]
    assert settlement.deaths[0].status == 500
    assert settlement.deaths[0].response == "oh"


def test_refused_credentials_pause_the_lane_and_kill_nothing() -> None:
    """Events wait for new settings, without a mark on them; a new setting is tried at once."""
    made = lane("a", "b")

    settlement = end(made, made.attempts(0)[0], CredentialsRefused("401"))

    assert not settlement.writes
    assert made.state(0) == "open"
    assert made.reason == "401"
    assert made.attempts(299_999) == []
    assert made.wake_at(0) == 300_000
    made.reset(Limits(2, 1000, 4))
    assert ids(made.attempts(1)) == [[1, 2]]


def test_breaker_opens_probes_and_recovers_at_once() -> None:
    """After failures in a row one probe at a time is made; when it works, nobody waits longer."""
    made = lane("a", "b", "c", events=1, concurrency=3)
    for attempt in made.attempts(0):
        end(made, attempt, FAILURE, draw=0.99)
    made.accept(rows("d", first=4))
    assert made.state(0) == "open"
    assert made.attempts(4_999) == []
    assert made.wake_at(0) == 5_000

    (probe,) = made.attempts(5_000)

    assert ids([probe]) == [[1]]
    assert made.attempts(5_000) == []
    assert made.wake_at(5_000) is None
    end(made, probe, Delivered(), now=5_000)
    assert ids(made.attempts(5_000)) == [[2], [3], [4]]


def test_probe_takes_the_oldest_even_before_its_time() -> None:
    """A probe does not wait for the backoff of what it probes with."""
    made = Lane(Limits(1, 1000, 1), retry=RetryPolicy(base=10**9, longest=10**9))
    made.accept(rows("a"))
    end(made, made.attempts(0)[0], FAILURE)
    for person in "bcde":
        made.accept(rows(person, first=made.cursor + 1))
        end(made, made.attempts(0)[0], FAILURE)

    assert ids(made.attempts(5_000)) == [[1]]


def test_old_events_are_given_up_with_both_reasons() -> None:
    """A failure past the greatest age ends in a dead letter that says what kept failing."""
    made = lane("a", "b")
    (attempt,) = made.attempts(0)
    attempt.rows[1].enqueued_at = 10

    settlement = end(made, attempt, FAILURE, now=72 * 3_600_000)

    (death,) = settlement.deaths
    assert death.id == 1
    assert death.reason == "503; not delivered within 72 hours"
    assert settlement.retries[0].ids == (2,)


def test_batch_that_keeps_failing_while_others_pass_is_halved() -> None:
    """An event that breaks the receiver does not hold up its neighbours for days."""
    made = lane("a", "b", "c", "d", events=4)
    (failing,) = made.attempts(0)
    for now in (0, 100_000, 200_000):
        end(made, failing, FAILURE, now=now)
        made.accept(rows("z", first=made.cursor + 1))
        failing, other = made.attempts(now + 100_000)
        end(made, other, Delivered(), now=now + 100_000)

    settlement = end(made, failing, FAILURE, now=300_000)

    assert [retry.ids for retry in settlement.retries] == [(1, 2), (3, 4)]


def test_abandoned_attempt_is_made_again() -> None:
    """Where an attempt's end is unknown its rows are sent again, unchanged and in place."""
    made = lane("a", "a", "a")
    made.abandon(made.attempts(0)[0])

    assert ids(made.attempts(0)) == [[1, 2]]


def test_rows_that_are_gone_are_forgotten() -> None:
    """Whoever stood behind them goes on."""
    made = lane("a", "a", "a")
    made.forget(made.attempts(0)[0])

    assert ids(made.attempts(0)) == [[3]]


def test_batches_that_failed_are_whole_again_after_a_restart() -> None:
    """Rows that bear one batch are sent together, not before their time, and hold their people."""
    made = Lane(Limits(10, 1000, 4))
    first, second, third, fourth = rows("a", "b", "c", "a")
    for row in (first, third):
        row.batch, row.attempts, row.next_at = 1, 1, 900
    made.accept([first, second])
    made.accept([third, fourth])

    assert ids(made.attempts(0)) == [[2]]
    assert ids(made.attempts(900)) == [[1, 3]]


def test_reads_on_past_a_person_who_is_stuck() -> None:
    """Rows behind somebody's stuck event leave room for those of others, up to a bound."""
    made = Lane(Limits(1, 1000, 1), window=4, parked=8)
    made.accept(rows("a", "a", "a", "a"))
    end(made, made.attempts(0)[0], FAILURE, draw=0.99)
    assert made.attempts(0) == []

    assert made.room() == 4
    made.accept(rows("a", "a", "a", "a", first=5))
    assert made.attempts(0) == []
    assert made.room() == 0
    end(made, made.attempts(990)[0], Delivered(), now=990)
    assert made.cursor == 8
    assert ids(made.attempts(990)) == [[2]]


def test_merged_people_wait_for_each_other() -> None:
    """After a merge an event of the winner waits for those of the loser that came before."""
    made = lane("loser", "x", "loser", events=1)
    first, other = made.attempts(0)
    end(made, other, Delivered())

    made.rename("loser", "winner")
    made.accept(rows("winner", "y", first=4))

    assert ids(made.attempts(0)) == [[5]]
    end(made, first, Delivered())
    (third,) = made.attempts(0)
    assert ids([third]) == [[3]]
    end(made, third, Delivered())
    assert ids(made.attempts(0)) == [[4]]


def test_nothing_to_wait_for() -> None:
    """An empty lane needs no timer."""
    assert lane().wake_at(0) is None
    assert lane("a").wake_at(0) is None


@dataclass
class Receiver:
    """A destination that fails at random and remembers; `poison` it never takes."""

    draw: random.Random
    poison: frozenset[int]
    received: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    def answer(self, attempt: Attempt) -> Outcome:
        """Take the attempt or not."""
        if any(row.id in self.poison for row in attempt.rows):
            return Rejected("400")
        luck = self.draw.random()
        if luck < 0.25:
            return RetryAfter(self.draw.choice([None, 2.0]), "503")
        if luck < 0.3:
            return CredentialsRefused("401")
        for row in attempt.rows:
            self.received[row.person].append(row.id)
        return Delivered()


@pytest.mark.parametrize("seed", range(300))
def test_random_histories(seed: int) -> None:
    """In any history nothing is lost, only poison dies, and every person's order is kept.

    Events arrive while others fail, answers come in any order, attempts are abandoned, and the
    lane is thrown away and rebuilt from storage, as by a crash.
    """
    draw = random.Random(seed)
    people = [f"p{number}" for number in range(draw.randint(1, 8))]
    total = draw.randint(1, 80)
    stored = {row.id: row for row in rows(*(draw.choice(people) for _ in range(total)))}
    everything = dict(stored)
    receiver = Receiver(draw, frozenset(id_ for id_ in stored if draw.random() < 0.05))
    limits = Limits(draw.randint(1, 9), 1000, draw.randint(1, 4))
    made = Lane(limits, window=16)
    flying: list[Attempt] = []
    dead: set[int] = set()
    visible, now = 0, 0

    while stored or flying:
        visible = min(total, visible + draw.randint(0, 10))
        if draw.random() < 0.02:
            made, flying = Lane(limits, window=16), []
        readable = [id_ for id_ in sorted(stored) if made.cursor < id_ <= visible]
        made.accept([_copy(stored[id_]) for id_ in readable[: made.room()]])
        flying += made.attempts(now)
        held = [
            row.person for attempt in flying for row in {r.person: r for r in attempt.rows}.values()
        ]
        assert len(held) == len(set(held)), "two requests hold one person"
        assert made.in_flight <= limits.concurrency
        if flying and draw.random() < 0.8:
            attempt = flying.pop(draw.randrange(len(flying)))
            if draw.random() < 0.05:
                made.abandon(attempt)
            else:
                settlement = made.conclude(
                    attempt, receiver.answer(attempt), response=OK, now=now, draw=draw.random()
                )
                _write(stored, settlement, dead)
                made.release(attempt, settlement)
        now += draw.choice([0, 50, 2_000, 400_000])

    assert dead == receiver.poison
    for person, received in receiver.received.items():
        expected = [
            id_ for id_, row in everything.items() if row.person == person and id_ not in dead
        ]
        assert received == expected
    assert sum(map(len, receiver.received.values())) + len(dead) == total


def _copy(row: Row) -> Row:
    return Row(
        row.id,
        row.person,
        row.message_id,
        row.size,
        row.enqueued_at,
        row.attempts,
        row.next_at,
        row.batch,
    )


def _write(stored: dict[int, Row], settlement: Settlement, dead: set[int]) -> None:
    for id_ in settlement.delivered:
        del stored[id_]
    for death in settlement.deaths:
        del stored[death.id]
        dead.add(death.id)
    for retry in settlement.retries:
        for id_ in retry.ids:
            stored[id_].attempts += 1
            stored[id_].next_at = retry.next_at
            stored[id_].batch = retry.batch
