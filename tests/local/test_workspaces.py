"""Calls to workspaces and the registry: what is published, and what goes with a destination."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from headwater.actors import deliveries
from headwater.actors.registry import Registry
from headwater.actors.workspace import WorkspaceActor
from headwater.commands import Deliver
from headwater.errors import NotFound
from headwater.local.migrations import open_database
from headwater.local.random import SystemRandom
from headwater.local.readers import Readers
from headwater.local.workspaces import LocalRegistry, LocalWorkspaces, configs, drop_unconfigured
from headwater.local.writer import Writer
from headwater.ports import Sql
from headwater.workspace import DestinationConfig, WorkspaceConfig


class Office:
    """The calls over a real writer and readers, and what was published."""

    def __init__(self, path: Path) -> None:
        self.writer = Writer(open_database(path))
        self.readers = Readers(path)
        random = SystemRandom()
        self.workspaces = LocalWorkspaces(self.writer, self.readers, random=random)
        self.registry = LocalRegistry(self.writer, self.readers, random=random)
        self.published: list[Any] = []
        self.writer.after_commit(self.published.extend)

    async def webhook(self) -> DestinationConfig:
        """Make a destination."""
        return await self.workspaces.write(
            "default",
            WorkspaceActor.create_destination,
            destination_type="webhook",
            name="Hook",
            now=1,
            changes={"settings": {"url": "https://example.com"}},
        )

    async def enqueue(self, destination: str) -> None:
        """Queue a delivery."""
        order = Deliver(
            workspace="default",
            destination=destination,
            person="default/user_id:1",
            message_id="m1",
            body="{}",
        )
        await self.writer.run(lambda sql: deliveries.enqueue(sql, [order], 1))

    async def waiting(self) -> int:
        """Answer how many deliveries wait."""
        lanes = await self.readers.run(deliveries.statistics)
        return sum(lane.waiting for lane in lanes)


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    """An office with workspace default."""
    office = Office(tmp_path / "test.sqlite3")
    await office.registry.write(Registry.create_workspace, "default", now=1)
    yield office
    await office.readers.close()
    await office.writer.close()


async def test_a_change_is_published_before_it_is_answered(office: Office) -> None:
    """Whoever holds the configuration has the new one when the caller goes on."""
    made = await office.workspaces.write("default", WorkspaceActor.create_source, name="A", now=1)
    config = office.published[-1]

    assert isinstance(config, WorkspaceConfig)
    assert config.sources == (made,)
    assert await office.workspaces.read("default", WorkspaceActor.sources) == (made,)


async def test_a_change_is_published_although_the_caller_went_away(office: Office) -> None:
    """A client that disconnects leaves no collector with an old configuration."""
    call = asyncio.create_task(
        office.workspaces.write("default", WorkspaceActor.create_source, name="A", now=1)
    )
    await asyncio.sleep(0)
    call.cancel()
    await office.writer.run(lambda _sql: None)

    assert [source.name for source in office.published[-1].sources] == ["A"]


async def test_what_changes_nothing_publishes_nothing(office: Office) -> None:
    """Reads, refusals and counts leave everybody alone."""
    before = len(office.published)
    with pytest.raises(NotFound):
        await office.workspaces.write("default", WorkspaceActor.delete_source, "src_x")
    await office.registry.write(Registry.create_key, "default", name="x", role="read", now=1)

    assert len(office.published) == before


async def test_a_new_workspace_is_published(office: Office) -> None:
    """It can be collected for at once."""
    await office.registry.write(Registry.create_workspace, "shop", now=1)
    known = await office.readers.run(lambda sql: configs(sql, random=SystemRandom()))

    assert office.published[-1] == WorkspaceConfig("shop")
    assert [config.workspace for config in known] == ["default", "shop"]


async def test_what_waits_goes_with_its_destination(office: Office) -> None:
    """Removing a destination drops its queue in the same commit; another's stays."""
    removed, kept = await office.webhook(), await office.webhook()
    await office.enqueue(removed.id)
    await office.enqueue(kept.id)
    await office.workspaces.write("default", WorkspaceActor.delete_destination, removed.id)

    assert await office.waiting() == 1


async def test_switching_a_destination_off_keeps_what_waits(office: Office) -> None:
    """Only removing it drops its queue."""
    made = await office.webhook()
    await office.enqueue(made.id)
    await office.workspaces.write(
        "default", WorkspaceActor.update_destination, made.id, {"enabled": False}
    )

    assert await office.waiting() == 1


async def test_a_start_drops_what_waits_for_nobody(office: Office) -> None:
    """What a turn queued while its destination was being removed does not stay for ever."""
    made = await office.webhook()
    await office.enqueue(made.id)
    await office.enqueue("dst_gone")

    def start(sql: Sql) -> None:
        drop_unconfigured(sql, configs(sql, random=SystemRandom()))

    await office.writer.run(start)

    assert await office.waiting() == 1
