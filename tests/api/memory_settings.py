"""Settings and keys in memory: the real actors, over SQLite."""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from headwater.actors.registry import Registry
from headwater.actors.workspace import WorkspaceActor
from headwater.local.sql import Database
from tests.actors.workspace_database import SeededRandom

P = ParamSpec("P")


R = TypeVar("R")


class MemoryWorkspaces:
    """`WorkspaceCalls` over one database; it remembers which methods wrote."""

    def __init__(self, database: Database, random: SeededRandom) -> None:
        self._database = database
        self._random = random
        self.written: list[str] = []

    def actor(self, workspace: str) -> WorkspaceActor:
        return WorkspaceActor(self._database, workspace, random=self._random)

    async def read(
        self,
        workspace: str,
        method: Callable[Concatenate[WorkspaceActor, P], R],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        before = self._database.execute("SELECT total_changes()")
        result = method(self.actor(workspace), *args, **kwargs)
        assert self._database.execute("SELECT total_changes()") == before, "a read wrote"
        return result

    async def write(
        self,
        workspace: str,
        method: Callable[Concatenate[WorkspaceActor, P], R],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        self.written.append(method.__name__)
        return method(self.actor(workspace), *args, **kwargs)


class MemoryRegistry:
    """`RegistryCalls` over one database."""

    def __init__(self, database: Database, random: SeededRandom) -> None:
        self._database = database
        self.registry = Registry(database, random=random)

    async def read(
        self, method: Callable[Concatenate[Registry, P], R], /, *args: P.args, **kwargs: P.kwargs
    ) -> R:
        before = self._database.execute("SELECT total_changes()")
        result = method(self.registry, *args, **kwargs)
        assert self._database.execute("SELECT total_changes()") == before, "a read wrote"
        return result

    async def write(
        self, method: Callable[Concatenate[Registry, P], R], /, *args: P.args, **kwargs: P.kwargs
    ) -> R:
        return method(self.registry, *args, **kwargs)
