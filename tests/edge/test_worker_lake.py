"""The lake of Headwater's Worker in real workerd: Durable Objects, queue, R2, and who reads it."""

from __future__ import annotations

import asyncio
import itertools
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb
import pytest
from typer.testing import CliRunner

from headwater.lake.catalogue import Catalogue
from headwater.lake.event_rows import join_body
from headwater.lake.manifest import Tier
from headwater.local.command_line.application import application as command_line
from headwater.local.folder_bucket import FolderBucket
from tests.edge import installation
from tests.edge.conftest import attended
from tests.edge.face import Face, track
from tests.edge.workerd import Worker, Workerd, application
from tests.server import ADMIN_KEY, WRITE_KEY, Server

HEADWATER = str(Path(sys.executable).with_name("headwater"))

PATIENCE = 120.0
"""Seconds that a busy machine may take for what is done within two."""


TIMES = ("timestamp", "received_at", "original_timestamp", "sent_at")
ROWS = (
    f"SELECT * REPLACE ({', '.join(f'epoch_ms({name}) AS {name}' for name in TIMES)})"
    " FROM read_parquet(?, union_by_name = true)"
)


def prompt(main: str | None = None, **variables: str) -> Worker:
    """Answer the Worker with a lake that takes everything at once.

    `main` is the main module instead of the Worker's own, a file of the folder `faulty`.
    """
    made = application(
        HEADWATER_WRITE_KEY=WRITE_KEY,
        HEADWATER_ADMIN_KEY=ADMIN_KEY,
        HEADWATER_LAKE_FLUSH_SECONDS="0.5",
        **variables,
    )
    consumers = made.options["queueConsumers"]
    soon = {**consumers["headwater-lake"], "maxBatchTimeout": 1}
    options = {**made.options, "queueConsumers": {**consumers, "headwater-lake": soon}}
    if main is None:
        return Worker(made.files, options)
    own = {
        "headwater_entry.py": installation.ROOT / "src" / "entry.py",
        "entry.py": Path(__file__).parent / "faulty" / main,
    }
    return Worker({**made.files, **own}, options)


@pytest.fixture(scope="module")
def running(installed: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workerd]:
    """That Worker, booted once for the tests of this file."""
    with Workerd(prompt(), state=tmp_path_factory.mktemp("edge-lake")) as worker:
        yield worker


@pytest.fixture
def lake(running: Workerd) -> Iterator[Workerd]:
    """That Worker; what a test leaves in it, the next one finds."""
    yield from attended(running)


@pytest.fixture
def outside(lake: Workerd) -> Iterator[Face]:
    """The same, as a program outside sees it."""
    one = Face(lake)
    yield one
    one.http.close()


def downloaded(worker: Workerd, folder: Path) -> list[dict[str, Any]]:
    """Take the lake out of R2, and answer the rows of the events that its manifest counts."""
    worker.download("LAKE", folder)
    manifest = asyncio.run(Catalogue(FolderBucket(folder), "default").refresh())
    paths = [folder / one.key for one in manifest.of("events")]
    if not paths or not all(path.is_file() for path in paths):
        return []  # an entry was made while its files' folder had been read already
    with duckdb.connect() as engine:
        found = engine.execute(ROWS, [list(map(str, paths))])
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def arrived(worker: Workerd, wanted: set[str]) -> list[dict[str, Any]]:
    """Wait until the lake has these messages; answer its rows of them."""
    end = time.monotonic() + PATIENCE
    while True:
        with tempfile.TemporaryDirectory() as folder:
            rows = downloaded(worker, Path(folder))
        own = [row for row in rows if row["message_id"] in wanted]
        if {row["message_id"] for row in own} == wanted:
            return own
        assert time.monotonic() < end, wanted - {row["message_id"] for row in own}
        time.sleep(0.3)


