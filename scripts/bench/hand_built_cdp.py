"""Batch ingest against what a team builds by hand: FastAPI, asyncpg and PostgreSQL.

Both get the same requests in turn. Everything of either runs on one core, PostgreSQL's processes
included (`--postgresql-core any` lets those use the load generator's core too, which Headwater
never does). PostgreSQL runs with its default, durable settings on the same disk.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from scripts.bench import postgresql, rig, shop
from scripts.bench.figures import Figures, console, verdict
from scripts.bench.processes import SERVER_CORE, Child, module, pin_load_generator
from tests.server import free_port

BASELINE, OURS = "hand-built", "headwater"
TARGET = 10.0


def main() -> int:
    """Run the benchmark; the exit status is 1 where the target is missed."""
    parser = rig.arguments(__doc__)
    parser.add_argument("--events", type=int, default=5_000, help="events a round")
    parser.add_argument("--size", type=int, default=100, help="events a request")
    parser.add_argument("--connections", type=int, default=16, help="requests at the same time")
    parser.add_argument("--people", type=int, default=10_000, help="people known beforehand")
    parser.add_argument(
        "--postgresql-core", choices=("same", "any"), default="same", help="where it may run"
    )
    options = parser.parse_args()
    pin_load_generator()
    with rig.folder() as folder:
        figures = run(folder, options)
    where = "one core" if options.postgresql_core == "same" else "PostgreSQL on either core"
    figures.show(f"Batch ingest, {options.size} events a request, {where}")
    ratio = figures.ratio(OURS, BASELINE)
    return 0 if verdict("headwater to hand-built", ratio, target=TARGET, at_least=True) else 1


def run(folder: Path, options: argparse.Namespace) -> Figures:
    """Start both servers, measure all rounds, and answer the figures."""
    core = SERVER_CORE if options.postgresql_core == "same" else None
    with (
        postgresql.cluster(free_port(), core=core) as database,
        module(
            "hand_built_server",
            "--database",
            database,
            port=free_port(),
            core=SERVER_CORE,
            log=folder / "log",
        ) as baseline,
        rig.headwater(folder / "data", OURS) as (_, ours),
    ):
        children = [Child(BASELINE, baseline.pid, baseline.port), ours]
        for child in children:
            rig.introduce(child.port, people=options.people)
        figures = Figures()
        for number in range(options.rounds + 1):
            console.print(f"round {number} of {options.rounds}" + ("" if number else " (warm-up)"))
            traffic = shop.Shop(number, known=options.people, prefix=f"round-{number}")
            requests = rig.batches(traffic, events=options.events, size=options.size)
            for child in children if number % 2 else reversed(children):
                rig.measure(
                    child,
                    requests,
                    figures if number else Figures(),
                    events=options.events,
                    connections=options.connections,
                )
        return figures


if __name__ == "__main__":
    sys.exit(main())
