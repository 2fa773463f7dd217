"""What an event costs on Cloudflare: rows, object requests, queue operations, and dollars.

    .venv/bin/python -m scripts.bench.edge_cost

Runs the Worker in real workerd with a meter and counts; nothing is timed, so the machine does not
matter. The workload: people with 20 events a month each, known by one user id, sent in batches of
1, 10 and 100 events (of 100: five people's), with no destination and with one. With `--lake` it
counts what it costs until their events are in the lake, of 40 people whose month is one visit each.
With `--jobs` it counts what comes after: exports, replays, questions (edge_cost_jobs.py).
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx

from tests.edge import bundle, installation
from tests.edge.workerd import Worker, Workerd, application
from tests.recorder import Recorder
from tests.server import ADMIN_KEY, WRITE_KEY

A_MONTH = 20
"""Events of one person."""

HEARD = 12
"""Seconds in which shards of the population have heard of everything."""

LAKE_AFTER = 25
"""Seconds after which a visit goes to the lake in this benchmark; it is over by then."""

# Dollars for a million, https://developers.cloudflare.com/durable-objects/platform/pricing/,
# …/workers/platform/pricing/ and …/queues/platform/pricing/ (read 2026-11).
PRICES = {
    "requests": 0.30,
    "object requests": 0.15,
    "rows read": 0.001,
    "rows written": 1.00,
    "alarms set": 1.00,
    "queue operations": 0.40,
    "R2 writes": 4.50,  # https://developers.cloudflare.com/r2/pricing/
    "R2 reads": 0.36,
}
# A month of the paid plan includes these, in millions, for $5.
INCLUDED = {
    "requests": 10,
    "object requests": 1,
    "rows read": 25_000,
    "rows written": 50,
    "queue operations": 1,
    "R2 writes": 1,
    "R2 reads": 10,
}


class Rig:
    """The metered Worker at work."""

    def __init__(self, worker: Workerd) -> None:
        self.http = httpx.Client(base_url=worker.url, timeout=60.0)
        self._messages = 0

    def metered(self) -> Counter[str]:
        """Answer what was counted since the last time."""
        counts: dict[str, int] = self.http.get("meter").json()
        return Counter(counts)

    def add_webhook(self, url: str) -> str:
        """Switch on a destination; answer its id."""
        order = {"type": "webhook", "name": "cost", "settings": {"url": url, "batch_size": 100}}
        made = self.http.post("v1/destinations", json=order, auth=(ADMIN_KEY, ""))
        return str(made.raise_for_status().json()["id"])

    def send_one(self, who: dict[str, str]) -> None:
        """Send one event of somebody."""
        self._messages += 1
        event = {"type": "track", "event": "Product Viewed", "messageId": f"cost-{self._messages}"}
        self.http.post(
            "v1/batch", json={"batch": [{**event, **who}]}, auth=(WRITE_KEY, "")
        ).raise_for_status()

    def send(self, people: list[str], batch: int) -> list[str]:
        """Send each person's month in batches; answer the message ids."""
        events: list[dict[str, Any]] = []
        for person in people:
            for number in range(A_MONTH):
                self._messages += 1
                events.append(
                    {
                        "type": "track",
                        "event": "Product Viewed",
                        "userId": person,
                        "messageId": f"cost-{self._messages}",
                        "properties": {"sku": f"A-{number}", "price": 19.9},
                    }
                )
        for start in range(0, len(events), batch):
            part = {"batch": events[start : start + batch]}
            self.http.post("v1/batch", json=part, auth=(WRITE_KEY, "")).raise_for_status()
        return [event["messageId"] for event in events]


def metered_worker(**variables: str) -> Worker:
    """Answer Headwater's Worker with the meter as its main module, and with these variables."""
    plain = application(
        **variables,
        HEADWATER_WRITE_KEY=WRITE_KEY,
        HEADWATER_ADMIN_KEY=ADMIN_KEY,
        HEADWATER_ALLOW_PRIVATE_NETWORKS="127.0.0.0/8",  # where the recorder listens
    )
    files = {
        **bundle.worker_files(),
        "headwater_entry.py": installation.ROOT / "src" / "entry.py",
        "entry.py": Path(__file__).with_name("edge_meter.py"),
    }
    return Worker(files, plain.options)


