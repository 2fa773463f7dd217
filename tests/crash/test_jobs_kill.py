"""SIGKILL at random moments of replays and erasures, and of backups, restores and rebuilds.

`CRASH_KILLS` says how many of each a test is to take; ten, where it says nothing.
"""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest

from headwater.local.backups import manifest as manifests
from headwater.local.sql import FILE_NAME
from tests.local.rebuild.test_served import events as shoppers_events
from tests.local.rebuild.test_served import fill
from tests.recorder import Recorder
from tests.server import WRITE_KEY, Server

KILLS = int(os.environ.get("CRASH_KILLS", "10"))
HEADWATER = str(Path(sys.executable).with_name("headwater"))
LAKE = {
    "HEADWATER_LAKE": "auto",
    "HEADWATER_LAKE_FLUSH_SECONDS": "1",
    "HEADWATER_SHUTDOWN_GRACE": "120",
    "PYTHONFAULTHANDLER": "1",
}

_TABLES = {
    "event": "SELECT actor, message_id, timestamp, via, type, body FROM event WHERE actor <> ''",
    "identity": "SELECT actor, pending, body FROM identity",
    "traits": "SELECT actor, via, body FROM traits",
    "member": "SELECT actor, member, timestamp FROM member",
}


def in_lake(server: Server) -> Counter[str]:
    """Answer how often each message id is in the files that count of the lake."""
    lake = str(server.directory / "lake")
    found = subprocess.run(
        [HEADWATER, "lake", "files", "--lake", lake], check=True, capture_output=True, text=True
    ).stdout.splitlines()
    with closing(duckdb.connect()) as engine:
        rows = engine.execute(
            "SELECT message_id FROM read_parquet($files, union_by_name = true)", {"files": found}
        ).fetchall()
    return Counter(row[0] for row in rows)


def flushed(server: Server) -> None:
    """Return once something is in the lake."""
    deadline = time.monotonic() + 120
    while not any((server.directory / "lake").glob("*/log/*")):
        assert time.monotonic() < deadline, server.last_words()
        time.sleep(0.05)


def ended(server: Server, job: str, *, patience: float = 120) -> dict[str, Any]:
    """Answer a job once it has ended."""
    deadline = time.monotonic() + patience
    while True:
        found: dict[str, Any] = server.read(f"/v1/jobs/{job}").json()
        if found["state"] in {"done", "failed", "cancelled"}:
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.1)


def order(server: Server, path: str, body: dict[str, Any]) -> str:
    """Order a job; answer its id. An erasure deletes files under whoever reads: ask once more."""
    deadline = time.monotonic() + 60
    while (answer := server.admin.post(path, json=body)).status_code == 503:
        assert time.monotonic() < deadline, answer.text
        time.sleep(0.2)
    assert answer.status_code == 202, answer.text
    job: str = answer.json()["id"]
    return job


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_replays_and_erasures_end_whenever_the_server_is_killed(tmp_path: Path, seed: int) -> None:
    """Over so many kills each: no byte of the erased, everything else in the lake exactly once."""
    draw = random.Random(seed)
    server = Server(tmp_path / "data", environment=LAKE)
    kept: set[str] = set()
    with Recorder(keep=False) as recorder, server:
        hook = server.add_webhook("recorder", recorder.url)
        for run in range(KILLS):
            kept |= _send(server, run)
            jobs = [
                order(server, "/v1/erasures", {"identifiers": [f"user_id:canary{run:03}zq"]}),
                order(server, "/v1/replays", {"destination": hook, "rate": 200}),
            ]
            time.sleep(draw.uniform(0.0, 2.5))
            server.kill()
            server.start()
            for job in jobs:
                assert ended(server, job)["state"] == "done"
        server.stop()
        assert recorder.wait_for(kept, patience=60) == set()
    found = in_lake(server)
    assert {name for name in found if name.startswith("kept")} == kept
    assert {name: count for name, count in found.items() if count > 1} == {}
    held = b"".join(one.read_bytes() for one in server.directory.rglob("*") if one.is_file())
    assert [run for run in range(KILLS) if f"canary{run:03}zq".encode() in held] == []
    assert "Traceback" not in server.last_words()


def _send(server: Server, run: int) -> set[str]:
    """Send events of somebody who is erased, and of others; answer the others' message ids."""
    kept = [f"kept{run:03}x{number:03}" for number in range(40)]
    batch = [
        {
            "type": "track",
            "event": "Stays",
            "userId": f"other{number % 7}",
            "messageId": name,
        }
        for number, name in enumerate(kept)
    ]
    gone = [
        {
            "type": "identify",
            "userId": f"canary{run:03}zq",
            "messageId": f"gone{run:03}x{number}",
            "traits": {"n": number},
        }
        for number in range(KILLS)
    ]
    try:
        answer = httpx.post(
            f"{server.url}/v1/batch",
            auth=(WRITE_KEY, ""),
            json={"batch": [*batch, *gone]},
            timeout=60,
        )
    except httpx.TransportError as error:
        raise AssertionError(
            f"nobody killed it ({server.ended()}): {server.last_words()}"
        ) from error
    assert answer.status_code == 200, answer.text
    return set(kept)


