"""What the lake adds to the cost of an event: a server that keeps one against one that does not.

Both get the same requests in turn, on one core that the lake's own process shares. The cost is
processor time until every event of the round is in the lake, the lake's process included, over all
rounds together: what is done for many flushes at once, such as putting small files together, falls
into one round. A flush begins every six seconds, where it is a minute by default, or after as
many events as by default. Both are left alone for as long after each round, and asked as often
whether they are done, since that takes a server's time too. Beside it stand the events a second
meanwhile, on that same core.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts.bench import rig, shop
from scripts.bench.figures import Figures, console, verdict
from scripts.bench.load import drive
from scripts.bench.processes import SERVER_CORE, cpu_seconds, pin_load_generator
from tests.server import Server

WITHOUT, WITH = "no lake", "lake"
TARGET = 1.15
PAUSE = 7.0
"""Seconds after a round: the lake is flushed every six.

A server has no events for one of these and two rounds of the other at most. So its lake never has
nothing to do for five flushes, after which its process would end, to start anew in the next round.
"""

ROUNDS = 16
"""As many as `tending.PILE`: files are put together in one of them."""


def main() -> int:
    """Run the benchmark; the exit status is 1 where the target is missed."""
    parser = rig.arguments(__doc__)
    parser.add_argument("--events", type=int, default=20_000, help="events a round")
    parser.add_argument("--size", type=int, default=100, help="events a request")
    parser.add_argument("--connections", type=int, default=8, help="requests at the same time")
    parser.add_argument("--people", type=int, default=10_000, help="people known beforehand")
    parser.set_defaults(rounds=ROUNDS)
    options = parser.parse_args()
    pin_load_generator()
    with (
        rig.folder() as folder,
        server(folder / "off", "off") as off,
        server(folder / "on", "auto") as on,
    ):
        figures = rounds({WITHOUT: off, WITH: on}, options)
    figures.show(f"Batch ingest, {options.size} events a request, one core for server and lake")
    console.print(f"by events a second meanwhile: {figures.ratio(WITH, WITHOUT):.2f} (no target)")
    cost = figures.whole_cost(WITH, WITHOUT)
    return 0 if verdict("cost with a lake to without", cost, target=TARGET, at_least=False) else 1


@contextmanager
def server(data: Path, lake: str) -> Iterator[Server]:
    """Run a server on the server's core."""
    environment = {"HEADWATER_LAKE": lake, "HEADWATER_LAKE_FLUSH_SECONDS": "6"}
    with Server(data, core=SERVER_CORE, environment=environment) as one:
        yield one


def rounds(servers: dict[str, Server], options: argparse.Namespace) -> Figures:
    """Give each server the same requests in turn, in another order every round."""
    figures, warm_up = Figures(), Figures()
    for one in servers.values():
        rig.introduce(one.port, people=options.people)
        wait_for_lake(one)
    names = list(servers)
    for number in range(options.rounds + 1):
        console.print(f"round {number} of {options.rounds}" + ("" if number else " (warm-up)"))
        traffic = shop.Shop(number, known=options.people, prefix=f"round-{number}")
        requests = rig.batches(traffic, events=options.events, size=options.size)
        for name in names[number % 2 :] + names[: number % 2]:
            one = servers[name]
            before = family_seconds(one.pid)
            outcome = drive(one.port, requests, connections=options.connections)
            outcome.require_success()
            time.sleep(PAUSE)
            wait_for_lake(one)
            used = family_seconds(one.pid) - before
            (figures if number else warm_up).add(
                name, options.events, seconds=outcome.seconds, cpu=used
            )
    return figures


def wait_for_lake(one: Server, *, patience: float = 120.0) -> None:
    """Return once nothing waits for the lake."""
    deadline = time.monotonic() + patience
    while one.read("/v1/status").json()["figures"].get("lake_waiting"):
        if time.monotonic() > deadline:
            raise SystemExit(f"the lake did not follow within {patience:g} s")
        time.sleep(0.25)


def family_seconds(pid: int) -> float:
    """Answer the processor time of a process and of those that it has started, in seconds."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return cpu_seconds(pid) + sum(cpu_seconds(int(child)) for child in children)


if __name__ == "__main__":
    sys.exit(main())
