"""People erased from Headwater's Worker in real workerd: everywhere, for good, and they alone."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from headwater.local.certificate import verify
from tests.edge.conftest import attended
from tests.edge.face import Face, track
from tests.edge.test_worker_lake import PATIENCE, arrived, prompt
from tests.edge.test_worker_language import ask
from tests.edge.workerd import Workerd
from tests.loopback import Loopback, Reply, Request

CANARY = "zqcanary"
"""Is in every text of who is erased, and in nobody else's."""

_HOST = "__miniflare"
"""Tables in which the test host keeps what objects are called, once they are started anew."""


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where that Worker keeps everything."""
    return tmp_path_factory.mktemp("edge-erasure")


@pytest.fixture(scope="module")
def running(installed: None, state: Path) -> Iterator[Workerd]:
    """A Worker with a lake that takes everything at once."""
    made = prompt(HEADWATER_ALLOW_PRIVATE_NETWORKS="127.0.0.0/8")
    with Workerd(made, state=state) as worker:
        yield worker


@pytest.fixture
def worker(running: Workerd) -> Iterator[Workerd]:
    """That Worker; what a test leaves in it, the next one finds."""
    yield from attended(running)


@pytest.fixture
def face(worker: Workerd) -> Iterator[Face]:
    """The same, as a program outside sees it."""
    one = Face(worker)
    yield one
    one.http.close()


def story(name: str) -> list[dict[str, Any]]:
    """Answer what one person does, under three identifiers and in an account."""
    user, device, email = f"{name}user", f"{name}device", f"{name}@example.org"
    told = {"note": f"{name}property"}
    return [
        track(f"{name}1", anonymousId=device, properties=told),
        {
            "type": "identify",
            "messageId": f"{name}2",
            "userId": user,
            "anonymousId": device,
            "traits": {"email": email, "nick": f"{name}nick"},
        },
        track(f"{name}3", userId=user, event=f"{name}event"),
        {
            "type": "group",
            "messageId": f"{name}4",
            "userId": user,
            "groupId": "shared",
            "traits": {"plan": "gold"},
        },
        track(f"{name}5", anonymousId=f"{name}other"),
    ]


def known(face: Face, name: str) -> dict[str, Any]:
    """Answer all that is shown of a person."""
    path = f"/v1/people/user_id:{name}user"
    return {rest: face.read(path + rest) for rest in ("?verbose=true", "/links", "/events")}


def erase(face: Face, *identifiers: str, **order: Any) -> str:
    """Order an erasure; answer its job."""
    answer = face.http.post(
        "/v1/erasures", json={"identifiers": identifiers, **order}, headers=face.admin
    )
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def done(face: Face, job: str) -> dict[str, Any]:
    """Wait for a job's end, which must be a good one; answer its certificate."""
    shown = face.until(f"/v1/jobs/{job}", lambda one: one["ended_at"] is not None, PATIENCE)
    assert shown["state"] == "done", shown
    certificate: dict[str, Any] = face.read(f"/v1/erasures/{job}")
    return certificate


def everywhere(worker: Workerd, state: Path) -> dict[str, str]:
    """Answer all texts that workerd's state holds: rows of databases, bytes of all else.

    Of databases that have been emptied, and of the bucket, the bytes are searched as well.
    """
    found: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder:
        for key in worker.download("LAKE", Path(folder)):
            data = (Path(folder) / key).read_bytes()
            found[f"r2 {key}"] = data.decode("latin-1")
            if key.endswith(".parquet"):
                rows = pq.read_table(Path(folder) / key, partitioning=None).to_pydict()
                found[f"r2 {key}"] += str(rows)
    for path in sorted((state / "storage").rglob("*.sqlite")):
        if path.name == "metadata.sqlite":
            continue  # the test host's own list of objects and their names
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            lines = [line for line in database.iterdump() if _HOST not in line]
            found[f"{path.parent.name} {path.name}"] = "\n".join(lines)
    return found


def holding(worker: Workerd, state: Path, text: str) -> set[str]:
    """Answer where a text is."""
    return {place for place, held in everywhere(worker, state).items() if text in held}


def emptied(state: Path) -> list[bytes]:
    """Answer the bytes of databases that hold nothing of anybody any more, logs and all."""
    found = []
    for path in sorted((state / "storage").rglob("*.sqlite")):
        if path.name == "metadata.sqlite":
            continue
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
        if tables <= {"migrations", "erased", "_cf_METADATA", "_cf_ALARM"}:
            parts = sorted(path.parent.glob(f"{path.name}*"))
            found.append(b"".join(part.read_bytes() for part in parts))
    return found


async def refuse(_: Request) -> Reply:
    """Answer that an event cannot be taken, ever."""
    return Reply(status=400)


