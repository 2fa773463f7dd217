"""What is taken out of Headwater's Worker in real workerd: made by steps, kept in R2, fetched."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from headwater.exports.events import COLUMNS
from headwater.local.command_line.application import application as command_line
from tests.edge.conftest import attended
from tests.edge.face import Face, track
from tests.edge.test_worker_erasure import done, erase, refuse, story
from tests.edge.test_worker_lake import PATIENCE, arrived, prompt
from tests.edge.workerd import Workerd
from tests.loopback import Loopback, Reply, Request
from tests.server import ADMIN_KEY


@pytest.fixture(scope="module")
def running(installed: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workerd]:
    """A Worker with a lake that takes everything at once."""
    made = prompt(HEADWATER_ALLOW_PRIVATE_NETWORKS="127.0.0.0/8")
    with Workerd(made, state=tmp_path_factory.mktemp("edge-exports")) as worker:
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


def run(face: Face, *arguments: str) -> dict[str, Any]:
    """Run a command, which must succeed; answer the JSON that it printed."""
    asked = [*arguments, "--url", face.url, "--key", ADMIN_KEY, "--json"]
    ended = CliRunner().invoke(command_line, asked)
    assert ended.exit_code == 0, ended.output
    printed: dict[str, Any] = json.loads(ended.stdout)
    return printed


def contents(path: Path) -> dict[str, Any]:
    """Answer an archive's files: JSON read, lines of JSON as a list, the page as text."""
    found: dict[str, Any] = {}
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            text = archive.read(name).decode()
            if name.endswith(".jsonl"):
                found[name] = [json.loads(line) for line in text.splitlines()]
            else:
                found[name] = json.loads(text) if name.endswith(".json") else text
    return found


def files_in_bucket(worker: Workerd, folder: Path) -> list[str]:
    """Answer the keys of exports' files in R2."""
    return [key for key in worker.download("LAKE", folder) if key.startswith("_exports/")]


def test_everything_held_on_a_person_is_fetched_as_one_archive(
    worker: Workerd, face: Face, tmp_path: Path
) -> None:
    """By the same command as locally; once it is fetched nothing of it is left in R2."""
    with Loopback(refuse) as sink:
        hook = face.add_webhook(sink.url)
        condition = {"type": "trait", "path": "nick", "operator": "exists"}
        face.order("/v1/audiences", name="Nicks", condition=condition)
        for name in ("zqasks", "bystander"):
            assert face.send(*story(name)).status_code == 200
        face.send({"type": "track", "messageId": "bad", "userId": "zqasksuser"})
        face.order(
            "/v1/people/merge", first="user_id:zqasksuser", second="anonymous_id:zqasksother"
        )
        arrived(worker, {f"zqasks{number}" for number in range(1, 6)})
        face.until(
            f"/v1/dead-letters?destination={hook}",
            lambda shown: len({one["message_id"] for one in shown["dead_letters"]}) >= 11,
            PATIENCE,
        )

        to = tmp_path / "one.zip"
        printed = run(face, "export", "--person", "email:zqasks@example.org", "--to", str(to))
        face.remove(hook)

    assert to.stat().st_mode & 0o077 == 0
    found = contents(to)
    assert "bystander" not in json.dumps(found)
    shown = face.read("/v1/people/user_id:zqasksuser?verbose=true")
    assert found["person.json"] == shown
    events = face.read("/v1/people/user_id:zqasksuser/events")["events"]
    assert found["events.jsonl"] == events[::-1]
    assert printed["rows"] == len(events) == 6
    assert [one["member"] for one in found["audiences.json"]] == [True]
    assert [one["account"] for one in found["accounts.json"]] == ["shared"]
    assert {one["event"]["messageId"] for one in found["dead_letters.json"]} == {
        one["messageId"] for one in events
    }
    assert len(found["refused_events.json"]) == 1
    assert {one["kind"] for one in found["lake_identity.json"]} >= {"state", "traits"}
    assert {one["kind"] for one in found["identity.json"]} >= {"state", "traits"}
    assert "zqasksnick" in found["index.html"]
    assert files_in_bucket(worker, tmp_path / "r2") == []


def test_one_that_was_ordered_is_fetched_in_pieces_and_goes_with_an_erasure(
    worker: Workerd, face: Face, tmp_path: Path
) -> None:
    """`Range` goes on with a fetch that was cut short; nobody but an admin gets a file."""
    face.send(track("p1", userId="pieces"), track("p2", userId="pieces"))
    order = {"identifier": "user_id:pieces", "key": "k"}
    jobs = [
        face.http.post("/v1/exports/people", json=order, headers=face.admin).json()["id"]
        for _ in range(2)
    ]
    assert jobs[0] == jobs[1]
    shown = face.until(f"/v1/jobs/{jobs[0]}", lambda one: one["ended_at"] is not None, PATIENCE)
    assert shown["state"] == "done", shown
    assert "identifier" not in shown["parameters"]

    address = f"/v1/exports/{jobs[0]}/files/person.zip"
    whole = face.http.get(address, headers=face.admin)
    rest = face.http.get(address, headers={**face.admin, "range": "bytes=100-"})
    assert (whole.status_code, rest.status_code) == (200, 206)
    assert whole.headers["content-type"] == "application/octet-stream"
    assert len(whole.content) == shown["result"]["files"][0]["bytes"]
    assert rest.content == whole.content[100:]
    assert face.http.get(address).status_code == 401

    certificate = done(face, erase(face, "user_id:pieces"))

    assert certificate["statement"]["exports_deleted"] >= 1
    assert face.http.get(address, headers=face.admin).status_code == 404
    assert files_in_bucket(worker, tmp_path / "r2") == []


