"""Single-event requests on one core, as a ratio of a bare ASGI echo on the same uvicorn settings.

Each connection is kept alive and sends one event, waits for the answer, and sends the next. The
echo reads the body and answers; Headwater answers when the event is on the disk. What an event
costs depends on how many wait for the same fsync, so the number of connections is part of the
figure: 256 is a site of a few thousand events a second whose clients wait some tens of
milliseconds. The target is held for what servers send one at a time, a small event; a page's event
of 960 bytes is measured beside it, as the echo does not look into either. `--sweep` shows other
numbers of connections.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from scripts.bench import rig, shop
from scripts.bench.figures import Figures, console, verdict
from scripts.bench.load import percentile, post
from scripts.bench.processes import SERVER_CORE, Child, module, pin_load_generator
from tests.server import WRITE_KEY, free_port

ECHO, OURS = "bare ASGI echo", "headwater"
TARGET = 0.4

SWEEP = (64, 256, 512)
KINDS = {
    "realistic": "a page's event of 960 bytes, as its own server passes it on",
    "page": "the same from the browser itself: with an origin, and the visitor's cookie to answer",
    "small": "a server's event of 260 bytes: who, what, when and three properties",
}
HELD, BESIDE = "small", "realistic"


def main() -> int:
    """Run the benchmark; the exit status is 1 where the target is missed."""
    parser = rig.arguments(__doc__)
    parser.add_argument("--events", type=int, default=20_000, help="requests a round")
    parser.add_argument("--connections", type=int, default=256, help="requests at the same time")
    parser.add_argument("--people", type=int, default=10_000, help="people known beforehand")
    parser.add_argument("--sweep", action="store_true", help="every kind on 64, 256, 512")
    options = parser.parse_args()
    pin_load_generator()
    with rig.folder() as folder:
        if options.sweep:
            return sweep(folder, options)
        ratios = {kind: measured(folder, options, kind) for kind in (BESIDE, HELD)}
    console.print(f"{BESIDE} events, headwater to echo: {ratios[BESIDE]:.2f} (no target)")
    what = f"{HELD} events, headwater to echo"
    return 0 if verdict(what, ratios[HELD], target=TARGET, at_least=True) else 1


def measured(folder: Path, options: argparse.Namespace, kind: str) -> float:
    """Measure events of one kind, print the figures, and answer the ratio that counts."""
    console.print(f"{kind}: {KINDS[kind]}")
    figures = run(folder / kind, options, kind=kind, connections=options.connections)
    figures.show(f"Single events ({kind}), {options.connections} connections, one core")
    wall, processor = figures.ratio(OURS, ECHO), figures.processor_ratio(OURS, ECHO)
    console.print(f"by the clock: {wall:.2f}; by processor time: {processor:.2f}; the lower counts")
    return figures.lower_ratio(OURS, ECHO)


def sweep(folder: Path, options: argparse.Namespace) -> int:
    """Measure every kind of event on several numbers of connections; there is no target."""
    found = []
    for kind in KINDS:
        for connections in SWEEP:
            figures = run(
                folder / f"{kind}-{connections}", options, kind=kind, connections=connections
            )
            wall, processor = figures.ratio(OURS, ECHO), figures.processor_ratio(OURS, ECHO)
            found.append(
                f"{kind:<10} {connections:>4} connections: {wall:.2f} by the clock, "
                f"{processor:.2f} by processor time"
            )
    for line in found:
        console.print(line)
    return 0


def run(folder: Path, options: argparse.Namespace, *, kind: str, connections: int) -> Figures:
    """Start both servers, measure all rounds, and answer the figures."""
    folder.mkdir(exist_ok=True)
    with (
        module("echo", port=free_port(), core=SERVER_CORE, log=folder / "log") as echo,
        rig.headwater(folder / "data", OURS) as (server, ours),
    ):
        rig.introduce(server.port, people=options.people)
        figures = Figures()
        children = [Child(ECHO, echo.pid, echo.port), ours]
        for number in range(options.rounds + 1):
            console.print(f"round {number} of {options.rounds}" + ("" if number else " (warm-up)"))
            requests = singles(options.events, number, people=options.people, kind=kind)
            for child in children if number % 2 else reversed(children):
                outcome = rig.measure(
                    child,
                    requests,
                    figures if number else Figures(),
                    events=options.events,
                    connections=connections,
                )
                p50, p99 = (1000 * percentile(outcome.latencies, share) for share in (0.5, 0.99))
                console.print(f"    answered in {p50:.1f} ms (median), {p99:.1f} ms (p99)")
        return figures


def singles(events: int, seed: int, *, people: int, kind: str) -> list[bytes]:
    """Answer requests of one event each, to the address of its own call."""
    traffic = shop.Shop(seed, known=people, prefix=f"round-{seed}")
    requests = []
    for _ in range(events):
        event = traffic.event()
        if kind == "small":
            event = small(event)
        body = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
        headers = ("Origin: http://127.0.0.1",) if kind == "page" else ()
        requests.append(post(f"/v1/{event['type']}", body, write_key=WRITE_KEY, headers=headers))
    return requests


def small(event: dict[str, Any]) -> dict[str, Any]:
    """Answer what a server would say of the same: no page, no device, the least of properties."""
    said = {name: event[name] for name in ("messageId", "timestamp", "anonymousId")}
    if event["type"] == "identify":
        return said | {"type": "identify", "userId": event["userId"], "traits": event["traits"]}
    who = {"userId": event["userId"]} if "userId" in event else {}
    properties = {"order_id": event["messageId"][-8:], "revenue": 19.99, "currency": "EUR"}
    name = event.get("event", "Product Viewed")
    return said | who | {"type": "track", "event": name, "properties": properties}


if __name__ == "__main__":
    sys.exit(main())
