"""The HTTP face on the edge: the same apps as locally, over actors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from edge.http import App, Outgoing, answered, incoming
from edge.isolate import Isolate, later
from edge.streams import streamed
from headwater.actors.workspace import WorkspaceActor
from headwater.api.browser import BrowserApp, BrowserSettings
from headwater.api.collect import CollectApp
from headwater.api.collect_settings import CollectSettings, collect_settings
from headwater.api.errors import error_answer
from headwater.api.operations import OperationsApp
from headwater.collect.arrival import Arrival
from headwater.collect.intake import Rejection
from headwater.workspace import WorkspaceConfig

if TYPE_CHECKING:
    from headwater.api.services import Services

WITHOUT_SETTINGS = ("/health", "/ready")
"""Paths that tell how the Worker is even where its settings cannot be read."""


LARGEST_EVENT = 800_000
"""Bytes, whatever `max_event_bytes` says: a row has 2 MB at most, and JSON in JSON may double."""


class EdgeIntake:
    """The collector's `Intake`."""

    def __init__(self, isolate: Isolate) -> None:
        self._isolate = isolate

    async def receive(self, config: WorkspaceConfig, arrivals: Sequence[Arrival]) -> None:
        """Return once every arrival is committed; see `Intake.receive`."""
        if arrivals:
            stored = await self._isolate.dispatcher.receive(config, arrivals)
            self._isolate.teller.stored(config.workspace, stored)

    async def reject(self, workspace: str, source: str, rejections: Sequence[Rejection]) -> None:
        """Return once the refused events are committed; see `Intake.reject`."""
        now = self._isolate.clock.now()
        await self._isolate.settings.write(
            workspace, WorkspaceActor.keep_rejected, source, list(rejections), now=now
        )


def _fitting(settings: CollectSettings) -> CollectSettings:
    """Answer settings under which every event fits into a row."""
    limits = replace(settings.limits, event=min(settings.limits.event, LARGEST_EVENT))
    return replace(settings, limits=limits)


class Application:
    """Answers requests; the admin API is made when it is first asked for."""

    def __init__(self, isolate: Isolate) -> None:
        self._isolate = isolate
        self._intake = EdgeIntake(isolate)
        self._settings = _fitting(collect_settings(isolate.options))
        scripts = BrowserApp(
            directory=isolate.directory,
            clock=isolate.clock,
            next_app=self._next,
            settings=BrowserSettings(
                isolate.options.script_path,
                isolate.asset if isolate.options.analytics_js else None,
            ),
        )
        self._collect = CollectApp(
            intake=self._intake,
            directory=isolate.directory,
            clock=isolate.clock,
            random=isolate.random,
            settings=self._settings,
            next_app=scripts,
            daily_salt=isolate.settings.daily_salt,
        )
        self._operations = OperationsApp(
            problem=isolate.settings.problem, metrics=self._next, next_app=self._collect
        )
        self._admin: App | None = None
        self._metrics: App | None = None

    async def fetch(self, request: Any) -> Any:
        """Answer one request of JavaScript's."""
        asked = await incoming(request, largest=self._settings.limits.batch)
        try:
            if asked.scope["path"] not in WITHOUT_SETTINGS:
                await self._isolate.settings.ready(later)
            if asked.scope["method"] == "GET":
                answer = await streamed(self._operations, asked, later)
            else:
                answer = await answered(self._operations, asked)
            if answer.status == 401 and await self._isolate.settings.look_again():
                answer = await answered(self._operations, asked)  # the key may be a new one
        except Exception as error:  # noqa: BLE001 - whatever it was, the client gets an answer
            refused = error_answer(error, request_id=self._isolate.random.uuid())
            answer = Outgoing(refused.status, list(refused.headers), refused.body)
        return answer.response()

    async def _next(self, scope: Any, receive: Any, send: Any) -> None:
        if self._admin is None or self._metrics is None:
            # Imported here: events need none of it.
            from headwater.api.admin import admin_app  # noqa: PLC0415 - see above
            from headwater.api.guarded_metrics import guarded_metrics  # noqa: PLC0415 - see above

            services = self._services()
            self._admin = admin_app(services)
            self._metrics = guarded_metrics(
                services, self._isolate.settings.workspaces, self._isolate.figures.metrics
            )
        app = self._metrics if scope["path"] == "/metrics" else self._admin
        await app(scope, receive, send)

    def _services(self) -> Services:
        from edge.absent import NoSql  # noqa: PLC0415 - events need none of it
        from headwater.api.proposer import model_of  # noqa: PLC0415 - the same
        from headwater.api.services import Services  # noqa: PLC0415 - the same

        parts = self._isolate
        return Services(
            people=parts.people,
            audiences=parts.audiences,
            workspaces=parts.settings,
            registry=parts.registry,
            lanes=parts.lanes,
            dead_letters=parts.lanes,
            config=parts.directory.config,
            intake=self._intake,
            tail=parts.tail,
            status=parts.figures,
            questions=parts.questions,
            jobs=parts.jobs,
            sql=NoSql(),
            exports=parts.exports,
            http=parts.http,
            clock=parts.clock,
            random=parts.random,
            model=model_of(parts.options),
        )
