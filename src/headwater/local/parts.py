"""The parts of a server on this machine: made in order, joined, and ended in reverse."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from headwater.api.directory import WriteKeyDirectory
from headwater.exports.keeping import KIND as EXPORT
from headwater.exports.keeping import PERSON as EXPORT_PERSON
from headwater.local.audience_counts import Counts
from headwater.local.audience_past import AudiencePast
from headwater.local.audiences import LocalAudiences
from headwater.local.clock import SystemClock
from headwater.local.erasure import KIND as ERASE
from headwater.local.erasure import Erasure
from headwater.local.exports.files import ExportFiles
from headwater.local.exports.person import PersonExporting
from headwater.local.exports.work import Exporting
from headwater.local.figures import Figures
from headwater.local.http import GuardedHttp
from headwater.local.identities import Identities
from headwater.local.jobs.runner import JobRunner, Work
from headwater.local.lake import position as positions
from headwater.local.lake.buckets import open_lake
from headwater.local.lake.keeper import LakeKeeper
from headwater.local.lake.lake import Lake
from headwater.local.lake.past import PastEvents, TieredPast
from headwater.local.lake.position import last_event
from headwater.local.lake.tender import Tender
from headwater.local.lanes import Lanes
from headwater.local.listeners import Listeners
from headwater.local.metrics import Metrics
from headwater.local.question_tables import complete_people
from headwater.local.questions import LocalQuestions
from headwater.local.random import SystemRandom
from headwater.local.readers import Readers
from headwater.local.replays.work import KIND as REPLAY
from headwater.local.replays.work import Replaying
from headwater.local.sandbox.sandbox import Sandbox
from headwater.local.sql import Database
from headwater.local.tail import LiveTail
from headwater.local.workspaces import LocalWorkspaces
from headwater.local.writer import Writer
from headwater.ports import Clock, Random
from headwater.settings import Settings
from headwater.workspace import WorkspaceConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """All of them. `known` is what is known of write keys and configurations, in memory."""

    writer: Writer
    readers: Readers
    http: GuardedHttp
    lanes: Lanes
    identities: Identities
    audiences: LocalAudiences
    known: WriteKeyDirectory
    tail: LiveTail
    metrics: Metrics
    figures: Figures
    lake: LakeKeeper | None
    questions: LocalQuestions
    jobs: JobRunner
    sandbox: Sandbox
    exports: ExportFiles
    clock: Clock
    random: Random


@asynccontextmanager
async def running(
    settings: Settings, database: Database, path: Path, present: Sequence[WorkspaceConfig]
) -> AsyncIterator[Parts]:
    """Give the parts, at work.

    When left, requests have ended: so first the lanes stop, then the writer finishes.

    Args:
        settings: those in force.
        database: open for writing, prepared; closed with the parts.
        path: its file.
        present: every workspace's configuration.
    """
    clock, random = SystemClock(), SystemRandom()
    metrics = Metrics()
    async with AsyncExitStack() as ending:
        writer = Writer(database, bound=settings.queue_bound, observe=metrics.turn)
        ending.push_async_callback(writer.close)
        readers = Readers(path, threads=settings.readers)
        ending.push_async_callback(readers.close)
        http = GuardedHttp(allow_private_networks=settings.allow_private_networks)
        ending.push_async_callback(http.close)
        lanes = Lanes(writer=writer, readers=readers, http=http, clock=clock, random=random)
        ending.push_async_callback(lanes.stop, settings.shutdown_grace)
        known, tail = WriteKeyDirectory(), LiveTail()
        lake = await _lake(settings, path, writer, readers)
        if lake is not None:
            ending.push_async_callback(lake.stop, settings.shutdown_grace)
        listeners = Listeners(metrics, known, lanes, tail, lake)
        for config in present:
            listeners.configured(config)
        writer.after_commit(listeners.committed)
        identities = Identities(
            writer,
            readers,
            config=known.config,
            clock=clock,
            random=random,
            journal=lake is not None,
            past=TieredPast(readers, lake.lake) if lake else None,
        )
        audiences = LocalAudiences(
            writer,
            readers,
            identities,
            config=known.config,
            clock=clock,
            counts=Counts(),
            past=AudiencePast(readers, PastEvents(lake.lake)) if lake else None,
        )
        writer.after_commit(audiences.committed)
        for task in (audiences.keep_time(), audiences.keep_complete()):
            ending.push_async_callback(_ended, asyncio.get_running_loop().create_task(task))
        settling = asyncio.get_running_loop().create_task(identities.keep_settled())
        ending.push_async_callback(_ended, settling)
        figures = Figures(
            metrics=metrics,
            lanes=lanes,
            writer=writer,
            readers=readers,
            database=path,
            clock=clock,
            lake=lake,
        )
        questions = LocalQuestions(
            lake, path, clock=clock, config=known.config, seconds=settings.question_seconds
        )
        ending.push_async_callback(questions.close)
        sandbox = Sandbox(
            None if lake is None else lake.relation,
            path.with_name("scratch"),
            seconds=settings.sql_seconds,
            complete=lambda connection, workspace: complete_people(
                connection, path, known.config(workspace) or WorkspaceConfig(workspace)
            ),
        )
        folder = path.with_name("exports")
        erasure = Erasure(
            writer=writer,
            readers=readers,
            workspaces=LocalWorkspaces(writer, readers, random=random),
            identities=identities,
            lake=lake,
            config=known.config,
            clock=clock,
            folder=path.parent,
            drop_exports=lambda workspace: exports.drop(workspace),  # noqa: PLW0108 - made below
        )
        kinds: dict[str, Work] = {
            ERASE: erasure.work,
            EXPORT: Exporting(sandbox, folder, clock=clock),
            EXPORT_PERSON: PersonExporting(
                readers=readers,
                people=identities,
                audiences=audiences,
                workspaces=LocalWorkspaces(writer, readers, random=random),
                lake=lake,
                config=known.config,
                folder=folder,
                clock=clock,
            ),
            REPLAY: Replaying(sandbox, readers, config=known.config, clock=clock, wake=lanes.wake),
        }
        jobs = JobRunner(
            kinds,
            writer=writer,
            readers=readers,
            clock=clock,
            random=random,
            at_once={REPLAY: 4},
        )
        ending.push_async_callback(jobs.stop)
        exports = ExportFiles(folder, jobs, clock=clock)
        sweeping = asyncio.get_running_loop().create_task(exports.keep_swept())
        ending.push_async_callback(_ended, sweeping)
        yield Parts(
            writer=writer,
            readers=readers,
            http=http,
            lanes=lanes,
            identities=identities,
            audiences=audiences,
            known=known,
            tail=tail,
            metrics=metrics,
            figures=figures,
            lake=lake,
            questions=questions,
            jobs=jobs,
            sandbox=sandbox,
            exports=exports,
            clock=clock,
            random=random,
        )


async def _lake(
    settings: Settings, path: Path, writer: Writer, readers: Readers
) -> LakeKeeper | None:
    """Answer the lake, being kept; None where it is switched off."""
    if settings.lake == "off":
        await writer.run(positions.stop)
        return None
    address = str(path.with_name("lake")) if settings.lake == "auto" else settings.lake
    bucket, nearby = open_lake(address, cache=path.with_name("lake-cache"))
    lake = Lake(
        bucket=bucket,
        nearby=nearby,
        address=address,
        database=path,
        writer=writer,
        readers=readers,
        clock=SystemClock(),
        random=SystemRandom(),
        last_at_start=await readers.run(last_event),
    )
    tender = Tender(
        lake, writer, cold_days=settings.lake_cold_days, hot_days=settings.lake_hot_days
    )
    return LakeKeeper(
        lake,
        tender,
        path,
        flush_seconds=settings.lake_flush_seconds,
        flush_events=settings.lake_flush_events,
    )


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
