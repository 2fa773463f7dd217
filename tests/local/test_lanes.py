"""Lanes at work: real requests to receivers on loopback that fail, hang, refuse and recover."""

from __future__ import annotations

from collections.abc import Sequence

from standardwebhooks.webhooks import Webhook

from headwater.actors import deliveries
from headwater.actors.dead_letters import DeadLetterFilter
from headwater.commands import Deliver
from tests.local.lane_machine import SECRET, Machine, Receiver, events, webhook, workspace
from tests.loopback import Reply


def _in_order(ids: Sequence[str], people: int) -> bool:
    numbers = [int(id_[1:]) for id_ in ids]
    by_person = [[n for n in numbers if n % people == person] for person in range(people)]
    return all(list(dict.fromkeys(own)) == sorted(set(own)) for own in by_person)


async def test_delivers_signed_batches(machine: Machine, receiver: Receiver) -> None:
    """What is committed arrives: all of it, once, verifiable, each person's events in order."""
    machine.lanes.configure(workspace(webhook(receiver)))

    await machine.enqueue(*events(250))
    status = await machine.settled()

    assert sorted(receiver.message_ids(), key=lambda id_: int(id_[1:])) == [
        f"m{number}" for number in range(250)
    ]
    assert _in_order(receiver.message_ids(), 10)
    for request in receiver.requests:
        Webhook(SECRET).verify(request.body, dict(request.headers))
    assert (status.delivered, status.failed, status.dead_letters, status.lag) == (250, 0, 0, 0.0)
    assert (status.breaker, status.last_outcome, status.problem) == ("closed", "delivered", None)
    assert status.response_p99 is not None
    assert status.delay_p50 is not None


async def test_delivers_what_waited_before_the_start(machine: Machine, receiver: Receiver) -> None:
    """Rows from before, as after a crash, are found without being told."""
    await machine.enqueue(*events(3))

    machine.lanes.configure(workspace(webhook(receiver)))
    await machine.settled()

    assert receiver.message_ids() == ["m0", "m1", "m2"]


async def test_one_event_a_request(machine: Machine, receiver: Receiver) -> None:
    """In the format `event` each request is one event, named by its messageId."""
    machine.lanes.configure(workspace(webhook(receiver, format="event")))

    await machine.enqueue(*events(20, people=2))
    await machine.settled()

    assert [
        request.headers["webhook-id"] for request in receiver.requests
    ] == receiver.message_ids()
    assert len(receiver.requests) == 20
    assert _in_order(receiver.message_ids(), 2)


async def test_failure_is_retried_with_the_same_id(machine: Machine, receiver: Receiver) -> None:
    """After a 503 the same batch comes again under the same webhook-id, before later events."""
    replies = iter([Reply(503), Reply(503)])
    receiver.answer = lambda _: next(replies, Reply())
    machine.lanes.configure(workspace(webhook(receiver)))

    await machine.enqueue(*events(3, people=1))
    await machine.until(lambda status: status.retrying == 3)
    await machine.enqueue(*events(2, people=1, first=3))
    await machine.settled()

    first, second, third, *_ = receiver.requests
    assert (
        first.headers["webhook-id"] == second.headers["webhook-id"] == third.headers["webhook-id"]
    )
    assert receiver.message_ids()[6:] == ["m0", "m1", "m2", "m3", "m4"]


async def test_retry_after_is_honoured(machine: Machine, receiver: Receiver) -> None:
    """Nothing is sent before the time that the receiver named."""
    replies = iter([Reply(429, {"retry-after": "1"})])
    receiver.answer = lambda _: next(replies, Reply())
    machine.lanes.configure(workspace(webhook(receiver)))

    await machine.enqueue(*events(1))
    status = await machine.until(lambda status: status.retrying == 1 and status.in_flight == 0)
    await machine.settled()

    assert status.next_attempt_at is not None
    assert status.last_reason == "the destination answered 429"
    assert receiver.requests[1].at - receiver.requests[0].at >= 0.95


async def test_bad_event_dies_alone_and_can_be_replayed(
    machine: Machine, receiver: Receiver
) -> None:
    """One event that is refused ends as a dead letter; after a fix it is sent again."""
    bad = b'"m7"'
    receiver.answer = lambda request: (
        Reply(400, body=b"what is this?") if bad in request.body else Reply()
    )
    machine.lanes.configure(workspace(webhook(receiver)))

    await machine.enqueue(*events(20))
    status = await machine.settled()

    assert (status.delivered, status.failed, status.dead_letters) == (19, 1, 1)
    which = DeadLetterFilter("w", destination="d1")
    (dead,) = await machine.dead_letters.list(which)
    assert (dead.message_id, dead.status, dead.response) == ("m7", 400, "what is this?")
    assert dead.reason == "the destination answered 400"
    receiver.answer = lambda _: Reply()
    assert await machine.dead_letters.replay(which) == 1
    assert (await machine.settled()).dead_letters == 0
    assert receiver.message_ids()[-1] == "m7"


async def test_dead_letters_can_be_discarded(machine: Machine, receiver: Receiver) -> None:
    """What is discarded is not sent again."""
    receiver.answer = lambda _: Reply(404)
    machine.lanes.configure(workspace(webhook(receiver)))
    await machine.enqueue(*events(5))
    await machine.settled()
    which = DeadLetterFilter("w")

    assert await machine.dead_letters.count(which) == 5
    assert await machine.dead_letters.discard(which) == 5
    assert await machine.dead_letters.replay(which) == 0
    assert len(receiver.requests) == 1


async def test_merge_while_the_loser_waits(machine: Machine, receiver: Receiver) -> None:
    """The winner's later event does not overtake the loser's earlier one that is being retried."""
    replies = iter([Reply(503, {"retry-after": "0.2"})])
    receiver.answer = lambda _: next(replies, Reply())
    machine.lanes.configure(workspace(webhook(receiver)))
    loser, winner = (
        Deliver("w", "d1", f"w/{one}", one, f'{{"messageId":"{one}"}}') for one in "lw"
    )
    await machine.enqueue(loser)
    await machine.until(lambda status: status.retrying == 1)

    await machine.writer.run(lambda sql: deliveries.rekey(sql, loser.person, winner.person))
    await machine.enqueue(winner)
    await machine.settled()

    assert receiver.message_ids() == ["l", "l", "w"]


async def test_long_backlog_is_read_in_pages(machine: Machine, receiver: Receiver) -> None:
    """More rows than a lane holds in memory are delivered all the same, in order."""
    await machine.enqueue(*events(5_000, people=50))
    machine.lanes.configure(workspace(webhook(receiver, batch_size=500)))

    status = await machine.settled()

    assert status.delivered == 5_000
    assert len(receiver.message_ids()) == 5_000
    assert _in_order(receiver.message_ids(), 50)
