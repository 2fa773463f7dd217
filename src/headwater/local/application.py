"""All of a server's HTTP as one ASGI app: events first, as they are the most."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from headwater.api.admin import admin_app
from headwater.api.browser import BrowserApp, BrowserSettings
from headwater.api.collect import CollectApp
from headwater.api.collect_routes import ROUTES
from headwater.api.collect_settings import collect_settings
from headwater.api.operations import PATHS, MetricsApp, OperationsApp
from headwater.api.proposer import model_of
from headwater.api.services import Services
from headwater.local.daily_salt import DailySalt
from headwater.local.dead_letters import DeadLetters
from headwater.local.listeners import CountedIntake
from headwater.local.metrics import MeasuredApp
from headwater.local.parts import Parts
from headwater.local.readiness import Readiness
from headwater.local.scripts import bundle
from headwater.local.workspaces import LocalRegistry, LocalWorkspaces
from headwater.settings import Settings

_logger = logging.getLogger(__name__)

# The first segments of the admin API's paths, so that metrics have few labels.
ADMIN_ROUTES = frozenset(
    {
        "accounts",
        "ask",
        "definitions",
        "audiences",
        "computed-traits",
        "dead-letters",
        "deliveries",
        "destination-types",
        "destinations",
        "erasures",
        "exports",
        "identity-rules",
        "jobs",
        "keys",
        "people",
        "questions",
        "rejected",
        "replays",
        "sources",
        "spaces",
        "sql",
        "status",
        "suppressions",
        "tail",
        "time-zone",
        "workspaces",
    }
)

PUBLIC_API_ROUTES = frozenset({"regulations", "suppressions"})
"""Segment's Public API has no version in its paths."""


def application(parts: Parts, settings: Settings) -> tuple[Any, Callable[[], None]]:
    """Answer the app, and what to call when the server begins to drain."""
    intake = CountedIntake(parts.identities, parts.metrics)
    readiness = Readiness(parts.writer, parts.clock, parts.metrics)
    operated = OperationsApp(
        problem=readiness.problem,
        metrics=MetricsApp(lambda _scope: parts.figures.metrics()),
        next_app=admin_app(_services(parts, intake, settings)),
    )
    scripts = BrowserApp(
        directory=parts.known,
        clock=parts.clock,
        next_app=operated,
        settings=BrowserSettings(
            settings.script_path, bundle(settings.analytics_js) if settings.analytics_js else None
        ),
    )
    collect = CollectApp(
        intake=intake,
        directory=parts.known,
        clock=parts.clock,
        random=parts.random,
        settings=collect_settings(settings),
        next_app=MeasuredApp(scripts, parts.metrics, route_of),
        observe=parts.metrics.request,
        suppressed=lambda events: parts.metrics.count("suppressed", events),
        daily_salt=DailySalt(Path(settings.data) / "daily-salt.json", parts.clock),
    )

    stopping: list[asyncio.Future[None]] = []  # the loop itself would not keep it

    def drain() -> None:
        _logger.info("Draining: requests under way are finished, new ones are refused.")
        readiness.drain()
        collect.drain()
        parts.figures.drain()
        parts.tail.close()
        parts.audiences.close()
        # Beside the requests, not after them: the grace is one for both.
        stopping.append(asyncio.ensure_future(parts.lanes.stop(settings.shutdown_grace)))

    return collect, drain


def _services(parts: Parts, intake: CountedIntake, settings: Settings) -> Services:
    return Services(
        model=model_of(settings),
        requests_per_second=settings.admin_rate,
        people=parts.identities,
        audiences=parts.audiences,
        workspaces=LocalWorkspaces(parts.writer, parts.readers, random=parts.random),
        registry=LocalRegistry(parts.writer, parts.readers, random=parts.random),
        lanes=parts.lanes,
        dead_letters=DeadLetters(
            writer=parts.writer, readers=parts.readers, clock=parts.clock, wake=parts.lanes.wake
        ),
        config=parts.known.config,
        intake=intake,
        tail=parts.tail,
        status=parts.figures,
        questions=parts.questions,
        jobs=parts.jobs,
        sql=parts.sandbox,
        exports=parts.exports,
        http=parts.http,
        clock=parts.clock,
        random=parts.random,
    )


def route_of(path: str) -> str:
    """Answer the route that a request's path counts for."""
    if path in ROUTES or path in PATHS:
        return path
    version, _, rest = path.removeprefix("/").partition("/")
    if version in PUBLIC_API_ROUTES:
        return f"/{version}"
    name = rest.partition("/")[0]
    return f"/v1/{name}" if version == "v1" and name in ADMIN_ROUTES else "other"
