"""Batch ingest on one core, as a ratio of a floor that only parses, validates and inserts.

Both get the same requests of 100 events in turn, round after round; the load generator has the
other core. The third figure is ours with one webhook destination on, which is being delivered to
meanwhile on the same core.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from scripts.bench import rig, shop
from scripts.bench.figures import Figures, console, verdict
from scripts.bench.processes import LOAD_CORE, SERVER_CORE, Child, module, pin_load_generator
from tests.server import free_port

FLOOR, OURS, WITH_WEBHOOK = "floor", "headwater", "headwater, one webhook on"
TARGET = 0.4


def main() -> int:
    """Run the benchmark; the exit status is 1 where the target is missed."""
    parser = rig.arguments(__doc__)
    parser.add_argument("--events", type=int, default=10_000, help="events a round")
    parser.add_argument("--size", type=int, default=100, help="events a request")
    parser.add_argument("--connections", type=int, default=8, help="requests at the same time")
    parser.add_argument("--people", type=int, default=10_000, help="people known beforehand")
    parser.set_defaults(rounds=15)  # each lasts the floor a quarter of a second only
    options = parser.parse_args()
    pin_load_generator()
    with rig.folder() as folder:
        figures = run(folder, options)
    figures.show(f"Batch ingest, {options.size} events a request, one core")
    with_webhook = figures.ratio(WITH_WEBHOOK, FLOOR)
    console.print(f"with one webhook on, to floor: {with_webhook:.2f} (no target)")
    wall, processor = figures.ratio(OURS, FLOOR), figures.processor_ratio(OURS, FLOOR)
    console.print(f"by the clock: {wall:.2f}; by processor time: {processor:.2f}; the lower counts")
    ratio = figures.lower_ratio(OURS, FLOOR)
    return 0 if verdict("headwater to floor", ratio, target=TARGET, at_least=True) else 1


def run(folder: Path, options: argparse.Namespace) -> Figures:
    """Start the servers, measure all rounds, and answer the figures."""
    log = folder / "log"
    floor_port, sink_port = free_port(), free_port()
    with (
        module("floor", "--data", str(folder), port=floor_port, core=SERVER_CORE, log=log) as floor,
        module("sink", port=sink_port, core=LOAD_CORE, log=log) as sink,
        rig.headwater(folder / "ours", OURS) as (server, ours),
        rig.headwater(folder / "webhook", WITH_WEBHOOK) as (delivering, with_webhook),
    ):
        for port in (server.port, delivering.port):
            rig.introduce(port, people=options.people)
        delivering.add_webhook("sink", f"http://127.0.0.1:{sink_port}/")
        return rounds([floor, ours, with_webhook], sink, options)


def rounds(children: list[Child], sink: Child, options: argparse.Namespace) -> Figures:
    """Give each server the same requests in turn, in another order every round."""
    figures, warm_up = Figures(), Figures()
    for number in range(options.rounds + 1):
        console.print(f"round {number} of {options.rounds}" + ("" if number else " (warm-up)"))
        traffic = shop.Shop(number, known=options.people, prefix=f"round-{number}")
        requests = rig.batches(traffic, events=options.events, size=options.size)
        first = number % len(children)
        for child in children[first:] + children[:first]:
            rig.measure(
                child,
                requests,
                figures if number else warm_up,
                events=options.events,
                connections=options.connections,
            )
            if child.name == WITH_WEBHOOK:
                report_deliveries(sink)
    return figures


def report_deliveries(sink: Child) -> None:
    """Wait for the webhook to have all, so that the next server has the core to itself."""
    started = time.monotonic()
    count, last = rig.wait_for_deliveries(sink)
    console.print(f"    webhook: {count:,} so far, the last {last - started:.1f} s after the load")


if __name__ == "__main__":
    sys.exit(main())