def measure(rig: Rig, batch: int, recorder: Recorder | None) -> tuple[Counter[str], int]:
    """Answer what a month of some known people costs in batches, and how many events it was."""
    people = [f"p{batch}-{'sent' if recorder else 'kept'}-{number}" for number in range(5)]
    sent = rig.send(people, 100)  # they are new: their first events make their objects
    if recorder:
        assert not recorder.wait_for(set(sent), patience=60), "deliveries are missing"
    time.sleep(HEARD)
    rig.metered()
    sent = rig.send(people, batch)
    if recorder:
        assert not recorder.wait_for(set(sent), patience=60), "deliveries are missing"
    time.sleep(HEARD)  # acknowledgements come after, and what shards of the population are told
    return rig.metered(), len(sent)


def show_once(rig: Rig) -> None:
    """Print how many rows are written once, for people who are new."""
    steps = (
        ("a visitor's first event", {"anonymousId": "visitor"}),
        ("the visitor becomes known by a user id", {"anonymousId": "visitor", "userId": "known"}),
        ("one more event of that person", {"anonymousId": "visitor", "userId": "known"}),
        ("a person who comes with both at once", {"anonymousId": "both", "userId": "both"}),
    )
    for title, who in steps:
        rig.send_one(who)
        time.sleep(HEARD)
        print(f"{title}: {rig.metered()['rows written']} rows written")
    rig.send([f"new-{number}" for number in range(5)], 100)
    time.sleep(HEARD)
    rows = rig.metered()["rows written"] / 5
    print(f"a person with a user id and a month of events: {rows:.0f} rows written")


def dollars(per_event: dict[str, float], events: float) -> float:
    """Answer what so many events a month cost beyond what the plan includes, and the plan."""
    total = 5.0
    for name, included in INCLUDED.items():
        each = per_event.get(name, 0)
        if name == "rows written":
            each += per_event.get("alarms set", 0)  # they count among them
        total += max(0.0, each * events / 1e6 - included) * PRICES[name]
    return total


def show(title: str, per_event: dict[str, float]) -> None:
    """Print one workload's figures."""
    counted = ", ".join(f"{per_event.get(name, 0):.2f} {name}" for name in PRICES)
    million = sum(per_event.get(name, 0) * price for name, price in PRICES.items())
    print(f"{title}\n  an event: {counted}")
    print(f"  beyond what the plan includes, a million events: ${million:.2f}")
    months = ", ".join(
        f"{people:,} people ${dollars(per_event, people * A_MONTH):,.2f}"
        for people in (10_000, 100_000, 1_000_000)
    )
    print(f"  a month at {A_MONTH} events a person: {months}")


def measure_lake() -> None:
    """Print what visits cost once they are in the lake, and what of it is the lake's."""
    people = [f"visitor-{number}" for number in range(40)]
    found = []
    for after in ("86400", str(LAKE_AFTER)):
        worker = metered_worker(HEADWATER_LAKE_FLUSH_SECONDS=after)
        with (
            tempfile.TemporaryDirectory() as folder,
            Workerd(worker, state=Path(folder)) as running,
        ):
            rig = Rig(running)
            rig.send(people, 100)
            time.sleep(LAKE_AFTER * 2 + HEARD)  # the queue's consumer waits for others, too
            rig.metered()
            sent = rig.send(people, 100)
            time.sleep(LAKE_AFTER * 2 + HEARD)
            found.append({name: count / len(sent) for name, count in rig.metered().items()})
    without, with_lake = found
    show(f"visits of {A_MONTH} events, not in the lake yet", without)
    show(f"visits of {A_MONTH} events, in the lake", with_lake)
    print("the lake, a visit:")
    for name in PRICES:
        more = with_lake.get(name, 0) - without.get(name, 0)
        print(f"  {more * A_MONTH:.2f} {name}")


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lake", action="store_true", help="count what the lake adds to a visit")
    parser.add_argument("--jobs", action="store_true", help="count exports, replays and questions")
    chosen = parser.parse_args()
    if chosen.lake:
        measure_lake()
        return
    if chosen.jobs:
        from scripts.bench.edge_cost_jobs import measure_jobs  # noqa: PLC0415 - it needs this module

        measure_jobs()
        return
    with (
        tempfile.TemporaryDirectory() as folder,
        Recorder(keep=False) as recorder,
        Workerd(metered_worker(), state=Path(folder)) as worker,
    ):
        rig = Rig(worker)
        rig.send([f"first-{number}" for number in range(20)], 100)  # every shard has its tables
        time.sleep(HEARD)
        rig.metered()
        show_once(rig)
        for with_destination in (False, True):
            if with_destination:
                rig.add_webhook(recorder.url)
            for batch in (1, 10, 100):
                counts, events = measure(rig, batch, recorder if with_destination else None)
                per_event = {name: count / events for name, count in counts.items()}
                to = "one destination" if with_destination else "no destination"
                show(f"batches of {batch}, {to}", per_event)


if __name__ == "__main__":
    main()
