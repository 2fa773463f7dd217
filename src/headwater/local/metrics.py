"""What the server counts and measures, in Prometheus' text format."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from headwater.local.writer import TurnReport

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

OUTCOMES = ("accepted", "duplicate", "rejected")

_COMMIT_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_REQUEST_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 15.0)


class Metrics:
    """One server's metrics. Labels have few values, and none that names a person."""

    def __init__(self) -> None:
        # Without this, a second series each would say when the counter was made.
        disable_created_metrics()  # type: ignore[no-untyped-call]  # the library has no type for it
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "headwater_requests",
            "Requests by route and status.",
            ["route", "status"],
            registry=self.registry,
        )
        self._request_seconds = Histogram(
            "headwater_request_seconds",
            "Seconds from a request to its answer.",
            ["route"],
            buckets=_REQUEST_SECONDS,
            registry=self.registry,
        )
        self.events = dict.fromkeys(OUTCOMES, 0)
        self.registry.register(_Read(self._event_family))
        self._commit_seconds = Histogram(
            "headwater_commit_seconds",
            "Seconds that a turn of the writer took, fsync included.",
            buckets=_COMMIT_SECONDS,
            registry=self.registry,
        )
        self._failed_commits = Counter(
            "headwater_failed_commits",
            "Turns whose commit failed; their requests were told 503.",
            registry=self.registry,
        )
        self._routes: dict[tuple[str, int], tuple[Counter, Histogram]] = {}

    def request(self, route: str, status: int, seconds: float) -> None:
        """Count a request that was answered."""
        found = self._routes.get((route, status))
        if found is None:
            found = self._routes[route, status] = (
                self._requests.labels(route, str(status)),
                self._request_seconds.labels(route),
            )
        found[0].inc()
        found[1].observe(seconds)

    def count(self, outcome: str, events: int) -> None:
        """Count events by what became of them, one of `OUTCOMES`; on the event loop's thread."""
        self.events[outcome] += events

    def turn(self, report: TurnReport) -> None:
        """Measure a turn of the writer."""
        self._commit_seconds.observe(report.seconds)
        if report.failed:
            self._failed_commits.inc()

    def _event_family(self) -> Iterable[Metric]:
        family = CounterMetricFamily(
            "headwater_events",
            "Events by what became of them: accepted, duplicate or rejected.",
            labels=["outcome"],
        )
        for outcome, number in self.events.items():
            family.add_metric([outcome], number)
        yield family

    def watch(self, name: str, description: str, read: Callable[[], float]) -> None:
        """Add a number that is read when it is asked for."""
        Gauge(name, description, registry=self.registry).set_function(read)

    def watch_families(self, read: Callable[[], Iterable[Metric]]) -> None:
        """Add numbers that are read together when they are asked for."""
        self.registry.register(_Read(read))

    def text(self) -> bytes:
        """Answer all of it, as `CONTENT_TYPE`."""
        return generate_latest(self.registry)


class _Read(Collector):
    def __init__(self, read: Callable[[], Iterable[Metric]]) -> None:
        self._read = read

    def collect(self) -> Iterable[Metric]:
        return self._read()

    def describe(self) -> Iterable[Metric]:
        """Nothing: without it the registry would read once at registration."""
        return []


def labelled(
    name: str,
    description: str,
    labels: Sequence[str],
    values: Iterable[tuple[Sequence[str], float]],
) -> Metric:
    """Make a family: label values and their number."""
    family = GaugeMetricFamily(name, description, labels=labels)
    for value, number in values:
        family.add_metric(value, number)
    return family


def database_bytes(path: Path) -> float:
    """Answer the size of the database on disk, its log included."""
    files = (path, path.with_name(path.name + "-wal"))
    return float(sum(file.stat().st_size for file in files if file.exists()))


class MeasuredApp:
    """An ASGI app around another that counts its requests.

    Unknown paths share one route, so that a scanner cannot fill the memory with labels.
    """

    def __init__(self, app: Any, metrics: Metrics, route_of: Callable[[str], str]) -> None:
        self._app = app
        self._metrics = metrics
        self._route_of = route_of

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request through the inner app."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 0
        started = time.perf_counter()

        async def sent(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, sent)
        finally:
            # No status: the client went away before there was an answer (nginx calls it 499).
            seconds = time.perf_counter() - started
            self._metrics.request(self._route_of(scope["path"]), status or 499, seconds)
