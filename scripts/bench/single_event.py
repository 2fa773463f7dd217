"""Single-event requests on one core, as a ratio of a bare ASGI echo on the same uvicorn settings.

Each connection is kept alive and sends one event, waits for the answer, and sends the next. The
echo reads the body and answers; Headwater answers when the event is on the disk.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from scripts.bench import rig, shop
from scripts.bench.figures import Figures, console, verdict
from scripts.bench.load import percentile, post
from scripts.bench.processes import SERVER_CORE, Child, module, pin_load_generator
from tests.server import WRITE_KEY, free_port

ECHO, OURS = "bare ASGI echo", "headwater"
TARGET = 0.4


def main() -> int:
    """Run the benchmark; the exit status is 1 where the target is missed."""
    parser = rig.arguments(__doc__)
    parser.add_argument("--events", type=int, default=20_000, help="requests a round")
    parser.add_argument("--connections", type=int, default=64, help="requests at the same time")
    parser.add_argument("--people", type=int, default=10_000, help="people known beforehand")
    options = parser.parse_args()
    pin_load_generator()
    with rig.folder() as folder:
        figures = run(folder, options)
    figures.show(f"Single events, {options.connections} connections, one core")
    console.print(f"by processor time: {figures.processor_ratio(OURS, ECHO):.2f}")
    ratio = figures.ratio(OURS, ECHO)
    return 0 if verdict("headwater to echo", ratio, target=TARGET, at_least=True) else 1


def run(folder: Path, options: argparse.Namespace) -> Figures:
    """Start both servers, measure all rounds, and answer the figures."""
    with (
        module("echo", port=free_port(), core=SERVER_CORE, log=folder / "log") as echo,
        rig.headwater(folder / "data", OURS) as (server, ours),
    ):
        rig.introduce(server.port, people=options.people)
        figures = Figures()
        children = [Child(ECHO, echo.pid, echo.port), ours]
        for number in range(options.rounds + 1):
            console.print(f"round {number} of {options.rounds}" + ("" if number else " (warm-up)"))
            requests = singles(options.events, number, people=options.people)
            for child in children if number % 2 else reversed(children):
                outcome = rig.measure(
                    child,
                    requests,
                    figures if number else Figures(),
                    events=options.events,
                    connections=options.connections,
                )
                p50, p99 = (1000 * percentile(outcome.latencies, share) for share in (0.5, 0.99))
                console.print(f"    answered in {p50:.1f} ms (median), {p99:.1f} ms (p99)")
        return figures


def singles(events: int, seed: int, *, people: int) -> list[bytes]:
    """Answer requests of one event each, to the address of its own call."""
    traffic = shop.Shop(seed, known=people, prefix=f"round-{seed}")
    requests = []
    for _ in range(events):
        event = traffic.event()
        body = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
        requests.append(post(f"/v1/{event['type']}", body, write_key=WRITE_KEY))
    return requests


if __name__ == "__main__":
    sys.exit(main())
