"""Time from an event's answer to its receipt at a webhook, with and without a dead neighbour.

Two servers get the same even trickle of events in turn. Both deliver to a webhook that answers at
once; the second server also to one that accepts connections and never answers.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import time
from dataclasses import dataclass, field

import httpx

from scripts.bench import rig, shop
from scripts.bench.figures import console, verdict
from scripts.bench.load import percentile
from scripts.bench.processes import pin_load_generator
from tests.loopback import Loopback, Reply, Request
from tests.recorder import Recorder
from tests.server import WRITE_KEY, Server

ALONE, BESIDE = "alone", "beside a dead destination"
TARGET = 2.0


@dataclass(slots=True)
class Lane:
    """A server, the webhook that is measured, and the delivery times in seconds."""

    name: str
    server: Server
    recorder: Recorder
    rounds: list[list[float]] = field(default_factory=list)


def main() -> int:
    """Run the benchmark; the exit status is 1 where the target is missed."""
    parser = rig.arguments(__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="length of a round")
    parser.add_argument("--rate", type=float, default=200.0, help="events a second")
    parser.add_argument("--answer-after", type=float, default=3600.0, help="dead one, in seconds")
    options = parser.parse_args()
    pin_load_generator()

    async def never(_: Request) -> Reply:
        await asyncio.sleep(options.answer_after)
        return Reply()

    with (
        rig.folder() as folder,
        Loopback(never) as dead,
        Recorder(keep=False) as first,
        Recorder(keep=False) as second,
        rig.headwater(folder / "alone", ALONE) as (alone, _),
        rig.headwater(folder / "beside", BESIDE) as (beside, _),
    ):
        alone.add_webhook("live", first.url)
        beside.add_webhook("live", second.url)
        beside.add_webhook("dead", f"{dead.url}/hook")
        lanes = [Lane(ALONE, alone, first), Lane(BESIDE, beside, second)]
        for number in range(options.rounds + 1):
            console.print(f"round {number} of {options.rounds}" + ("" if number else " (warm-up)"))
            for lane in lanes if number % 2 else reversed(lanes):
                run_round(lane, number, options)
    return 0 if report(lanes) else 1


def run_round(lane: Lane, number: int, options: argparse.Namespace) -> None:
    """Send one round of events and note when each was received."""
    traffic = shop.Shop(number, known=1_000, prefix=f"round-{number}")
    events = int(options.rate * options.seconds)
    answered = asyncio.run(trickle(lane.server, traffic, events, options.rate))
    missing = lane.recorder.wait_for(set(answered), patience=60.0)
    if missing:
        raise SystemExit(f"{len(missing)} of {events} events were not delivered in a minute")
    receipts = lane.recorder.first_receipt
    # A receipt may even precede our reading of the answer; that is "at once".
    times = [max(1e-4, receipts[one] - at) for one, at in answered.items()]
    if number:
        lane.rounds.append(times)
    p50, p99 = (1000 * percentile(times, share) for share in (0.5, 0.99))
    console.print(f"  {lane.name:<28} median {p50:>7.1f} ms   p99 {p99:>7.1f} ms")


async def trickle(server: Server, traffic: shop.Shop, events: int, rate: float) -> dict[str, float]:
    """Send events evenly; answer when each was answered, by message id, as `time.time()`."""
    answered: dict[str, float] = {}
    limits = httpx.Limits(max_connections=32)
    async with httpx.AsyncClient(
        base_url=server.url, auth=(WRITE_KEY, ""), limits=limits
    ) as client:

        async def send(event: dict[str, object]) -> None:
            response = await client.post(f"/v1/{event['type']}", json=event)
            response.raise_for_status()
            answered[str(event["messageId"])] = time.time()

        started = time.monotonic()
        async with asyncio.TaskGroup() as tasks:
            for number in range(events):
                await asyncio.sleep(max(0.0, started + number / rate - time.monotonic()))
                tasks.create_task(send(traffic.event()))
    return answered


def report(lanes: list[Lane]) -> bool:
    """Print the medians over the rounds and answer whether the target is met."""
    p99s = [[percentile(times, 0.99) for times in lane.rounds] for lane in lanes]
    for lane, values in zip(lanes, p99s, strict=True):
        console.print(
            f"{lane.name}: p99 {1000 * statistics.median(values):.1f} ms (median of rounds)"
        )
    ratio = statistics.median(b / a for a, b in zip(*p99s, strict=True))
    return verdict("p99 beside a dead one to alone", ratio, target=TARGET, at_least=False)


if __name__ == "__main__":
    sys.exit(main())
