"""Headwater's Worker in real workerd, while what may fail does: nothing is lost, order is kept."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.edge import bundle, installation
from tests.edge.conftest import attended
from tests.edge.face import Face, track
from tests.edge.workerd import Worker, Workerd, WorkerFailed, application
from tests.loopback import Loopback, Reply, Request
from tests.recorder import Recorder
from tests.server import ADMIN_KEY, WRITE_KEY

pytestmark = pytest.mark.slow

LATER = 600_000
"""Milliseconds; see durable_objects/alarm.py, which is read in workerd alone."""

PATIENCE = 120.0
"""Seconds that a test waits: alarms that fail are repeated after 2 s, then 4 s, and so on."""


def faulty() -> Worker:
    """Answer Headwater's Worker with a main module in which faults strike."""
    plain = application(
        HEADWATER_WRITE_KEY=WRITE_KEY,
        HEADWATER_ADMIN_KEY=ADMIN_KEY,
        HEADWATER_ALLOW_PRIVATE_NETWORKS="127.0.0.0/8",
    )
    files = {
        **bundle.worker_files(),
        "headwater_entry.py": installation.ROOT / "src" / "entry.py",
        "entry.py": Path(__file__).parent / "faulty" / "unsteady.py",
    }
    options: dict[str, Any] = {**plain.options, "queueConsumers": {}}
    for queue, settings in plain.options["queueConsumers"].items():
        options["queueConsumers"][queue] = {**settings, "maxBatchTimeout": 0, "retryDelay": 0}
    return Worker(files, options)


@pytest.fixture(scope="module")
def running_faulty(installed: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workerd]:
    """The faulty Worker, booted once for this file."""
    with Workerd(faulty(), state=tmp_path_factory.mktemp("faulty")) as worker:
        yield worker


@pytest.fixture
def worker(running_faulty: Workerd) -> Iterator[Workerd]:
    """The faulty Worker."""
    yield from attended(running_faulty)


@pytest.fixture
def face(worker: Workerd) -> Iterator[Face]:
    """The same, as a program outside sees it."""
    one = Face(worker)
    yield one
    one.http.close()


def test_consumers_queue_and_alarms_may_fail(worker: Workerd, face: Face) -> None:
    """Of three people all arrive, each person's in order, with objects thrown out in between."""
    with Recorder() as recorder:
        hook = face.add_webhook(recorder.url)
        people = ("ada", "bob", "eve")
        sent: dict[str, list[str]] = {person: [] for person in people}
        for number in range(5):
            for person, part in itertools.product(people, range(2)):
                message = f"{person}-{number}-{part}"
                assert face.send(track(message, userId=person)).status_code == 200
                sent[person].append(message)
            if number == 2:  # between two calls: thrown out with a request under way, it waits
                came = {message for messages in sent.values() for message in messages}
                assert recorder.wait_for(came, patience=PATIENCE) == set()
                face.until("/v1/deliveries", lambda _shown: face.lane(hook)["in_flight"] == 0)
                evict(worker, "LaneDO", f"default/{hook}")
                for person in people:
                    evict(worker, "IdentityDO", f"default/user_id:{person}")

        everything = {message for messages in sent.values() for message in messages}
        assert recorder.wait_for(everything, patience=PATIENCE) == set()
        for person, messages in sent.items():
            assert sorted(messages, key=recorder.first_receipt.__getitem__) == messages
            assert face.read(f"/v1/people/user_id:{person}")["counts"] == {"track": 10}
        face.remove(hook)
    struck = face.http.get("/struck").json()
    assert {
        "a send was refused",
        "a consumer raised before its work",
        "a consumer raised after its work",
        "an identity's alarm ran again",
    } <= struck.keys()


def test_a_lanes_alarm_that_runs_again_sends_nothing_again(worker: Workerd, face: Face) -> None:
    """It has done its work before it failed: the second run finds nothing left to do."""
    answers = [503]
    came: list[bytes] = []

    async def answer(request: Request) -> Reply:
        code = answers.pop() if answers else 200
        if code == 200:
            came.append(request.body)
        return Reply(code, {"retry-after": "1"} if code == 503 else {})

    with Loopback(answer) as service:
        hook = face.add_webhook(f"{service.url}/hook")
        assert face.send(track("lane-1", userId="laned")).status_code == 200
        face.until(
            "/v1/deliveries", lambda _shown: struck(face, "a lane's alarm ran again"), PATIENCE
        )
        face.until(
            "/v1/deliveries",
            lambda _shown: 0 < len(came) == face.lane(hook)["delivered"],
            PATIENCE,
        )
        assert face.lane(hook)["waiting"] == 0
        face.remove(hook)


def test_an_alarm_that_is_given_up_goes_off_again_later(face: Face) -> None:
    """Its object dies of it each time, and Cloudflare tries six times: it is set again before."""
    began = time.time() * 1000
    assert face.send(track("doomed-1", userId="doomed")).status_code == 200
    face.eventually(lambda: struck(face, "an alarm was given up"), PATIENCE)

    # It is set for minutes from now, and what is retried meanwhile does not take that away.
    face.eventually(lambda: alarm_at(face) > began + LATER / 2, PATIENCE)


def alarm_at(face: Face) -> float:
    """Answer when the alarm of `doomed` goes off, in milliseconds; 0 where none is set."""
    try:
        return float(face.http.get("/doomed").text)
    except ValueError:  # null: it is going off
        return 0


def evict(worker: Workerd, kind: str, name: str) -> None:
    """Throw an object out of memory, if it is there."""
    with suppress(WorkerFailed):
        worker.evict(kind, name)


def struck(face: Face, fault: str) -> bool:
    """Answer whether a fault has struck."""
    return fault in face.http.get("/struck").json()
