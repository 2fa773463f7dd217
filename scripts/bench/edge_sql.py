"""The edge's `Sql` adapter against the SDK's own wrapper, in one object of one workerd.

Inserting a batch, reading a page and reading one row, by either in turn, round after round. Needs
what the tests of the edge need (`scripts/test` installs it).
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

import httpx
from rich.table import Table

from scripts.bench.figures import console, verdict
from tests.edge import bundle
from tests.edge.workerd import Worker, Workerd

# A loop of calls against one: what the rewriting of statements is for.
TARGET = 5.0

OPTIONS = {
    "compatibilityDate": "2026-11-01",
    "durableObjects": {"ROOM": {"className": "Room", "useSQLite": True}},
}


def measured(rounds: int, repetitions: int) -> dict[str, list[list[float]]]:
    """Answer, by kind of work, a pair of microseconds for each round: the SDK's and ours."""
    worker = Path(__file__).with_name("edge_sql_worker.py")
    files = {**bundle.worker_files(), "entry.py": worker}
    found: dict[str, list[list[float]]] = {}
    with (
        tempfile.TemporaryDirectory() as state,
        Workerd(Worker(files, OPTIONS), state=Path(state)) as running,
    ):
        for number in range(rounds + 1):
            answer = httpx.post(running.url, content=str(repetitions), timeout=300)
            answer.raise_for_status()
            if number:  # the first warms up
                for name, pair in answer.json().items():
                    found.setdefault(name, []).append(pair)
    return found


def main() -> int:
    """Print microseconds and ratios; answer 1 where inserting misses its target."""
    parser = argparse.ArgumentParser(prog="scripts.bench.edge_sql", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--repetitions", type=int, default=30, help="of each work in a round")
    options = parser.parse_args()
    table = Table("", "SDK µs", "ours µs", "times as fast")
    ratios = {}
    for name, pairs in measured(options.rounds, options.repetitions).items():
        ratios[name] = statistics.median(sdk / ours for sdk, ours in pairs)
        sdk, ours = (statistics.median(side) for side in zip(*pairs, strict=True))
        table.add_row(name, f"{sdk:,.0f}", f"{ours:,.0f}", f"{ratios[name]:.1f}")
    console.print(table)
    met = verdict(
        "inserting 100 rows, the SDK's time by ours",
        ratios["insert 100 rows"],
        target=TARGET,
        at_least=True,
    )
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