def test_a_person_is_erased_everywhere(worker: Workerd, face: Face, state: Path) -> None:
    """Objects, population, dead letters, refused events and lake; others keep all of theirs."""
    with Loopback(refuse) as sink:
        hook = face.add_webhook(sink.url)
        for name in (CANARY, "bystander"):
            assert face.send(*story(name)).status_code == 200
        face.order(
            "/v1/people/merge", first=f"user_id:{CANARY}user", second=f"anonymous_id:{CANARY}other"
        )
        face.send({"type": "track", "messageId": "bad", "userId": f"{CANARY}user"})
        both = (CANARY, "bystander")
        arrived(worker, {f"{name}{number}" for name in both for number in range(1, 6)})
        face.until(
            f"/v1/dead-letters?destination={hook}",
            lambda shown: len({one["message_id"] for one in shown["dead_letters"]}) == 10,
            PATIENCE,
        )
        before = known(face, "bystander")
        assert len(holding(worker, state, CANARY)) > 6

        job = erase(face, f"email:{CANARY}@example.org")
        certificate = done(face, job)

        assert holding(worker, state, CANARY) == set()
        objects = emptied(state)
        assert len(objects) >= 5  # four identifiers, and the job
        assert not [one for one in objects if CANARY.encode() in one]
        assert known(face, "bystander") == before
        assert face.read("/v1/accounts/shared")["traits"] == {"plan": "gold"}
        letters = face.read(f"/v1/dead-letters?destination={hook}")["dead_letters"]
        assert {one["message_id"] for one in letters} == {f"bystander{n}" for n in range(1, 6)}
        face.remove(hook)
    statement = certificate["statement"]
    verify(certificate)
    assert CANARY not in str(certificate)
    assert len(statement["identifiers"]) == 4
    assert statement["removed"]["event"] >= 5
    assert statement["lake"]["rows"] >= 5
    assert statement["rescan"]["rows_found"] == 0
    assert statement["physically_gone_by"] > statement["done_at"]


def _is_at(steps: int, job: dict[str, Any]) -> bool:
    return bool(job["done"] >= steps)


@pytest.mark.slow
def test_it_goes_on_after_power_cuts(worker: Workerd, face: Face, state: Path) -> None:
    """SIGKILL while it waits, and in the middle of its steps: nothing is left in the end."""
    name = "zqcut"
    assert face.send(*story(name), *story("survivor")).status_code == 200
    both = (name, "survivor")
    arrived(worker, {f"{one}{number}" for one in both for number in range(1, 6)})
    before = known(face, "survivor")
    job = erase(face, f"user_id:{name}user", f"anonymous_id:{name}other")

    for steps in (1, 3, 6, 8):
        with closing(Face(worker)) as now:
            now.until(f"/v1/jobs/{job}", partial(_is_at, steps), PATIENCE)
        worker.kill()
        worker.start()
    with closing(Face(worker)) as now:
        certificate = done(now, job)
        assert known(now, "survivor") == before

    assert holding(worker, state, name) == set()
    assert len(certificate["statement"]["identifiers"]) == 4


def test_nothing_of_the_erased_or_suppressed_comes_in(worker: Workerd, face: Face) -> None:
    """Their events are answered 200 and dropped; one may come anew who was erased without it."""
    erased, anew, quiet = "zqerased", "zqanew", "zqquiet"
    for name in (erased, anew, quiet):
        face.send(track(f"{name}1", userId=name))
    jobs = [erase(face, f"user_id:{erased}"), erase(face, f"user_id:{anew}", suppress=False)]
    face.order("/v1/suppressions", identifiers=[f"user_id:{quiet}"])
    for job in jobs:
        done(face, job)

    for name in (erased, anew, quiet):
        assert face.send(track(f"{name}2", userId=name)).status_code == 200

    missing = face.http.get(f"/v1/people/user_id:{erased}", headers=face.admin)
    assert missing.status_code == 404
    path = f"/v1/people/user_id:{anew}/events"
    assert [one["messageId"] for one in face.read(path)["events"]] == [f"{anew}2"]
    path = f"/v1/people/user_id:{quiet}/events"
    assert [one["messageId"] for one in face.read(path)["events"]] == [f"{quiet}1"]
    face.order("/v1/suppressions/lift", identifiers=[f"user_id:{quiet}"])
    face.eventually(lambda: _arrives(face, quiet))


def _arrives(face: Face, name: str) -> bool:
    face.send(track(f"{name}3", userId=name))
    path = f"/v1/people/user_id:{name}/events"
    return len(face.read(path)["events"]) == 2


def test_words_and_segments_regulations_erase(worker: Workerd, face: Face) -> None:
    """A sentence, whose plan is shown before it is done; and `SUPPRESS_WITH_DELETE`."""
    face.send(track("w1", userId="4242"), track("w2", userId="zqregulated"))
    _, shown = ask(face, only_plan=True, text="delete user 4242")
    assert shown.get("effect") == "erases", shown

    status, answer = ask(face, plan=shown["plan"], hash=shown["hash"])
    assert status == 200, answer
    asked = answer["result"]["job"]["id"]
    made = face.order(
        "/regulations",
        regulationType="SUPPRESS_WITH_DELETE",
        subjectType="USER_ID",
        subjectIds=["zqregulated"],
    )
    regulation = made["data"]["regulateId"]

    done(face, asked)
    shown = face.until(
        f"/regulations/{regulation}",
        lambda one: one["data"]["regulation"]["overallStatus"] == "FINISHED",
        PATIENCE,
    )

    for name in ("4242", "zqregulated"):
        assert face.http.get(f"/v1/people/user_id:{name}", headers=face.admin).status_code == 404
    listed = face.read("/v1/erasures")["erasures"]
    assert asked in {one["id"] for one in listed}
    page = face.http.get(f"/v1/erasures/{asked}", headers={**face.admin, "accept": "text/html"})
    assert page.text.startswith("<!doctype html>")
