"""Ingest with audiences, as a ratio of ingest with none; and how soon a membership is seen.

Three servers get the same requests in turn, round after round: one without audiences, one with
200, one with 2,000. Each event of the shop touches 10 of them, by figures over windows, sequences
and traits; the rest are about events that do not come. Then, under a steady load, single events
make people members, and a reader asks until it sees that.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import threading
import time
from pathlib import Path
from typing import Any

import httpx

from headwater.actors.workspace import WorkspaceActor
from headwater.local.migrations import open_database
from headwater.local.random import SystemRandom
from scripts.bench import rig, shop
from scripts.bench.figures import Figures, console, verdict
from scripts.bench.processes import Child, pin_load_generator
from tests.server import ADMIN_KEY, WRITE_KEY, Server

NONE, FEW, MANY = "no audience", "200 audiences", "2,000 audiences"
HALF, NO_MORE, SOON = 0.5, 1.2, 100.0


def main() -> int:
    """Run the benchmark; the exit status is 1 where a target is missed."""
    parser = rig.arguments(__doc__)
    parser.add_argument("--events", type=int, default=10_000, help="events a round")
    parser.add_argument("--size", type=int, default=100, help="events a request")
    parser.add_argument("--connections", type=int, default=8, help="requests at the same time")
    parser.add_argument("--people", type=int, default=10_000, help="people known beforehand")
    parser.add_argument("--asked", type=int, default=300, help="memberships that are waited for")
    options = parser.parse_args()
    pin_load_generator()
    with rig.folder() as folder:
        figures, waits = run(folder, options)
    figures.show(f"Ingest with audiences, {options.size} events a request, one core")
    half = verdict(
        "200 audiences to none", figures.lower_ratio(FEW, NONE), target=HALF, at_least=True
    )
    cost = statistics.median(figures.processor[FEW]) / statistics.median(figures.processor[MANY])
    more = verdict("cost with 2,000 to 200", cost, target=NO_MORE, at_least=False)
    waits.sort()
    console.print(f"from answer to membership seen, p50: {1000 * waits[len(waits) // 2]:.1f} ms")
    late = 1000 * waits[int(len(waits) * 0.99)]
    soon = verdict("from answer to membership seen, p99 in ms", late, target=SOON, at_least=False)
    return 0 if half and more and soon else 1


def run(folder: Path, options: argparse.Namespace) -> tuple[Figures, list[float]]:
    """Start the servers, measure all rounds and waits, and answer what came out."""
    for name, count in (("none", 0), ("few", 200), ("many", 2000)):
        prepare(folder / name, count)
    with (
        rig.headwater(folder / "none", NONE) as (_, none),
        rig.headwater(folder / "few", FEW) as (server, few),
        rig.headwater(folder / "many", MANY) as (_, many),
    ):
        children = [none, few, many]
        for child in children:
            rig.introduce(child.port, people=options.people)
        figures = rounds(children, options)
        return figures, waits(server, options)


def rounds(children: list[Child], options: argparse.Namespace) -> Figures:
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
    return figures


def prepare(data: Path, count: int) -> None:
    """Make a database with so many audiences, as if its server had been told them."""
    with Server(data):
        pass
    if not count:
        return
    database = open_database(data / "headwater.sqlite3")
    actor = WorkspaceActor(database, "default", random=SystemRandom())
    with database.transaction():
        for number, definition in enumerate(definitions(count)):
            database.execute(
                "INSERT INTO audiences VALUES ('default', ?, ?, ?, '', ?, 1, 1, 0)",
                (f"aud_{number}", f"audience_{number}", f"Audience {number}", definition),
            )
        actor.update_audience("aud_0", {"description": "All are in place."})
    database.close()


def definitions(count: int) -> list[str]:
    """Answer conditions, ten for each kind of event that comes, the others for ones that do not."""
    names = ["Product Viewed", "Product Added", "Order Completed", "Checkout Step Viewed"]
    touched = [one for name in names for one in about({"name": name})]
    touched += about({"name": "Product", "call": "page"})
    touched += [
        {"type": "trait", "path": "plan", "operator": "equals", "value": f"plan-{number}"}
        for number in range(8)
    ]
    touched += [{"type": "trait", "path": "plan", "operator": "equals", "value": "pro"}]
    touched += [{"type": "trait", "path": "newsletter", "operator": "equals", "value": True}]
    others = [one for number in range(count // 10) for one in about({"name": f"Other {number}"})]
    return [json.dumps(one) for one in (touched + others)[:count]]


def about(event: dict[str, Any]) -> list[dict[str, Any]]:
    """Answer ten conditions on one kind of event."""
    value, rolling = "properties.price", {"type": "rolling", "last": "30d"}
    counted = {"type": "event", "event": event}
    figure = {"type": "aggregate", "event": event, "property": value, "operator": "at_least"}
    other = {"name": "Subscription Cancelled"}
    return [
        {**counted, "count": 5, "window": rolling},
        {**counted, "count": 20},
        {**counted, "count": 3, "window": {"type": "calendar", "unit": "day"}},
        {**counted, "count": 2, "window": {"type": "since_event", "event": other}},
        {**counted, "count": 50, "window": {"type": "rolling", "last": "7d"}},
        {**figure, "function": "sum", "value": 2000, "window": rolling},
        {**figure, "function": "maximum", "value": 5000},
        {**figure, "function": "count_distinct", "property": "properties.sku", "value": 30},
        {
            "type": "sequence",
            "steps": [{"event": event}, {"event": other, "within": "1d"}],
            "window": {"type": "rolling", "last": "7d"},
        },
        {
            "type": "occurrence",
            "which": "first",
            "event": event,
            "window": {"type": "rolling", "last": "1h"},
            "where": [{"path": "properties.price", "operator": "greater_than", "value": 10_000}],
        },
    ]


def waits(server: Server, options: argparse.Namespace) -> list[float]:
    """Answer the seconds from each answer to a single event until a reader sees the membership."""
    condition = {"type": "event", "event": {"name": "Asked For"}}
    order = {"name": "Asked for", "condition": condition}
    assert server.admin.post("/v1/audiences", json=order).status_code == 201
    while not server.read("/v1/audiences/backfill").json()["finished"]:
        time.sleep(0.1)
    ending = threading.Event()
    load = threading.Thread(target=steady, args=(server, options, ending))
    load.start()
    found = []
    with httpx.Client(base_url=server.url, timeout=30.0) as client:
        for number in range(options.asked):
            event = {"userId": f"asked-{number}", "event": "Asked For"}
            client.post("/v1/track", json=event, auth=(WRITE_KEY, "")).raise_for_status()
            answered = time.perf_counter()
            path = f"/v1/audiences/asked_for/check/user_id:asked-{number}"
            headers = {"authorization": f"Bearer {ADMIN_KEY}"}
            while not client.get(path, headers=headers).json().get("member"):
                pass
            found.append(time.perf_counter() - answered)
    ending.set()
    load.join()
    return found


def steady(server: Server, options: argparse.Namespace, ending: threading.Event) -> None:
    """Send 1,000 events a second, 20 a request, until told to end."""
    traffic = shop.Shop(99, known=options.people, prefix="steady")
    with httpx.Client(base_url=server.url, timeout=30.0) as client:
        due = time.monotonic()
        while not ending.is_set():
            body = traffic.batch(20, write_key=WRITE_KEY)
            client.post("/v1/batch", content=body, auth=(WRITE_KEY, "")).raise_for_status()
            due += 0.02
            time.sleep(max(0.0, due - time.monotonic()))


if __name__ == "__main__":
    sys.exit(main())