def test_events_reach_the_lake_as_they_are_stored(lake: Workerd, outside: Face) -> None:
    """Each once, under its person, with the very text that the timeline shows."""
    sent = outside.send(
        track("l1", userId="lena", properties={"price": 19.9, "name": "Töpfe"}),
        {"type": "identify", "messageId": "l2", "userId": "lena", "traits": {"plan": "pro"}},
        track("l3", anonymousId="lola"),
    )
    assert sent.status_code == 200, sent.text

    rows = arrived(lake, {"l1", "l2", "l3"})

    assert Counter(row["message_id"] for row in rows) == {"l1": 1, "l2": 1, "l3": 1}
    whose = {row["message_id"]: row["person"] for row in rows}
    assert whose == {"l1": "user_id:lena", "l2": "user_id:lena", "l3": "anonymous_id:lola"}
    shown = outside.read("/v1/people/user_id:lena/events")["events"]
    stored = {row["message_id"]: json.loads(join_body(row)) for row in rows}
    assert {one["messageId"]: one for one in shown} == {key: stored[key] for key in ("l1", "l2")}


def test_what_moves_on_its_way_is_there_once(lake: Workerd, outside: Face) -> None:
    """People who become one while their events wait for the lake, by one event."""
    wanted = set()
    for number in range(6):
        first, second = f"mv{number}-1", f"mv{number}-2"
        outside.send(track(first, anonymousId=f"mover-{number}"))
        both = {"userId": f"moved-{number % 2}", "anonymousId": f"mover-{number}"}
        outside.send(track(second, **both))
        wanted |= {first, second}

    rows = arrived(lake, wanted)

    assert Counter(row["message_id"] for row in rows) == dict.fromkeys(wanted, 1)


def test_a_consumer_that_dies_is_called_again(installed: None, tmp_path: Path) -> None:
    """Its batch comes again: what it had written counts once, or not at all."""
    with Workerd(prompt("entry.py"), state=tmp_path / "edge") as worker:
        face = Face(worker)
        wanted = {f"f{number}" for number in range(12)}
        for message in sorted(wanted):
            assert face.send(track(message, userId=f"faulty-{message}")).status_code == 200
        face.http.close()

        rows = arrived(worker, wanted)
        assert Counter(row["message_id"] for row in rows) == dict.fromkeys(wanted, 1)
        told = "\n".join(line.message for line in worker.lines)
        for step in ("before the write", "after the write", "before the note"):
            assert f"broken {step}" in told


def test_old_events_are_compacted_let_go_and_shown(installed: None, tmp_path: Path) -> None:
    """Cron sorts a day that is over; its events leave the object, and are read out of R2."""
    worker = prompt("later.py", HEADWATER_LAKE_HOT_DAYS="30")
    with Workerd(worker, state=tmp_path / "edge") as running, closing(Face(running)) as face:
        old = [f"old{number:02}" for number in range(50)]
        for part in (old[:25], old[25:]):
            sent = face.send(*(track(message, userId="olga") for message in part))
            assert sent.status_code == 200, sent.text
            arrived(running, set(part))
        half = received(face, "old24")

        face.http.get("/later", params={"days": 40})
        running.scheduled("*/10 * * * *", time=0)
        with tempfile.TemporaryDirectory() as folder:
            downloaded(running, Path(folder))
            manifest = asyncio.run(Catalogue(FolderBucket(Path(folder)), "default").refresh())
        assert {one.tier for one in manifest.of("events")} == {Tier.WARM}
        face.send(track("new", userId="olga"))
        arrived(running, {"new"})

        path = "/v1/people/user_id:olga/events?limit=20"
        page = face.until(path, lambda shown: "warm" in shown["tiers"], PATIENCE)
        found = [event["messageId"] for event in page["events"]]
        while page["next"]:
            page = face.read(f"{path}&cursor={page['next']}")
            found += [event["messageId"] for event in page["events"]]
        assert found[0] == "new"
        assert sorted(found[1:]) == old
        assert face.read("/v1/people/user_id:olga")["counts"] == {"track": 51}
        then = face.read(f"/v1/people/user_id:olga?at={quote(half)}")
        assert then["counts"] == {"track": 25}, "as of then, out of the lake"


def received(face: Face, message: str) -> str:
    """Answer when an event of Olga's was received."""
    events = face.read("/v1/people/user_id:olga/events?limit=100")["events"]
    return next(str(one["receivedAt"]) for one in events if one["messageId"] == message)


