"""Deliveries from Headwater's Worker in real workerd: outbox, queue, lane, webhook."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from tests.edge.face import Face, track
from tests.edge.workerd import Workerd, WorkerFailed
from tests.loopback import Loopback, Reply, Request
from tests.recorder import Recorder


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    """A webhook's other side, on loopback."""
    with Recorder() as made:
        yield made


def test_events_reach_a_webhook_in_their_order(face: Face, recorder: Recorder) -> None:
    """Each is delivered, each person's in order, over several requests and a merge."""
    hook = face.add_webhook(recorder.url)
    ids = [f"w{number}" for number in range(12)]
    for number, message in enumerate(ids):
        who = {"anonymousId": "walker"} if number < 6 else {"userId": "w", "anonymousId": "walker"}
        assert face.send(track(message, **who)).status_code == 200

    assert recorder.wait_for(set(ids)) == set()
    came = sorted(ids, key=lambda message: recorder.first_receipt[message])
    # w6 made the two one: until then they were two people, whose events wait for nobody else's.
    assert [message for message in came if message != "w6"] == [*ids[:6], *ids[7:]]
    assert came.index("w6") < came.index("w7")
    lane = face.until(
        "/v1/deliveries",
        lambda shown: all(
            one["waiting"] == 0 for one in shown["deliveries"] if one["destination"] == hook
        ),
    )
    (own,) = [one for one in lane["deliveries"] if one["destination"] == hook]
    assert own["delivered"] == len(ids)
    face.remove(hook)


def test_a_destination_may_get_events_of_some_people_alone(face: Face, recorder: Recorder) -> None:
    """Of those who are in an audience as the event itself has made it; nobody else's leave."""
    condition = {"attribute": "club", "operator": "eq", "value": "gold"}
    club = face.order("/v1/audiences", name="Club", key="club", condition=condition)
    settings = {"url": recorder.url}
    order = {"type": "webhook", "name": "Club", "settings": settings, "people": {"*": [club["id"]]}}
    hook = str(face.order("/v1/destinations", **order)["id"])

    def joined(message: str, user: str, level: str) -> dict[str, Any]:
        return {"type": "identify", "messageId": message, "userId": user, "traits": {"club": level}}

    for event in (
        track("club1", userId="guest"),
        joined("club2", "guest", "silver"),
        joined("club3", "guest", "gold"),
        track("club4", userId="guest"),
        track("club5", userId="stranger"),
        joined("club6", "guest", "silver"),
        track("club7", userId="guest"),
        joined("club8", "guest", "gold"),
        joined("club9", "stranger", "gold"),
    ):
        assert face.send(event).status_code == 200

    # What a person did before is delivered before, so of these two nothing is left to come.
    assert recorder.wait_for({"club8", "club9"}) == set()
    came = {message for message in recorder.receipts if message.startswith("club")}
    assert came == {"club3", "club4", "club8", "club9"}
    face.remove(hook)


def test_what_is_refused_is_a_dead_letter_that_can_be_replayed(face: Face) -> None:
    """A 400 gives up with its reason; once the receiver is mended, a replay delivers it."""
    status = [400]
    came: list[bytes] = []

    async def answer(request: Request) -> Reply:
        came.append(request.body)
        return Reply(status[0], body=b"no such product")

    with Loopback(answer) as service:
        hook = face.add_webhook(f"{service.url}/hook")
        face.send(track("dead-1", userId="buyer"))
        path = f"/v1/dead-letters?destination={hook}"
        letters = face.until(path, lambda shown: bool(shown["dead_letters"]))["dead_letters"]
        assert [letter["message_id"] for letter in letters] == ["dead-1"]
        assert letters[0]["status"] == 400
        assert letters[0]["response"] == "no such product"

        status[0] = 200
        replayed = face.order("/v1/dead-letters/replay", destination=hook)
        assert replayed["count"] == 1
        face.until("/v1/deliveries", lambda _shown: face.lane(hook)["delivered"] == 1)
        assert face.read(path)["dead_letters"] == []
        assert len(came) == 2
        face.remove(hook)


def test_a_failure_is_tried_again_by_the_alarm(face: Face) -> None:
    """After a 503 with Retry-After nobody calls; the lane's alarm sends it again."""
    answers = [503, 200]
    at: list[float] = []

    async def answer(_request: Request) -> Reply:
        at.append(time.monotonic())
        code = answers.pop(0) if answers else 200
        return Reply(code, {"retry-after": "1"} if code == 503 else {})

    with Loopback(answer) as service:
        hook = face.add_webhook(f"{service.url}/hook")
        face.send(track("again-1", userId="retried"))
        face.until("/v1/deliveries", lambda _shown: face.lane(hook)["delivered"] == 1)
        assert at[1] - at[0] >= 1
        face.remove(hook)


@pytest.mark.slow
def test_objects_may_be_evicted_between_any_two_calls(
    edge: Workerd, face: Face, recorder: Recorder
) -> None:
    """Person, lane and settings are thrown out of memory after each event; nothing is lost."""
    hook = face.add_webhook(recorder.url)
    ids = [f"e{number}" for number in range(5)]
    for message in ids:
        assert face.send(track(message, userId="evicted")).status_code == 200
        for kind, name in (
            ("IdentityDO", "default/user_id:evicted"),
            ("LaneDO", f"default/{hook}"),
            ("WorkspaceDO", "settings"),
        ):
            with suppress(WorkerFailed):  # it is not in memory just now
                edge.evict(kind, name)

    assert recorder.wait_for(set(ids), patience=60) == set()
    assert face.read("/v1/people/user_id:evicted")["counts"] == {"track": 5}
    face.remove(hook)


@pytest.mark.slow
def test_power_cuts_under_load_lose_nothing_and_double_nothing(
    edge: Workerd, recorder: Recorder
) -> None:
    """SIGKILL twice while events come in: whatever was answered 200 is there, once."""
    face = Face(edge)
    hook = face.add_webhook(recorder.url)
    answered: set[str] = set()
    for life in range(3):
        end = time.monotonic() + 2.0
        number = 0
        while time.monotonic() < end or number < 3:
            message = f"k{life}-{number}"
            who = {"anonymousId": f"killed-{number % 4}", "userId": f"killed-{number % 2}"}
            sent = face.send(track(message, **who))
            assert sent.status_code == 200, sent.text
            answered.add(message)
            number += 1
        if life < 2:
            face.http.close()
            edge.kill()
            edge.start()
            face = Face(edge)

    stored: list[str] = []
    for person in range(2):
        events = face.read(f"/v1/people/user_id:killed-{person}/events?limit=1000")["events"]
        stored += [event["messageId"] for event in events]
    assert set(stored) >= answered
    assert len(stored) == len(set(stored))
    assert recorder.wait_for(answered, patience=90) == set()
    face.remove(hook)
    face.http.close()
