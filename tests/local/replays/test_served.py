"""Replays by a real server to a real webhook, and a server that is killed meanwhile."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from headwater.local.command_line.application import application
from tests.local.lake.shop_files import make_shop, serve_it
from tests.recorder import Recorder
from tests.server import Server
from tests.simulation.world import WORKSPACE

EVERY = {f"m{day:02}x{number:03}" for day in range(3) for number in range(100)}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server on a folder that has events of three days."""
    directory = tmp_path / "data"
    directory.mkdir()
    asyncio.run(make_shop(directory, days=3, each=100))
    made = Server(directory, environment={"HEADWATER_LAKE": "auto"})
    yield made
    made.kill()


def run(server: Server, *arguments: str) -> tuple[int, str]:
    """Answer the exit code of a command in this process, and what it printed."""
    where = ["--data", str(server.directory), "--workspace", WORKSPACE]
    done = CliRunner().invoke(application, [*arguments, *where])
    return done.exit_code, done.output


@pytest.mark.parametrize("kills", [1, pytest.param(10, marks=pytest.mark.slow)])
def test_a_replay_survives_a_server_that_is_killed(server: Server, kills: int) -> None:
    """It goes on by itself; each event was put into the lane once, and is delivered."""
    draw = random.Random(kills)
    with Recorder(keep=False) as recorder:
        server.start()
        serve_it(server)
        hook = server.add_webhook("recorder", recorder.url)
        order = {"destination": hook, "rate": 100}
        job = server.admin.post("/v1/replays", json=order).json()["id"]
        for _ in range(kills):
            time.sleep(draw.uniform(0.5, 2.5))
            server.kill()
            server.start()
            serve_it(server)
        deadline = time.monotonic() + 60
        while (found := server.admin.get(f"/v1/jobs/{job}").json())["state"] != "done":
            assert time.monotonic() < deadline, found
            time.sleep(0.1)
        assert found["result"]["sent"] == len(EVERY)
        assert recorder.wait_for(EVERY, patience=60) == set()
        lane = server.admin.get("/v1/deliveries").json()["deliveries"][0]
        while lane["waiting"]:
            assert time.monotonic() < deadline
            lane = server.admin.get("/v1/deliveries").json()["deliveries"][0]
        assert (lane["delivered"], lane["failed"]) == (len(EVERY), 0)
    assert "Traceback" not in server.last_words()


def test_the_same_command_goes_on_with_a_replay_that_is_under_way(server: Server) -> None:
    """Somebody who was cut off runs it again: nothing is sent twice. Other events are another."""
    with Recorder(keep=False) as recorder, server:
        serve_it(server)
        hook = server.add_webhook("Warehouse", recorder.url)
        order = {"destination": hook, "since": "2020-01-01", "rate": 100}
        job = server.admin.post("/v1/replays", json=order).json()["id"]
        asked = ["replay", "--to", "Warehouse", "--since", "2020-01-01T00:00Z", "--yes"]
        code, printed = run(server, *asked)
        assert code == 0, printed
        assert f"Going on with {job}" in printed
        assert recorder.wait_for(set(EVERY), patience=60) == set()
        jobs = server.admin.get("/v1/jobs?kind=replay").json()["jobs"]
        assert [one["id"] for one in jobs if not one["parameters"]["dry_run"]] == [job]
        code, printed = run(server, *asked, "--where", "name = 'Ordered'", "--rate", "5000")
        assert code == 0, printed
        assert "Going on" not in printed


def test_the_command_counts_first_and_asks(server: Server) -> None:
    """By the destination's id or name; without a terminal it wants --yes."""
    with Recorder(keep=False) as recorder, server:
        serve_it(server)
        server.add_webhook("Warehouse", recorder.url)
        asked = ["replay", "--to", "Warehouse", "--where", "name = 'Ordered'", "--rate", "5000"]
        code, printed = run(server, *asked, "--dry-run")
        assert code == 0, printed
        assert "150 events would be sent" in printed
        code, printed = run(server, *asked)
        assert (code, "--yes" in printed) == (2, True)
        assert recorder.receipts == {}
        code, printed = run(server, *asked, "--yes")
        assert code == 0, printed
        assert "150 events now in the destination's lane" in printed
        ordered = {name for name in EVERY if int(name[-3:]) % 2}
        assert recorder.wait_for(ordered, patience=30) == set()
        for arguments, says in (
            (["--to", "Nowhere"], "Warehouse (dst_"),
            (["--to", "Warehouse", "--where", "nope"], "nope"),
        ):
            code, printed = run(server, "replay", *arguments)
            assert code != 0
            assert says in printed
