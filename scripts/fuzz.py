"""Fuzz every public route of a running server of its own, and count the answers.

Half of the requests go to the event routes (hypothesis), half to the admin API (schemathesis, from
the server's own OpenAPI document, as every role). Run it from the root of the repository:
`.venv/bin/python -m scripts.fuzz --requests 50000`. All traffic stays on 127.0.0.1.
"""

from __future__ import annotations

import argparse
import functools
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from tests.fuzz.admin_api import admin_api, admin_requests
from tests.fuzz.event_requests import event_requests
from tests.fuzz.wire import Wire
from tests.recorder import Recorder
from tests.server import Server

console = Console(highlight=False, width=120)
CHUNK = 1_000


class Tally:
    """Counts answers and keeps what went wrong, the first of each kind."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.statuses: Counter[int] = Counter()
        self.failures: dict[str, str] = {}

    def add(self, status: int, described: Callable[[], str]) -> None:
        """Count an answer; a 5xx is a failure."""
        self.statuses[status] += 1
        if status >= 500:
            self.failures.setdefault(described()[:300], described())


def repeat(
    strategy: st.SearchStrategy[Any], act: Callable[[Any], None], count: int, *, start: int
) -> None:
    """Draw `count` examples and act on each."""
    for number, first in enumerate(range(0, count, CHUNK)):

        @seed(start + number)
        @settings(
            max_examples=min(CHUNK, count - first),
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(strategy)
        def each(example: Any) -> None:
            act(example)

        each()


def fuzz_events(folder: Path, count: int, start: int, tick: Callable[[], None]) -> Tally:
    """Send `count` requests to the event routes of a server that delivers to a webhook."""
    tally = Tally("event routes")
    with (
        Recorder(keep=False) as recorder,
        Server(folder / "events") as server,
        Wire(server.port) as wire,
    ):
        server.add_webhook("recorder", recorder.url)

        def act(request: Any) -> None:
            tick()
            try:
                response = wire.exchange(request)
            except AssertionError as error:
                tally.failures.setdefault(str(error)[:120], str(error))
                return
            tally.add(response.status, lambda: f"{response.status} to {request!r}")

        repeat(event_requests(), act, count, start=start)
        if server.send("/v1/track", {"userId": "well", "event": "Fine"}).status_code != 200:
            tally.failures["after"] = "a good event is refused after the fuzzing"
        look_at(server, tally)
    return tally


def fuzz_admin(folder: Path, count: int, start: int, tick: Callable[[], None]) -> Tally:
    """Send `count` requests to the admin API of another server."""
    tally = Tally("admin API")
    with Server(folder / "admin") as server:
        api = admin_api(server)

        def act(example: Any) -> None:
            tick()
            case, role, path_values = example
            response = api.send(case, role, path_values)
            sent = response.request
            tally.add(
                response.status_code,
                lambda: f"{response.status_code} to {sent.method} {sent.url} {sent.body!r}",
            )

        strategies = [each for made in api.operations.values() for each in made]
        for number, strategy in enumerate(strategies):
            # A run for each: what is drawn from one depends on what was drawn from others before.
            share = len(range(number, count, len(strategies)))
            repeat(admin_requests(api, strategy), act, share, start=start + number * count)
        look_at(server, tally)
        api.session.close()
    return tally


def look_at(server: Server, tally: Tally) -> None:
    """A server that was fuzzed must still be well, and have logged no stack trace."""
    if "Traceback" in (text := server.log.read_text(errors="replace")):
        tally.failures["log"] = text[text.index("Traceback") :][:4000]
    if server.read("/ready").status_code != 200:
        tally.failures["ready"] = "the server is not ready after the fuzzing"


def main() -> int:
    """Run, print the counts, and answer 1 where anything failed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--requests", type=int, default=50_000, help="how many in all")
    parser.add_argument("--seed", type=int, default=1, help="the same seed, the same requests")
    options = parser.parse_args()
    # Hypothesis describes a strategy where it discards a case, and the one of a definition is long.
    warnings.filterwarnings("ignore", message="Generating overly large repr")
    with tempfile.TemporaryDirectory(prefix="headwater-fuzz-") as name, Progress() as progress:
        tallies = []
        for fuzz in (fuzz_events, fuzz_admin):
            count = options.requests // 2
            task = progress.add_task(fuzz.__name__.replace("_", " "), total=count)
            tick = functools.partial(progress.advance, task)
            tallies.append(fuzz(Path(name), count, options.seed, tick))
    return report(tallies)


def report(tallies: list[Tally]) -> int:
    """Print what was answered and what failed; answer the exit status."""
    statuses = sorted({status for tally in tallies for status in tally.statuses})
    table = Table("", "requests", *map(str, statuses), "failures")
    for tally in tallies:
        counts = (f"{tally.statuses[status]:,}" for status in statuses)
        total = sum(tally.statuses.values())
        table.add_row(tally.name, f"{total:,}", *counts, str(len(tally.failures)))
    console.print(table)
    for tally in tallies:
        for failure in tally.failures.values():
            console.print(f"[red]{tally.name}:[/]", failure, markup=True, soft_wrap=True)
    return 1 if any(tally.failures for tally in tallies) else 0


if __name__ == "__main__":
    sys.exit(main())
