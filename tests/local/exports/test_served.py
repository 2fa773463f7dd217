"""The command against a real server: one file, a folder, and a server that is killed meanwhile."""

from __future__ import annotations

import asyncio
import csv
import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from headwater.local.command_line.application import application
from tests.local.lake.shop_files import make_shop, serve_it
from tests.server import Server
from tests.simulation.world import WORKSPACE

HEADWATER = str(Path(sys.executable).with_name("headwater"))


def command(server: Server, folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start a command as somebody at the server's machine would."""
    return subprocess.Popen(
        [HEADWATER, *arguments, "--data", str(server.directory), "--workspace", WORKSPACE],
        cwd=folder,
        env={**server.environment(), "HEADWATER_URL": server.url},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(server: Server, *arguments: str) -> tuple[int, str]:
    """Answer the exit code of a command in this process, and what it printed."""
    where = ["--data", str(server.directory), "--workspace", WORKSPACE]
    done = CliRunner().invoke(application, [*arguments, *where])
    return done.exit_code, done.output


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server on a folder that has events of four days."""
    directory = tmp_path / "data"
    directory.mkdir()
    asyncio.run(make_shop(directory, days=4, each=20))
    made = Server(directory, environment={"HEADWATER_LAKE": "auto"})
    yield made
    made.kill()


def rows_of(folder: Path) -> list[str]:
    """Answer the message ids in all CSV files under a folder."""
    return sorted(
        row["message_id"]
        for path in folder.rglob("*.csv")
        for row in csv.DictReader(path.read_text("utf-8").splitlines())
    )


EVERY = [f"m{day:02}x{number:03}" for day in range(4) for number in range(20)]


@pytest.mark.parametrize("kills", [1, pytest.param(10, marks=pytest.mark.slow)])
def test_an_export_survives_a_server_that_is_killed(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kills: int
) -> None:
    """The command says so; run again it goes on, and each event is in the files once."""
    asked = ("export", "--format", "csv", "--partition-by", "day", "--to", "out")
    monkeypatch.chdir(tmp_path)
    draw = random.Random(kills)
    server.start()
    serve_it(server)
    for _ in range(kills):
        going = command(server, tmp_path, *asked)
        time.sleep(draw.uniform(0.8, 3.0))
        server.kill()
        _, error = going.communicate(timeout=60)
        assert going.returncode in {0, 3}, error
        server.start()
        if going.returncode == 0:
            break
        assert not (tmp_path / "out").exists()
    if not (tmp_path / "out").exists():
        code, printed = run(server, *asked)
        assert code == 0, printed
    assert rows_of(tmp_path / "out") == EVERY
    assert list(tmp_path.glob(".out*")) == []
    assert "Traceback" not in server.last_words()
    deadline = time.monotonic() + 10
    while list((server.directory / "exports").iterdir()) and time.monotonic() < deadline:
        time.sleep(0.1)
    server.stop()


def test_a_file_appears_whole_and_what_is_there_stays(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be done is told before anything is begun; a cut fetch goes on."""
    monkeypatch.chdir(tmp_path)
    with server:
        serve_it(server)
        code, printed = run(server, "export", "--to", "some.jsonl", "--json")
        assert code == 0, printed
        assert json.loads(printed)["rows"] == len(EVERY)
        lines = (tmp_path / "some.jsonl").read_text("utf-8").splitlines()
        assert sorted(json.loads(line)["message_id"] for line in lines) == EVERY

        for arguments, says in (
            (["--to", "some.jsonl"], "--overwrite"),
            (["--to", "nowhere/x.csv"], "no folder"),
            (["--format", "xls"], "parquet, csv, jsonl"),
            (["--partition-by", "hour"], "give day"),
            (["--to", "x.csv", "--where", "nope = 1"], "nope"),
            (["--to", "x.csv", "--where", "true) --"], "syntax error"),
            (["--to", "x.csv", "--since", "yesterday"], "ISO 8601"),
            (["--to", "x.csv", "--since", "2026-02-02", "--until", "2026-02-01"], "before 'since'"),
            (["--to", "x.csv", "--where", " "], "condition is empty"),
            (["--to", "orders.json"], "names no format"),
        ):
            code, printed = run(server, "export", *arguments)
            assert code != 0
            assert says in printed
            assert "Traceback" not in printed
        assert sorted(path.name for path in tmp_path.iterdir()) == [
            "data",
            "data.log",
            "some.jsonl",
        ]
        where = "name = 'Ordered' AND timestamp >= '2026-01-01'"
        code, printed = run(server, "export", "--to", "some.jsonl", "--where", where, "--overwrite")
        assert code == 0, printed
        assert len((tmp_path / "some.jsonl").read_text("utf-8").splitlines()) == len(EVERY) // 2
