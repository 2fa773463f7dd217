"""Where an event's time goes between the request's bytes and the disk, stage by stage.

Runs the collector and the identity actors in this process, on one core, without HTTP. `--profile`
also lists the functions that take most of it.
"""

from __future__ import annotations

import argparse
import cProfile
import os
import pstats
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from headwater.actors.identity import Policy
from headwater.actors.identity_network import Network
from headwater.audiences.audience import Audience
from headwater.audiences.program import Program, compile_program
from headwater.collect.arrival import Arrival
from headwater.collect.assemble import Circumstances, Collector
from headwater.collect.enrich import Sender
from headwater.collect.envelope import open_batch
from headwater.collect.limits import Limits
from headwater.destinations.routing import Router
from headwater.local.migrations import open_database
from headwater.local.random import SystemRandom
from headwater.local.sql import Database
from headwater.profiles.resolution import Limits as IdentityLimits
from headwater.workspace import Source, WorkspaceConfig, WriteKey
from scripts.bench import audiences, rig, shop
from scripts.bench.figures import console
from scripts.bench.processes import SERVER_CORE

KEY = "key"
CONFIG = WorkspaceConfig("bench", sources=(Source("web", "web", (WriteKey(KEY),)),))


@dataclass(slots=True)
class Pipeline:
    """Collector and identity actors over a database; `seconds` by stage."""

    database: Database
    audiences: Program | None = None
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    def run(self, bodies: list[bytes]) -> None:
        """Take several requests to the disk in one commit, as the writer's turn does."""
        collector, arrivals = Collector(CONFIG), list[Arrival]()
        for body in bodies:
            with self._stage("cut the batch"):
                envelope = open_batch(body, Limits())
            with self._stage("parse, validate, enrich"):
                sender = Sender(ip="203.0.113.7", user_agent="bench", is_browser=False)
                about = Circumstances("web", sender, shop.START, SystemRandom())
                collected = collector.collect(envelope, about)
                arrivals += collected.arrivals
            if collected.rejections:
                raise SystemExit(f"an event was refused: {collected.rejections[0].message}")
        router = Router(CONFIG)
        policy = Policy(
            IdentityLimits(CONFIG.identity),
            router.destinations,
            router.types,
            audiences=self.audiences,
        )
        self.database.execute("BEGIN IMMEDIATE")
        with self._stage("identity actors, SQL"):
            Network(lambda _: policy).receive(self.database, arrivals)
        with self._stage("commit, fsync"):
            self.database.execute("COMMIT")

    @contextmanager
    def _stage(self, name: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self.seconds[name] += time.perf_counter() - started


def events_of(number: int, *, known: int, at: int) -> Iterator[list[tuple[str, str, str]]]:
    """Answer so many of the shop's events as they are stored, `at` at a time.

    Each is its type, its text, and the identifier that it arrived under.
    """
    traffic = shop.Shop(1, known=known, prefix="stored")
    collector = Collector(CONFIG)
    sender = Sender(ip="203.0.113.7", user_agent="bench", is_browser=False)
    about = Circumstances("web", sender, shop.START, SystemRandom())
    for _ in range(number // at):
        envelope = open_batch(traffic.batch(at, write_key=KEY), Limits(events=at, batch=2**30))
        collected = collector.collect(envelope, about)
        yield [(one.type, one.body, one.identifiers[0]) for one in collected.arrivals]


def program(count: int) -> Program | None:
    """Answer the program of so many of the benchmark's audiences; None of none."""
    made = [
        Audience(f"aud_{number}", f"audience_{number}", f"Audience {number}", definition)
        for number, definition in enumerate(audiences.definitions(count) if count else ())
    ]
    return compile_program(made, [], zone="UTC", version=1, since={})


def main() -> None:
    """Measure and print microseconds an event, by stage."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--people", type=int, default=10_000, help="people known beforehand")
    parser.add_argument("--turn", type=int, default=8, help="requests that share a commit")
    parser.add_argument("--audiences", type=int, default=0, help="how many; an event touches 10")
    parser.add_argument("--profile", action="store_true", help="list the costliest functions")
    options = parser.parse_args()
    os.sched_setaffinity(0, {SERVER_CORE})
    traffic = shop.Shop(1, known=options.people, prefix="stages")
    bodies = [traffic.batch(100, write_key=KEY) for _ in range(options.events // 100)]
    with rig.folder() as folder:
        pipeline = Pipeline(
            open_database(Path(folder) / "stages.sqlite3"), program(options.audiences)
        )
        for numbers in rig.slices(range(options.people), 500):
            pipeline.run([shop.introductions(numbers, write_key=KEY)])
        pipeline.seconds.clear()
        profile = cProfile.Profile() if options.profile else None
        with profile or nullcontext():
            for part in rig.slices(range(len(bodies)), options.turn):
                pipeline.run(bodies[part.start : part.stop])
        pipeline.database.close()
    for stage, seconds in pipeline.seconds.items():
        console.print(f"{stage:<26} {1e6 * seconds / options.events:>6.1f} µs an event")
    total = sum(pipeline.seconds.values())
    console.print(f"{'all':<26} {1e6 * total / options.events:>6.1f} µs an event")
    if profile is not None:
        pstats.Stats(profile).sort_stats("tottime").print_stats(40)


if __name__ == "__main__":
    main()
