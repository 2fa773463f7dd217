"""Calls to the workspace actors and the registry, over the writer and the readers.

A configuration that changed is published with the commit that changed it, so it reaches everybody
who holds it even where the caller has gone away meanwhile, and before the caller is answered.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Concatenate, ParamSpec, TypeVar

from headwater.actors import deliveries, identity_changes
from headwater.actors.identity_changes import Changes
from headwater.actors.registry import Registry
from headwater.actors.workspace import WorkspaceActor
from headwater.local.lake import position as positions
from headwater.local.readers import Readers
from headwater.local.writer import Writer
from headwater.ports import Random, Sql
from headwater.workspace import WorkspaceConfig

P = ParamSpec("P")
R = TypeVar("R")


class LocalWorkspaces:
    """`WorkspaceCalls` of the admin API."""

    def __init__(self, writer: Writer, readers: Readers, *, random: Random) -> None:
        self._writer = writer
        self._readers = readers
        self._random = random

    async def read(
        self,
        workspace: str,
        method: Callable[Concatenate[WorkspaceActor, P], R],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """Answer what the method answers; it must not write."""
        return await self._readers.run(
            lambda sql: method(self._actor(sql, workspace), *args, **kwargs)
        )

    async def write(
        self,
        workspace: str,
        method: Callable[Concatenate[WorkspaceActor, P], R],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """Answer what the method answers once what it wrote is on the disk."""

        def job(sql: Sql) -> R:
            actor = self._actor(sql, workspace)
            before = actor.config()
            result = method(actor, *args, **kwargs)
            if actor.version() != before.version:
                config = actor.config()
                _drop_removed(sql, before, config)
                _tell_lake(sql, before, config)
                self._writer.publish(config)
            return result

        return await self._writer.run(job)

    def _actor(self, sql: Sql, workspace: str) -> WorkspaceActor:
        return WorkspaceActor(sql, workspace, random=self._random)


class LocalRegistry:
    """`RegistryCalls` of the admin API."""

    def __init__(self, writer: Writer, readers: Readers, *, random: Random) -> None:
        self._writer = writer
        self._readers = readers
        self._random = random

    async def read(
        self, method: Callable[Concatenate[Registry, P], R], /, *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """Answer what the method answers; it must not write."""
        return await self._readers.run(
            lambda sql: method(Registry(sql, random=self._random), *args, **kwargs)
        )

    async def write(
        self, method: Callable[Concatenate[Registry, P], R], /, *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """Answer what the method answers once what it wrote is on the disk."""

        def job(sql: Sql) -> R:
            registry = Registry(sql, random=self._random)
            before = {workspace.id for workspace in registry.workspaces()}
            result = method(registry, *args, **kwargs)
            for workspace in registry.workspaces():
                if workspace.id not in before:
                    actor = WorkspaceActor(sql, workspace.id, random=self._random)
                    self._writer.publish(actor.config())
            return result

        return await self._writer.run(job)


def _tell_lake(sql: Sql, before: WorkspaceConfig, config: WorkspaceConfig) -> None:
    """Write down whose suppression changed, so that a server made of the lake knows of it, too."""
    changed = before.suppression.hashes ^ config.suppression.hashes
    if changed and positions.position(sql) is not None:
        keys = [(config.workspace, one) for one in sorted(changed)]
        identity_changes.note(sql, Changes(suppressions=keys))


def _drop_removed(sql: Sql, before: WorkspaceConfig, after: WorkspaceConfig) -> None:
    """Drop what waits for destinations that are there no more."""
    kept = {one.id for one in after.destinations}
    for one in before.destinations:
        if one.id not in kept:
            deliveries.drop(sql, after.workspace, one.id)
    left = {one.id for one in before.audiences} - {one.id for one in after.audiences}
    for audience in left:
        sql.execute("DELETE FROM audience_member WHERE audience = ?", (audience,))


def drop_unconfigured(sql: Sql, present: Sequence[WorkspaceConfig]) -> None:
    """Drop what waits for no destination that there is.

    A turn that began before a destination was removed may still have queued for it.
    """
    kept = {(config.workspace, one.id) for config in present for one in config.destinations}
    with sql.transaction():
        for lane in deliveries.statistics(sql):
            if lane.waiting and (lane.workspace, lane.destination) not in kept:
                deliveries.drop(sql, lane.workspace, lane.destination)


def configs(sql: Sql, *, random: Random) -> list[WorkspaceConfig]:
    """Answer the configuration of every workspace, as at the start of a server."""
    return [
        WorkspaceActor(sql, workspace.id, random=random).config()
        for workspace in Registry(sql, random=random).workspaces()
    ]
