"""Cost of an event at 1,000,000 known people against 1,000, and memory over 1,000,000 events.

Two servers: one knows few people, the other is told of a million through its own intake. Then both
get traffic of the same kind in turn, round after round, each with its own people coming back at
random. Memory is read all along while the people are introduced, an event each, and while the
traffic runs.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from scripts.bench import rig, shop
from scripts.bench.figures import Figures, console, verdict
from scripts.bench.load import drive, post
from scripts.bench.processes import Child, pin_load_generator, resident_mebibytes
from tests.server import WRITE_KEY

FEW, MANY = "few people", "many people"
TARGET = 1.3
# Caches fill in the beginning; what counts is whether memory still grows after that.
WARM_UP_EVENTS = 100_000
MEMORY_TARGET = 1.1


@dataclass(slots=True)
class Memory:
    """Readings of a server's memory: events so far, MiB."""

    readings: list[tuple[int, float]] = field(default_factory=list)

    def show(self) -> None:
        """Print about twenty of the readings."""
        step = max(1, len(self.readings) // 20)
        for events, mebibytes in self.readings[::step]:
            console.print(f"  {events:>10,} events {mebibytes:>8,.1f} MiB")

    def growth(self) -> float:
        """Answer the memory of the last tenth by that of the first tenth after the warm-up."""
        warm_up = min(WARM_UP_EVENTS, self.readings[-1][0] // 2)
        warm = [mebibytes for events, mebibytes in self.readings if events >= warm_up]
        tenth = max(1, len(warm) // 10)
        return statistics.median(warm[-tenth:]) / statistics.median(warm[:tenth])


def main() -> int:
    """Run the benchmark; the exit status is 1 where a target is missed."""
    parser = rig.arguments(__doc__)
    parser.add_argument("--few", type=int, default=1_000, help="people of the first server")
    parser.add_argument("--many", type=int, default=1_000_000, help="people of the second")
    parser.add_argument("--events", type=int, default=20_000, help="events a round")
    parser.add_argument("--size", type=int, default=100, help="events a request")
    parser.add_argument("--connections", type=int, default=8, help="requests at the same time")
    options = parser.parse_args()
    pin_load_generator()
    with (
        rig.folder() as folder,
        rig.headwater(folder / "few", FEW) as (_, few),
        rig.headwater(folder / "many", MANY) as (_, many),
    ):
        rig.introduce(few.port, people=options.few)
        memory = Memory()
        introduce_watched(many, options.many, memory)
        figures = rounds(few, many, options, memory)
        console.print(f"database: {size_of(folder / 'many'):,.0f} MiB with many people")
    figures.show(f"Growth: {options.many:,} people against {options.few:,}, one core")
    console.print(
        f"memory of the server with {options.many:,} people (its own, without mapped files)"
    )
    memory.show()
    cost = verdict(
        "cost of an event, many to few", cost_ratio(figures), target=TARGET, at_least=False
    )
    flat = verdict("memory, end to warm", memory.growth(), target=MEMORY_TARGET, at_least=False)
    return 0 if cost and flat else 1


def cost_ratio(figures: Figures) -> float:
    """Answer how many times the seconds an event costs where many people are known."""
    return figures.ratio(FEW, MANY)


def introduce_watched(child: Child, people: int, memory: Memory) -> None:
    """Make the people known, in steps between which the memory is read."""
    step, started = max(5_000, people // 100), time.monotonic()
    for first in range(0, people, step):
        numbers = range(first, min(people, first + step))
        requests = [
            post("/v1/batch", shop.introductions(part, write_key=WRITE_KEY), write_key=WRITE_KEY)
            for part in rig.slices(numbers, 500)
        ]
        outcome = drive(child.port, requests, connections=4)
        outcome.require_success()
        memory.readings.append((numbers.stop, resident_mebibytes(child.pid)))
        console.print(
            f"  {numbers.stop:>10,} people known, {len(numbers) / outcome.seconds:>8,.0f} events/s,"
            f" {memory.readings[-1][1]:,.0f} MiB, {time.monotonic() - started:,.0f} s"
        )


def rounds(few: Child, many: Child, options: argparse.Namespace, memory: Memory) -> Figures:
    """Give both servers traffic of their own people in turn."""
    figures, sent = Figures(), options.many
    for number in range(options.rounds + 1):
        console.print(f"round {number} of {options.rounds}" + ("" if number else " (warm-up)"))
        pairs = [(few, options.few), (many, options.many)]
        for child, people in pairs if number % 2 else reversed(pairs):
            traffic = shop.Shop(number, known=people, prefix=f"round-{number}")
            rig.measure(
                child,
                rig.batches(traffic, events=options.events, size=options.size),
                figures if number else Figures(),
                events=options.events,
                connections=options.connections,
            )
        sent += options.events
        memory.readings.append((sent, resident_mebibytes(many.pid)))
    return figures


def size_of(folder: Path) -> float:
    """Answer the size of all files in a folder, in MiB."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 2**20


if __name__ == "__main__":
    sys.exit(main())