def test_events_are_exported_out_of_the_lake(worker: Workerd, face: Face, tmp_path: Path) -> None:
    """As Parquet, CSV and JSON lines, by a condition, in one file or one for each day."""
    sent = [
        track(f"e{number}", ("Bought", "Played")[number % 2], userId=f"ex{number % 3}")
        for number in range(8)
    ]
    assert face.send(*sent).status_code == 200
    arrived(worker, {one["messageId"] for one in sent})
    bought = {one["messageId"] for one in sent if one["event"] == "Bought"}
    own = "user_id IN ('ex0', 'ex1', 'ex2')"

    run(face, "export", "--to", str(tmp_path / "all.parquet"))
    where = f"name = 'Bought' AND {own}"
    printed = run(face, "export", "--to", str(tmp_path / "some.csv"), "--where", where)
    folder = ["--format", "jsonl", "--partition-by", "day", "--to", str(tmp_path / "days")]
    run(face, "export", *folder, "--where", own)

    table = pq.read_table(tmp_path / "all.parquet")
    assert table.column_names == list(COLUMNS)
    assert {one["messageId"] for one in sent} <= {*table.column("message_id").to_pylist()}
    lines = (tmp_path / "some.csv").read_text("utf-8").splitlines()
    assert lines[0] == ",".join(COLUMNS)
    assert {line.split(",")[2] for line in lines[1:]} == bought
    assert printed["rows"] == len(bought)
    (day,) = (tmp_path / "days").rglob("events.jsonl")
    told = [json.loads(line) for line in day.read_text("utf-8").splitlines()]
    assert {one["message_id"] for one in told} == {one["messageId"] for one in sent}
    assert told[0]["received_at"][:10] == day.parent.name.removeprefix("day=")
    assert isinstance(told[0]["context"], dict)
    assert files_in_bucket(worker, tmp_path / "r2") == []


def test_events_of_the_past_are_sent_to_a_destination(worker: Workerd, face: Face) -> None:
    """One that was added later: counted first, each once, as they were stored, in their order."""
    sent = [track(f"r{number:02}", f"Step {number % 2}", userId="replayed") for number in range(12)]
    assert face.send(*sent).status_code == 200
    arrived(worker, {one["messageId"] for one in sent})
    got: list[str] = []

    async def take(request: Request) -> Reply:
        got.extend(re.findall(r'"messageId": ?"(r[0-9]+)"', request.body.decode()))
        return Reply()

    with Loopback(take) as sink:
        hook = face.add_webhook(sink.url)
        wanted = ["--to", hook, "--where", "user_id = 'replayed' AND name = 'Step 1'"]
        counted = run(face, "replay", *wanted, "--dry-run")["result"]
        assert (counted["sent"], counted["dry_run"], got) == (6, True, [])

        done = run(face, "replay", *wanted, "--rate", "50", "--yes")["result"]

        assert (done["sent"], done["left_out"]) == (6, 0)
        face.eventually(lambda: len(got) >= 6, PATIENCE)
        face.eventually(lambda: face.lane(hook)["waiting"] == 0, PATIENCE)
        face.remove(hook)
    assert sorted({*got}, key=got.index) == [f"r{number:02}" for number in range(12) if number % 2]
    timeline = face.read("/v1/people/user_id:replayed/events")["events"]
    assert len(timeline) == 12


def test_a_replay_goes_on_after_power_cuts(worker: Workerd) -> None:
    """SIGKILL twice while events go out: each arrives, doubles bear the same id, and it ends."""
    with closing(Face(worker)) as face:
        sent = [track(f"cut{number:02}", userId=f"cut-{number % 3}") for number in range(60)]
        assert face.send(*sent).status_code == 200
    wanted = {one["messageId"] for one in sent}
    arrived(worker, wanted)
    ids: dict[str, set[str]] = {}

    async def take(request: Request) -> Reply:
        for message in re.findall(r'"messageId": ?"(cut[0-9]+)"', request.body.decode()):
            ids.setdefault(message, set()).add(request.headers["webhook-id"])
        return Reply()

    def has_ended(shown: dict[str, Any]) -> bool:
        return shown["ended_at"] is not None

    def came(number: int) -> bool:
        return len(ids) >= number

    with Loopback(take) as sink:
        with closing(Face(worker)) as face:
            hook = face.add_webhook(sink.url)
            where = "name = 'Played' AND message_id >= 'cut' AND message_id < 'cuu'"
            order = {"destination": hook, "where": where, "rate": 10}
            answer = face.http.post("/v1/replays", json=order, headers=face.admin)
            assert answer.status_code == 202, answer.text
            job = answer.json()["id"]
        for number in (5, 30):
            with closing(Face(worker)) as face:
                face.eventually(partial(came, number), PATIENCE)
            worker.kill()
            worker.start()
        with closing(Face(worker)) as face:
            ended = face.until(f"/v1/jobs/{job}", has_ended, PATIENCE)
            face.eventually(partial(came, len(sent)), PATIENCE)
            face.eventually(lambda: face.lane(hook)["waiting"] == 0, PATIENCE)
            lane = face.lane(hook)
            face.remove(hook)

    assert ended["state"] == "done", ended
    assert ended["result"]["sent"] == len(sent), "none is in the lane twice"
    assert lane["delivered"] == len(sent)
    assert ids.keys() == wanted
    assert [message for message, own in ids.items() if len(own) != 1] == []


def test_what_is_not_understood_of_an_order_is_said(face: Face) -> None:
    """A condition that needs an engine of SQL is refused, from where on it does."""
    answer = face.http.post("/v1/exports", json={"where": "timestamp > now()"}, headers=face.admin)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_sql")
    assert "from 'timestamp > now()' on" in answer.json()["message"]
