"""Backups of a real server: made while it works, restored after it is lost, reached by erasing."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.local.rebuild.test_served import LAKE, fill, shown
from tests.server import Server

HEADWATER = str(Path(sys.executable).with_name("headwater"))
BOUGHT = {"type": "event", "event": {"name": "Bought"}}


def run(server: Server, *given: str, code: int = 0) -> Any:
    """Run a command; answer its JSON, or what it complained of."""
    done = subprocess.run(
        [HEADWATER, *given, "--json"],
        check=False,
        capture_output=True,
        text=True,
        env=server.environment(),
    )
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout) if code == 0 else done.stderr


def flushed(server: Server) -> None:
    """Return once something is in the lake."""
    deadline = time.monotonic() + 60
    while not any((server.directory / "lake").glob("*/identity/*.parquet")):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_lost_server_is_restored_with_what_came_since(tmp_path: Path) -> None:
    """Backed up while serving, killed, restored with the lake: the same answers, keys and all."""
    draw = random.Random(3)
    first = Server(tmp_path / "first", environment=LAKE)
    data, lake = str(first.directory), str(first.directory / "lake")
    with first:
        fill(first, 200, draw)
        flushed(first)
        made = run(first, "backup", "--data", data, "--to", str(tmp_path / "to"))
        (known,) = run(first, "backups", "--data", data)["backups"]
        assert (known["path"], known["state"]) == (made["backup"], "whole")
        for number in range(10):
            event = {"userId": f"u{number}", "event": "Since", "messageId": f"s{number}"}
            assert first.send("/v1/track", event).status_code == 200
        was = shown(first, 10)
    refused = run(first, "restore", made["backup"], "--data", data, "--lake", lake, code=2)
    assert "has a database already" in refused
    second = Server(tmp_path / "second", environment={**LAKE, "HEADWATER_LAKE": lake})
    command = ("restore", made["backup"], "--data", str(second.directory), "--lake", lake)
    done = run(first, *command)
    assert done["events_from_lake"] == 10
    assert run(first, *command) == done
    with second:
        assert shown(second, 10) == was
        first_key = json.loads((first.directory / "connection.json").read_text())["admin_key"]
        answer = second.admin.get("/v1/keys", headers={"authorization": f"Bearer {first_key}"})
        assert answer.status_code == 200


def test_audiences_are_right_for_whom_the_lake_brings_back(tmp_path: Path) -> None:
    """Who entered since the backup is a member again, and was told of it once."""
    first = Server(tmp_path / "first", environment=LAKE)
    data, lake = str(first.directory), str(first.directory / "lake")
    with first:
        flushed_with(first, "before")
        answer = first.admin.post("/v1/audiences", json={"name": "Buyers", "condition": BOUGHT})
        assert answer.status_code == 201, answer.text
        wait_for_members(first, 1)
        backup = run(first, "backup", "--data", data, "--to", str(tmp_path / "to"))["backup"]
        buy(first, "since")
        wait_for_members(first, 2)
        was = [event["event"] for event in first.timeline("user_id:since")]
    second = Server(tmp_path / "second", environment={**LAKE, "HEADWATER_LAKE": lake})
    run(first, "restore", backup, "--data", str(second.directory), "--lake", lake)
    with second:
        wait_for_members(second, 2)
        page = second.read("/v1/audiences/buyers/members", limit="10").json()
        assert {one["person"] for one in page["members"]} == {"user_id:before", "user_id:since"}
        assert [event["event"] for event in second.timeline("user_id:since")] == was


def buy(server: Server, user: str) -> None:
    """Let somebody do what the audience asks for."""
    event = {"userId": user, "event": "Bought", "messageId": f"bought by {user}"}
    assert server.send("/v1/track", event).status_code == 200


def flushed_with(server: Server, user: str) -> None:
    """Let somebody buy, and return once something is in the lake."""
    buy(server, user)
    flushed(server)


def wait_for_members(server: Server, count: int) -> None:
    """Return once the audience has so many."""
    deadline = time.monotonic() + 60
    while (found := server.read("/v1/audiences/buyers/count").json()["count"]) != count:
        assert time.monotonic() < deadline, found
        time.sleep(0.05)


def test_an_erasure_reaches_backups_and_its_certificate_says_so(tmp_path: Path) -> None:
    """Those that are there have nothing of the person any more; one that is away is named."""
    server = Server(tmp_path / "data", environment={"HEADWATER_LAKE": "auto"})
    with server:
        for name in ("canary-one", "canary-two"):
            event = {"userId": name, "event": "Came", "properties": {"deep": [name]}}
            assert server.send("/v1/track", event).status_code == 200
        options = ("--data", str(server.directory), "--to", str(tmp_path / "to"))
        here, away = (run(server, "backup", *options)["backup"] for _ in range(2))
        Path(away).rename(tmp_path / "elsewhere")
        certificate = run(
            server, "erase", "user_id:canary-one", "--yes", "--data", str(server.directory)
        )
    answers = {one["backup"]: one["answer"] for one in certificate["statement"]["backups"]}
    assert answers[here] == "people removed"
    assert answers[away].startswith("not reached")
    left = b"".join(one.read_bytes() for one in Path(here).iterdir())
    assert b"canary-one" not in left
    assert b"canary-two" in left