def test_a_local_server_is_rebuilt_from_it(lake: Workerd, outside: Face, tmp_path: Path) -> None:
    """The lake, taken out of R2, is one that the local server reads: the same people and events."""
    wanted = {f"rb{number}" for number in range(9)}
    for number in range(3):
        who = {"userId": f"rebuilt-{number}", "anonymousId": f"device-{number % 2}"}
        traits = {"n": number, "email": f"rebuilt-{number}@example.org"}
        sent = outside.send(
            track(f"rb{3 * number}", anonymousId=f"device-{number % 2}"),
            {"type": "identify", "messageId": f"rb{3 * number + 1}", **who, "traits": traits},
            track(f"rb{3 * number + 2}", userId=f"rebuilt-{number}"),
        )
        assert sent.status_code == 200, sent.text
    arrived(lake, wanted)
    paths = [
        f"/v1/people/user_id:rebuilt-{number}{rest}"
        for number in range(3)
        for rest in ("?verbose=true", "/links", "/events?limit=100")
    ]
    shown = {path: outside.read(path) for path in paths}

    def rebuilt(folder: Path) -> dict[str, Any]:
        lake.download("LAKE", folder / "lake")
        made = subprocess.run(
            [HEADWATER, "rebuild", "--lake", str(folder / "lake"), "--data", str(folder / "data")],
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        assert made.returncode == 0, made.stdout + made.stderr
        with Server(
            folder / "data", environment={"HEADWATER_LAKE": str(folder / "lake")}
        ) as server:
            return {path: server.admin.get(path).json() for path in paths}

    # Who is who may come to the lake a moment after the events do.
    end = time.monotonic() + PATIENCE
    for attempt in itertools.count():
        found = rebuilt(tmp_path / str(attempt))
        if found == shown or time.monotonic() > end:
            break
    for path, expected in shown.items():
        assert found[path] == expected


def test_sql_over_the_bucket_shows_the_same_people(
    lake: Workerd, outside: Face, tmp_path: Path
) -> None:
    """`headwater sql --lake` reads what the Worker wrote: events, people, who holds what."""
    sent = outside.send(
        track("sq1", anonymousId="sql-device"),
        {
            "type": "identify",
            "messageId": "sq2",
            "userId": "sql",
            "anonymousId": "sql-device",
            "traits": {"plan": "pro"},
        },
        track("sq3", "Paid", userId="sql"),
    )
    assert sent.status_code == 200, sent.text
    arrived(lake, {"sq1", "sq2", "sq3"})
    wanted = [["sq1", "user_id:sql", "pro"], ["sq2", "user_id:sql", "pro"]]
    wanted.append(["sq3", "user_id:sql", "pro"])
    statement = (
        "SELECT message_id, person, people.traits->>'plan' FROM events JOIN people USING (person)"
        " JOIN identifiers USING (person) WHERE identifier = 'anonymous_id:sql-device' ORDER BY 1"
    )
    end = time.monotonic() + PATIENCE
    rows: list[Any] = []
    while rows != wanted and time.monotonic() < end:  # who is who may follow the events
        with tempfile.TemporaryDirectory(dir=tmp_path) as folder:
            lake.download("LAKE", Path(folder))
            flags = ["sql", statement, "--lake", folder, "--json"]
            found = CliRunner().invoke(command_line, flags)
        rows = json.loads(found.stdout)["rows"] if found.exit_code == 0 else []
    assert rows == wanted


@pytest.mark.slow
def test_power_cuts_on_the_way_to_the_lake(lake: Workerd) -> None:
    """SIGKILL under load, at any step of the way: every answered event is in the lake, once."""
    answered: set[str] = set()
    for life in range(4):
        face = Face(lake)
        end = time.monotonic() + 2.5
        for number in itertools.count():
            if time.monotonic() > end and number >= 3:
                break
            message = f"cut{life}-{number}"
            who = {"userId": f"cut-{number % 5}", "anonymousId": f"cut-{number % 10}"}
            sent = face.send(track(message, **who))
            assert sent.status_code == 200, sent.text
            answered.add(message)
        face.http.close()
        if life < 3:
            lake.kill()
            lake.start()

    rows = arrived(lake, answered)

    assert Counter(row["message_id"] for row in rows) == dict.fromkeys(answered, 1)