def content(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Answer what a database holds, wherever its rows lie."""
    with closing(sqlite3.connect(folder / FILE_NAME)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return {name: sorted(database.execute(query).fetchall()) for name, query in _TABLES.items()}


def killed(command: Sequence[str], chance: random.Random, longest: float) -> bool:
    """Run a command, kill it at a random moment, and tell whether it had ended by itself."""
    going = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with suppress(subprocess.TimeoutExpired):
        going.wait(chance.uniform(0.0, longest))
        return True
    going.kill()
    going.wait()
    return False


def until_killed(command: Sequence[str], chance: random.Random) -> Iterator[None]:
    """Run a command again and again and kill it, until it ends; a step for each kill."""
    began = time.monotonic()
    subprocess.run([HEADWATER, "--help"], check=True, capture_output=True)
    longest = 4 * (time.monotonic() - began)  # what starting alone takes, and some more
    while not killed(command, chance, longest):
        yield
        longest *= 1.05  # it gets there in the end, however slow the machine


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_restores_and_rebuilds_end_whenever_they_are_killed(tmp_path: Path, seed: int) -> None:
    """Over so many kills of each: the database is the one that was never killed makes."""
    chance = random.Random(seed)
    server = Server(tmp_path / "data", environment=LAKE)
    data, lake = str(server.directory), str(server.directory / "lake")
    with server:
        fill(server, 1_000, chance)
        flushed(server)
        backup = subprocess.run(
            [HEADWATER, "backup", "--data", data, "--to", str(tmp_path / "to")],
            check=True,
            capture_output=True,
        )
        assert b"was checked" in backup.stderr + backup.stdout
        since = [
            {**event, "messageId": f"since{event['messageId']}"}
            for event in shoppers_events(1_000, chance)
        ]
        for start in range(0, 1_000, 500):
            answer = httpx.post(
                f"{server.url}/v1/batch",
                auth=(WRITE_KEY, ""),
                json={"batch": since[start : start + 500]},
                timeout=60,
            )
            assert answer.status_code == 200
    (folder,) = (tmp_path / "to").iterdir()
    commands = {
        "restore": [HEADWATER, "restore", str(folder), "--lake", lake, "--data"],
        "rebuild": [HEADWATER, "rebuild", "--lake", lake, "--data"],
    }
    was = content(server.directory)
    for name, command in commands.items():
        kills = number = 0
        while kills < KILLS:
            number += 1
            made = tmp_path / f"{name}{number}"
            kills += sum(1 for _ in until_killed([*command, str(made)], chance))
            # Killed as it ended, perhaps: the same command is given once more.
            subprocess.run([*command, str(made)], check=True, capture_output=True)
            now = content(made)
            for table, rows in was.items():
                assert now[table] == rows, (name, number, table)
            assert not [one.name for one in made.iterdir() if "unfinished" in one.name]
        print(f"{name}: {kills} kills, {number} made")
    again = Server(tmp_path / "restore1", environment={"HEADWATER_LAKE": lake})
    with again:
        assert again.send("/v1/track", {"userId": "u", "event": "After"}).status_code == 200
    found = in_lake(server)
    assert len(found) == 2_001
    assert max(found.values()) == 1


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_backups_are_whole_whenever_they_are_killed(tmp_path: Path, seed: int) -> None:
    """Over so many kills: what is there is whole and can be restored; nothing half is left."""
    chance = random.Random(seed)
    server = Server(tmp_path / "data", environment=LAKE)
    to, data = tmp_path / "to", str(server.directory)
    command = [HEADWATER, "backup", "--data", data, "--to", str(to)]
    with server:
        fill(server, 2_000, chance)
        kills = 0
        while kills < KILLS:
            kills += sum(1 for _ in until_killed(command, chance))
        listed = subprocess.run(
            [HEADWATER, "backups", "--data", data], check=True, capture_output=True, text=True
        )
        assert "damaged" not in listed.stdout
        assert not [one.name for one in to.iterdir() if one.name.startswith(".")]
    made_ones = sorted(to.iterdir())
    for folder in made_ones:
        for one in manifests.read(folder).files:
            assert manifests.described(folder / one.name) == one
    for number, folder in enumerate(chance.sample(made_ones, min(3, len(made_ones)))):
        made = tmp_path / f"restored{number}"
        subprocess.run(
            [HEADWATER, "restore", str(folder), "--lake", "off", "--data", str(made)],
            check=True,
            capture_output=True,
        )
        assert content(made) == content(server.directory)
