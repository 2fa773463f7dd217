"""Settings that live in an actor of their own: read once for each version, written there.

What an isolate knows of workspaces is kept here. It is looked after every few seconds beside the
requests, not on their way; an unknown write key or workspace has it looked after at once.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from headwater.actors.registry import DEFAULT_WORKSPACE, Registry
from headwater.actors.settings_calls import (
    Catch,
    Caught,
    Invoke,
    Invoked,
    Refused,
    SettingsAnswer,
    SettingsCall,
    decode_answer,
    encode,
    invocation,
    value_of,
)
from headwater.actors.workspace import WorkspaceActor
from headwater.dispatch import population
from headwater.dispatch.exchange import raised
from headwater.dispatch.lanes import reconfigure
from headwater.errors import HeadwaterError, NotFound, Unavailable
from headwater.ports import Actors, CallFailed, Clock
from headwater.workspace import WorkspaceConfig

P = ParamSpec("P")
R = TypeVar("R")

FRESH = 5_000
"""Milliseconds for which nobody asks whether a setting has changed."""

_AT_ONCE = 1_000


class Known(Protocol):
    """Holds configurations in memory, for whoever looks for a write key."""

    def put(self, config: WorkspaceConfig) -> None:
        """Take a new configuration."""
        ...

    def config(self, workspace: str) -> WorkspaceConfig | None:
        """Answer the one that is held."""
        ...

    def configs(self) -> tuple[WorkspaceConfig, ...]:
        """Answer all of them."""
        ...

    def remove(self, workspace: str) -> None:
        """Forget one."""
        ...


class SettingsOverActors:
    """One isolate's settings: the `WorkspaceCalls` and `Settings` that it needs.

    Attributes:
        followed: workspaces whose live events somebody follows, as far as it knows.

    Args:
        actors: where the settings' own actor is.
        known: what the isolate holds.
        clock: tells how old that is.
        write_key: an operator's own, if there is one.
        admin_key: the same, for the admin API.
    """

    def __init__(
        self,
        actors: Actors,
        known: Known,
        *,
        clock: Clock,
        write_key: str | None = None,
        admin_key: str | None = None,
    ) -> None:
        self._actors = actors
        self._known = known
        self._clock = clock
        self._write_key = write_key
        self._admin_key = admin_key
        self._looked_at: int | None = None
        self._looking_since: int | None = None
        self._salt = b""
        self.followed: frozenset[str] = frozenset()

    @property
    def is_looking(self) -> bool:
        """Whether somebody is looking right now what has changed."""
        since = self._looking_since  # too long ago: that request has died
        return since is not None and self._clock.now() - since < FRESH

    async def ready(self, later: Callable[[Coroutine[Any, Any, None]], None]) -> None:
        """Return once something is known; have it looked after beside the request if it is old.

        Raises:
            HeadwaterError: the settings cannot be read, or the operator's own keys not be used.
        """
        now = self._clock.now()
        if self._looked_at is None:
            await self.refresh()
        elif now - self._looked_at >= FRESH:
            self._looked_at = self._looking_since = now  # one look is enough
            later(self.refresh())

    async def refresh(self) -> None:
        """Learn what has changed."""
        self._looking_since = self._clock.now()
        try:
            await self._catch_up()
        finally:
            self._looking_since = None

    async def _catch_up(self) -> None:
        now = self._clock.now()
        known = {config.workspace: config.version for config in self._known.configs()}
        call = Catch(known, write_key=self._write_key, admin_key=self._admin_key)
        answer = await self._send(call)
        if not isinstance(answer, Caught):
            raise Unavailable("The settings cannot be read now; try again.")
        for config in answer.changed:
            self._known.put(config)
        for workspace in known.keys() - set(answer.workspaces):
            self._known.remove(workspace)
        self._salt = bytes.fromhex(answer.salt)
        self.followed = frozenset(answer.followed)
        self._looked_at = now

    def daily_salt(self) -> bytes:
        """Answer today's salt, as it was when the settings were last looked after."""
        return self._salt

    async def look_again(self) -> bool:
        """Learn what has changed, unless that was done within the last second; tell whether."""
        if self._looked_at is not None and self._clock.now() - self._looked_at < _AT_ONCE:
            return False
        await self.refresh()
        return True

    def workspaces(self) -> list[str]:
        """Answer the workspaces that are known."""
        return [config.workspace for config in self._known.configs()]

    async def problem(self) -> str | None:
        """Answer why no events can be let in now; None where they can."""
        try:
            await self.look_again()
        except HeadwaterError as error:
            return error.message
        return None

    async def config(self, workspace: str) -> WorkspaceConfig:
        """Answer a workspace's configuration; see `parcels.Settings.config`."""
        present = self._known.config(workspace)
        return present if present is not None else await self.newest(workspace)

    async def newest(self, workspace: str) -> WorkspaceConfig:
        """Answer a workspace's configuration as it is now."""
        await self.refresh()
        present = self._known.config(workspace)
        if present is None:
            raise NotFound(f"There is no workspace {workspace[:80]!r}.")
        return present

    async def read(
        self,
        workspace: str,
        method: Callable[Concatenate[WorkspaceActor, P], R],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """Answer what a workspace's method answers; see `WorkspaceCalls.read`."""
        return await self._invoke(workspace, method, args, kwargs)

    async def write(
        self,
        workspace: str,
        method: Callable[Concatenate[WorkspaceActor, P], R],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """Answer what a workspace's method answers; see `WorkspaceCalls.write`."""
        return await self._invoke(workspace, method, args, kwargs)

    async def invoke_registry(
        self, method: Callable[..., R], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> R:
        """Answer what a method of the registry answers."""
        return await self._invoke(None, method, args, kwargs)

    async def _invoke(
        self,
        workspace: str | None,
        method: Callable[..., R],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> R:
        answer = await self._send(invocation(workspace, method, args, kwargs))
        if not isinstance(answer, Invoked):
            raise Unavailable("The settings cannot be read now; try again.")
        for config in answer.changed:
            before = self._known.config(config.workspace)
            self._known.put(config)
            await reconfigure(self._actors, before, config)
            await population.reconfigure(self._actors, before, config)
        value: R = value_of(answer, method)
        return value

    async def _send(self, call: SettingsCall) -> SettingsAnswer:
        name = call.workspace if isinstance(call, Invoke) else None
        actor = self._actors.workspace(name or DEFAULT_WORKSPACE)
        try:
            answer = decode_answer(await actor.call(encode(call)))
        except CallFailed as error:
            raise Unavailable("The settings cannot be reached now; try again.") from error
        if isinstance(answer, Refused):
            raise raised(answer.error, answer.message, answer.code)
        return answer


class RegistryOverActors:
    """The admin API's `RegistryCalls`."""

    def __init__(self, settings: SettingsOverActors) -> None:
        self._settings = settings

    async def read(
        self, method: Callable[Concatenate[Registry, P], R], /, *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """Answer what the method answers; see `RegistryCalls.read`."""
        return await self._settings.invoke_registry(method, args, kwargs)

    async def write(
        self, method: Callable[Concatenate[Registry, P], R], /, *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """Answer what the method answers; see `RegistryCalls.write`."""
        return await self._settings.invoke_registry(method, args, kwargs)
