"""What exports, replays, questions and figures cost on Cloudflare: counted, and in dollars.

    .venv/bin/python -m scripts.bench.edge_cost --jobs

10,000 events of 100 people go to the lake of the Worker in real workerd. Then it counts an export
of all of them as JSON lines, fetched and deleted; a replay of all of them to a webhook that takes
hundreds at once; a question over MCP about all of them, one about one person; and `/metrics`.
"""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scripts.bench.edge_cost import A_MONTH, HEARD, PRICES, Rig, metered_worker
from tests.edge.workerd import Workerd
from tests.recorder import Recorder
from tests.server import ADMIN_KEY

PEOPLE = 100
ROUNDS = 5
"""Months of each person."""

_KEY = (ADMIN_KEY, "")
_PATIENCE = 600.0
"""Seconds that anything here may take on a busy machine."""


def measure_jobs() -> None:
    """Print what each costs."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Recorder(keep=False) as recorder,
        Workerd(metered_worker(HEADWATER_LAKE_FLUSH_SECONDS="5"), state=Path(folder)) as worker,
    ):
        rig = Rig(worker)
        looks = Looks(rig)
        sent = [
            message
            for _ in range(ROUNDS)
            for message in rig.send([f"job-{number}" for number in range(PEOPLE)], 100)
        ]
        _until(lambda: _lake_events(rig) == len(sent))
        worker.scheduled("*/10 * * * *", time=0)  # as an hour later: few files
        time.sleep(HEARD)
        rig.metered()
        events = len(sent)
        print(f"{events:,} events of {PEOPLE} people, {PEOPLE * A_MONTH // 100} requests a round")
        show("an export, fetched and deleted", _counted(looks, lambda: _export(looks)), events)
        hook = rig.add_webhook(recorder.url)
        rig.metered()
        show("a replay", _counted(looks, lambda: _replay(looks, hook, recorder, set(sent))), events)
        question = "how many Product Viewed events this week"
        show("a question over MCP", _counted(looks, lambda: _asked(rig, question)))
        show("a person over MCP", _counted(looks, lambda: _asked(rig, "who is job-1?")))
        _metrics(rig)
        show("a scrape of /metrics", _counted(looks, lambda: _metrics(rig)))


def show(title: str, counts: Counter[str], events: int | None = None) -> None:
    """Print the figures of one order, and of an event where it is about so many."""
    told = {name: counts.get(name, 0) for name in PRICES}
    cost = sum(count * PRICES[name] for name, count in told.items()) / 1e6
    print(title)
    print("  " + ", ".join(f"{count:,} {name}" for name, count in told.items()))
    if events is None:
        print(f"  beyond what the plan includes, a million of them: ${cost * 1e6:,.2f}")
    else:
        print(f"  beyond what the plan includes, of a million events: ${cost / events * 1e6:,.2f}")


def _counted(looks: Looks, order: Callable[[], None]) -> Counter[str]:
    """Answer what was counted while an order was carried out, without what looking on costs."""
    looks.learn_cost()
    order()
    time.sleep(HEARD)  # acknowledgements come after
    return looks.without(looks.rig.metered())


def _until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + _PATIENCE
    while not holds():
        if time.monotonic() > end:
            raise SystemExit("The Worker did not do it in time.")
        time.sleep(0.5)


def _lake_events(rig: Rig) -> int:
    answer = rig.http.get("v1/status", auth=_KEY).raise_for_status().json()
    return int(answer["figures"]["lake_events"])


class Looks:
    """Looks at jobs; knows what that costs, which is not the jobs' own."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self._number = 0
        self._each: Counter[str] = Counter()

    def learn_cost(self) -> None:
        """Count what ten looks cost, and begin anew."""
        self.rig.metered()
        for _ in range(10):
            self._list()
        self._each = self.rig.metered()
        self._number = 0

    def without(self, counts: Counter[str]) -> Counter[str]:
        """Answer counts without what looks have cost since."""
        for name, cost in self._each.items():
            counts[name] -= round(cost * self._number / 10)
        return counts

    def finished(self, id_: str) -> dict[str, Any]:
        """Answer a job that is done."""
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            time.sleep(1.0)
            self._number += 1
            job = next(one for one in self._list() if one["id"] == id_)
            if job["state"] == "done":
                return job
            if job["state"] in {"failed", "cancelled"}:
                raise SystemExit(f"{id_} {job['state']}: {job['error']}")
        raise SystemExit(f"{id_} is not done in time")

    def _list(self) -> list[dict[str, Any]]:
        answer = self.rig.http.get("v1/jobs?limit=1", auth=_KEY)
        jobs: list[dict[str, Any]] = answer.raise_for_status().json()["jobs"]
        return jobs


def _export(looks: Looks) -> None:
    rig = looks.rig
    answer = rig.http.post("v1/exports", json={"format": "jsonl"}, auth=_KEY)
    job = looks.finished(answer.raise_for_status().json()["id"])
    for one in job["result"]["files"]:
        path = f"v1/exports/{job['id']}/files/{one['name']}"
        if len(rig.http.get(path, auth=_KEY).raise_for_status().content) != one["bytes"]:
            raise SystemExit(f"{path} is not whole")
    rig.http.delete(f"v1/exports/{job['id']}", auth=_KEY).raise_for_status()


def _replay(looks: Looks, hook: str, recorder: Recorder, sent: set[str]) -> None:
    order = {"destination": hook, "rate": 10_000}
    answer = looks.rig.http.post("v1/replays", json=order, auth=_KEY)
    looks.finished(answer.raise_for_status().json()["id"])
    if missing := recorder.wait_for(sent, patience=_PATIENCE):
        raise SystemExit(f"{len(missing):,} events were not delivered")


def _asked(rig: Rig, text: str) -> None:
    """Have an agent say it, as one call without a session (MCP 2026-07-28)."""
    call = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": "say", "arguments": {"text": text}},
    }
    answer = rig.http.post("mcp", json=call, auth=_KEY).raise_for_status().json()
    if answer.get("error") or answer["result"].get("isError"):
        raise SystemExit(f"{text!r} was not answered: {answer}")


def _metrics(rig: Rig) -> None:
    rig.http.get("metrics", auth=_KEY).raise_for_status()
