"""What one isolate shares among its requests, objects and queues: caches, and the ports."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pyodide.ffi import create_proxy

from durable_objects.actors import EdgeActors
from edge.assets import asset
from edge.fetch import EdgeHttp
from edge.runtime import EdgeClock, EdgeRandom
from edge.works import works
from headwater.actors.configurations import Configurations
from headwater.actors.lazy_tables import Tables
from headwater.actors.schemas import IDENTITY, NEEDLESS_ALONE, migrations
from headwater.api.browser_files import BUNDLES
from headwater.api.directory import WriteKeyDirectory
from headwater.dispatch.identity_alarms import IdentityAlarms
from headwater.dispatch.intake import Dispatcher, Whereabouts
from headwater.dispatch.lanes import LanesOverActors
from headwater.dispatch.parcels import Deliveries
from headwater.dispatch.population import Shards
from headwater.dispatch.settings import RegistryOverActors, SettingsOverActors
from headwater.dispatch.tail import TailOverActors, TailTeller
from headwater.settings import PREFIX, Settings, declared, read_settings
from queues.producer import EdgeQueue
from r2.bucket import R2Bucket

if TYPE_CHECKING:
    from headwater.dispatch.audiences import AudiencesOverShards
    from headwater.dispatch.exporting.files import BucketExports
    from headwater.dispatch.figures import FiguresOverActors
    from headwater.dispatch.jobs import JobsOverActors
    from headwater.dispatch.lake_flush import LakeFlush
    from headwater.dispatch.people import PeopleOverActors
    from headwater.dispatch.questions import QuestionsOverShards


class Isolate:
    """The parts, joined. What is remembered here may be forgotten at any time.

    Args:
        env: JavaScript's `env`, with the bindings and secrets of wrangler.toml.
    """

    def __init__(self, env: Any) -> None:
        self._env = env
        self.clock = EdgeClock()
        self.random = EdgeRandom()
        self.options = _settings(env)
        self.http = EdgeHttp(allow_private_networks=self.options.allow_private_networks)
        self.actors = EdgeActors(env)
        self.queue = EdgeQueue(env)
        self.configurations = Configurations()
        self.tables = Tables(migrations(IDENTITY), without=NEEDLESS_ALONE)
        self.directory = WriteKeyDirectory()
        self.settings = SettingsOverActors(
            self.actors,
            self.directory,
            clock=self.clock,
            write_key=getattr(env, "HEADWATER_WRITE_KEY", None),
            admin_key=getattr(env, "HEADWATER_ADMIN_KEY", None),
        )
        self.registry = RegistryOverActors(self.settings)
        self.tail = TailOverActors(self.actors, self.settings, clock=self.clock)
        self.teller = TailTeller(self.actors, self.settings, clock=self.clock, later=later)
        self.lanes = LanesOverActors(self.actors, self.directory.config)
        self.bucket = _bucket(env, self.options)
        self.lake_after = int(self.options.lake_flush_seconds * 1000) if self.bucket else None
        self.works = works(self)
        self.shards = Shards(self.actors)
        self.deliveries = Deliveries(self.actors, self.queue, self.settings)
        self.dispatcher = Dispatcher(
            self.actors, self.queue, whereabouts=Whereabouts(), later=later
        )
        self.identity_alarms = IdentityAlarms(
            self.settings,
            self.configurations,
            self.dispatcher,
            self.queue,
            self.shards,
            clock=self.clock,
            show=self.teller.show,
            rows=self._let_go,
        )

    # What follows is imported when it is first asked for: an event needs none of it, and to import
    # the questions alone takes a third as long as all that it does need.

    @cached_property
    def lake(self) -> LakeFlush | None:
        """Brings to the lake what actors have for it; None where there is no lake."""
        if self.bucket is None:
            return None
        from headwater.dispatch.lake_flush import LakeFlush  # noqa: PLC0415 - see above

        return LakeFlush(
            self.actors,
            self.queue,
            self.bucket,
            self.settings,
            clock=self.clock,
            random=self.random,
            hot_days=self.options.lake_hot_days,
        )

    @cached_property
    def people(self) -> PeopleOverActors:
        """Reads and orders about people."""
        from headwater.dispatch.past_events import PastEvents  # noqa: PLC0415 - see above
        from headwater.dispatch.people import PeopleOverActors  # noqa: PLC0415 - see above

        return PeopleOverActors(
            self.actors,
            self.queue,
            self.settings,
            clock=self.clock,
            random=self.random,
            past=PastEvents(self.bucket) if self.bucket else None,
        )

    @cached_property
    def audiences(self) -> AudiencesOverShards:
        """Answers who is in an audience."""
        from headwater.dispatch.audiences import AudiencesOverShards  # noqa: PLC0415 - see above

        return AudiencesOverShards(self.shards, self.people, self.settings, clock=self.clock)

    @cached_property
    def questions(self) -> QuestionsOverShards:
        """Answers questions about populations."""
        from headwater.dispatch.questions import QuestionsOverShards  # noqa: PLC0415 - see above

        return QuestionsOverShards(self.shards, self.settings, clock=self.clock)

    @cached_property
    def figures(self) -> FiguresOverActors:
        """Tells how the Worker is."""
        from headwater.dispatch.figures import FiguresOverActors  # noqa: PLC0415 - see above

        return FiguresOverActors(
            self.shards,
            self.lanes,
            self.settings,
            self.bucket,
            clock=self.clock,
        )

    @cached_property
    def jobs(self) -> JobsOverActors:
        """Takes orders for long work."""
        from headwater.dispatch.jobs import JobsOverActors  # noqa: PLC0415 - see above

        return JobsOverActors(
            self.actors, self.settings, kinds=self.works, clock=self.clock, random=self.random
        )

    @cached_property
    def exports(self) -> BucketExports:
        """Has the files that exports have made."""
        from headwater.dispatch.exporting.files import BucketExports  # noqa: PLC0415 - see above

        return BucketExports(self.bucket, self.jobs, self.settings, clock=self.clock)

    async def asset(self, name: str) -> bytes | None:
        """Answer a file of analytics-next, out of what Cloudflare serves by itself."""
        return await asset(self._env, f"{BUNDLES}{name}")

    async def tend(self) -> None:
        """Do some of what is due: the lake's compaction, ageing and cleaning; old exports."""
        if self.bucket is not None and self.lake_after is not None:
            from headwater.dispatch.lake_tending import (  # noqa: PLC0415 - events need none of it
                LakeTending,
            )

            tending = LakeTending(
                self.bucket,
                clock=self.clock,
                random=self.random,
                settling=self.lake_after,
                cold_days=self.options.lake_cold_days,
            )
            await tending.tend()
        await self.exports.sweep()

    async def _let_go(self, workspace: str, past: Any, days: Any) -> Any:
        return await self.people.let_go(workspace, past, days)


def _bucket(env: Any, options: Settings) -> R2Bucket | None:
    """Answer the lake's bucket; None where there is none, or the lake is off."""
    binding = getattr(env, "LAKE", None)
    return None if binding is None or options.lake == "off" else R2Bucket(binding)


def _settings(env: Any) -> Settings:
    """Answer the settings that the variables in wrangler.toml make."""
    names = [f"{PREFIX}{one.name.upper()}" for one in declared()]
    environment = {name: str(value) for name in names if (value := getattr(env, name, None))}
    return read_settings(flags={}, environment=environment, file={}).settings


_isolates: list[Isolate] = []


def isolate(env: Any) -> Isolate:
    """Answer this isolate's parts, made at the first use: nothing is made at import."""
    if not _isolates:
        _isolates.append(Isolate(env))
    return _isolates[0]


def later(work: Coroutine[Any, Any, None]) -> None:
    """Have something run to its end, though the request that began it is answered already."""
    from workers import wait_until  # noqa: PLC0415 - it is looked up in the request that runs

    task = asyncio.ensure_future(work)
    proxy = create_proxy(task)  # JavaScript keeps it beyond this call
    task.add_done_callback(lambda _done: proxy.destroy())
    wait_until(proxy)
