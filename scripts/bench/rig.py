"""What the benchmarks share: a server of ours on one core, people to know, and rounds of load."""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
from rich.progress import track

from scripts.bench import shop
from scripts.bench.figures import Figures, console
from scripts.bench.load import Outcome, drive, post
from scripts.bench.processes import SERVER_CORE, Child, cpu_seconds
from tests.server import WRITE_KEY, Server


@contextmanager
def folder() -> Iterator[Path]:
    """Answer a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="headwater-bench-") as name:
        yield Path(name)


@contextmanager
def headwater(data: Path, name: str) -> Iterator[tuple[Server, Child]]:
    """Run `headwater serve` on the server's core while entered.

    Without the lake, unless `HEADWATER_LAKE` says otherwise: it is flushed by a process of its
    own, of low priority, whose time on the same core is another benchmark's to tell.
    """
    environment = {"HEADWATER_LAKE": os.environ.get("HEADWATER_LAKE", "off")}
    with Server(data, core=SERVER_CORE, environment=environment) as server:
        yield server, Child(name, server.pid, server.port)


def batches(traffic: shop.Shop, *, events: int, size: int) -> list[bytes]:
    """Answer whole requests of `size` events each, `events` in all."""
    return [
        post("/v1/batch", traffic.batch(size, write_key=WRITE_KEY), write_key=WRITE_KEY)
        for _ in range(events // size)
    ]


def introduce(port: int, *, people: int, size: int = 500) -> None:
    """Make `user-0` to `user-{people - 1}` known to a server, each with two ids and an email."""
    steps = list(slices(range(people), 100 * size))
    for numbers in track(
        steps, description=f"introducing {people:,} people", console=console, transient=True
    ):
        requests = [
            post("/v1/batch", shop.introductions(part, write_key=WRITE_KEY), write_key=WRITE_KEY)
            for part in slices(numbers, size)
        ]
        drive(port, requests, connections=4).require_success()


def slices(numbers: range, size: int) -> Iterator[range]:
    """Cut a range into ranges of `size`; the last may be shorter."""
    for start in range(numbers.start, numbers.stop, size):
        yield range(start, min(numbers.stop, start + size))


def measure(
    child: Child, requests: Sequence[bytes], figures: Figures, *, events: int, connections: int
) -> Outcome:
    """Send the requests and note how many events a second that was."""
    cpu = cpu_seconds(child.pid)
    outcome = drive(child.port, requests, connections=connections)
    outcome.require_success()
    used = cpu_seconds(child.pid) - cpu
    figures.add(child.name, events, seconds=outcome.seconds, cpu=used)
    return outcome


def wait_for_deliveries(sink: Child, *, patience: float = 120.0) -> tuple[int, float]:
    """Wait until nothing more arrives; answer how many came and when the last did."""
    count, since = -1, time.monotonic()
    deadline = since + patience
    while time.monotonic() < deadline:
        now = int(httpx.get(f"http://127.0.0.1:{sink.port}/count").text)
        if now != count:
            count, since = now, time.monotonic()
        elif time.monotonic() - since > 1.5:
            break
        time.sleep(0.1)
    return count, since


def arguments(description: str | None) -> argparse.ArgumentParser:
    """Answer a parser with what every benchmark takes."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=7, help="interleaved rounds; medians count")
    return parser
