"""What the server counts and measures, in Prometheus' text format."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import accumulate
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
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from headwater.figures import Family
from headwater.local.writer import TurnReport

OUTCOMES = ("accepted", "duplicate", "rejected", "suppressed")

_COMMIT_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_REQUEST_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 15.0)
_REQUEST_BOUNDS = (*map(floatToGoString, _REQUEST_SECONDS), "+Inf")


@dataclass(slots=True)
class _Requests:
    """Requests of one kind: how many took how long, and all of their seconds.

    The library's own counter and histogram take a lock each, and 5 µs of a request.
    """

    by_bucket: list[int] = field(default_factory=lambda: [0] * len(_REQUEST_BOUNDS))
    seconds: float = 0.0

    def with_all(self, other: _Requests) -> _Requests:
        """Answer these and those."""
        both = zip(self.by_bucket, other.by_bucket, strict=True)
        return _Requests([one + another for one, another in both], self.seconds + other.seconds)


class Metrics:
    """One server's metrics. Labels have few values, and none that names a person."""

    def __init__(self) -> None:
        # Without this, a second series each would say when the counter was made.
        disable_created_metrics()  # type: ignore[no-untyped-call]  # the library has no type for it
        self.registry = CollectorRegistry()
        self._requests: dict[tuple[str, int], _Requests] = {}
        self.registry.register(_Read(self._request_families))
        self.events = dict.fromkeys(OUTCOMES, 0)
        self.registry.register(_Read(self._event_family))
        self._commit_seconds = Histogram(
            "headwater_commit_seconds",
            "Seconds that a turn of the writer took, fsync included.",
            buckets=_COMMIT_SECONDS,
            registry=self.registry,
        )
        self.failed_at: float | None = None  # by the monotonic clock; the last one
        self._failed_commits = Counter(
            "headwater_failed_commits",
            "Turns whose commit failed; their requests were told 503.",
            registry=self.registry,
        )

    def request(self, route: str, status: int, seconds: float) -> None:
        """Count a request that was answered; on the event loop's thread."""
        found = self._requests.get((route, status))
        if found is None:
            found = self._requests[route, status] = _Requests()
        found.by_bucket[bisect_left(_REQUEST_SECONDS, seconds)] += 1
        found.seconds += seconds

    def count(self, outcome: str, events: int) -> None:
        """Count events by what became of them, one of `OUTCOMES`; on the event loop's thread."""
        self.events[outcome] += events

    def turn(self, report: TurnReport) -> None:
        """Measure a turn of the writer."""
        self._commit_seconds.observe(report.seconds)
        if report.failed:
            self._failed_commits.inc()
            self.failed_at = time.monotonic()

    def _event_family(self) -> Iterable[Metric]:
        family = CounterMetricFamily(
            "headwater_events",
            "Events by what became of them: accepted, duplicate, rejected or suppressed.",
            labels=["outcome"],
        )
        for outcome, number in self.events.items():
            family.add_metric([outcome], number)
        yield family

    def _request_families(self) -> Iterable[Metric]:
        requests = CounterMetricFamily(
            "headwater_requests", "Requests by route and status.", labels=["route", "status"]
        )
        by_route: dict[str, _Requests] = {}
        for (route, status), one in self._requests.items():
            requests.add_metric([route, str(status)], sum(one.by_bucket))
            by_route[route] = by_route.get(route, _Requests()).with_all(one)
        seconds = HistogramMetricFamily(
            "headwater_request_seconds", "Seconds from a request to its answer.", labels=["route"]
        )
        for route, one in by_route.items():
            cumulated = zip(_REQUEST_BOUNDS, accumulate(one.by_bucket), strict=True)
            seconds.add_metric([route], [*cumulated], one.seconds)
        return requests, seconds

    def watch(self, name: str, description: str, read: Callable[[], float]) -> None:
        """Add a number that is read when it is asked for."""
        Gauge(name, description, registry=self.registry).set_function(read)

    def watch_families(self, read: Callable[[], Iterable[Metric]]) -> None:
        """Add numbers that are read together when they are asked for."""
        self.registry.register(_Read(read))

    def text(self) -> bytes:
        """Answer all of it, as `api.operations.CONTENT_TYPE`."""
        return generate_latest(self.registry)


class _Read(Collector):
    def __init__(self, read: Callable[[], Iterable[Metric]]) -> None:
        self._read = read

    def collect(self) -> Iterable[Metric]:
        return self._read()

    def describe(self) -> Iterable[Metric]:
        """Nothing: without it the registry would read once at registration."""
        return []


def gauges(families: Iterable[Family]) -> Iterator[Metric]:
    """Answer families of numbers that are read when they are asked for, as the library has them."""
    for one in families:
        family = GaugeMetricFamily(one.name, one.description, labels=one.labels)
        for values, number in one.values:
            family.add_metric(values, number)
        yield family


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
