"""The lake's own process ends with the server that started it, and says nothing about it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from headwater.local.lake.orders import Flush


def an_order(folder: Path) -> bytes:
    """To flush a database that is not there: it is answered with a failure."""
    order = Flush(
        database=str(folder / "none.sqlite"),
        address=str(folder / "lake"),
        position=0,
        change=None,
        workspaces={},
        limit=10,
        now=0,
        unique="one",
    )
    return msgspec.json.encode(order) + b"\n"


def start() -> subprocess.Popen[bytes]:
    """The process, with its input, answers and log in pipes."""
    return subprocess.Popen(
        [sys.executable, "-m", "headwater.local.lake.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_an_answer_that_nobody_reads_any_more_ends_it_quietly(tmp_path: Path) -> None:
    """The server was killed while an order was carried out: no traceback in its log."""
    worker = start()
    assert worker.stdin is not None
    assert worker.stdout is not None
    assert worker.stderr is not None
    worker.stdin.write(an_order(tmp_path))
    worker.stdin.flush()
    assert b"Failed" in worker.stdout.readline()
    worker.stdout.close()
    worker.stdin.write(an_order(tmp_path))
    worker.stdin.flush()
    said = worker.stderr.read()
    assert worker.wait(timeout=30) == 0
    assert said == b""
    worker.stderr.close()
    worker.stdin.close()


@pytest.mark.parametrize("cut", [0, 20])
def test_an_input_that_ends_ends_it_quietly(tmp_path: Path, cut: int) -> None:
    """Also in the middle of an order: the server was killed while it wrote."""
    answers, said = start().communicate(an_order(tmp_path)[:cut], timeout=30)
    assert (answers, said) == (b"", b"")
