"""The actor of all settings with a database of its own: the registry, and every workspace's.

One actor holds them all, since a write key must be unique among all workspaces, and since
settings are read from here once for each version and isolate, never on the way of an event.
"""

from __future__ import annotations

from headwater.actors import settings_calls
from headwater.actors.daily_salt import salt_of_day
from headwater.actors.migrations import migrate
from headwater.actors.registry import DEFAULT_WORKSPACE, Registry
from headwater.actors.schemas import SETTINGS, migrations
from headwater.actors.settings_calls import (
    Catch,
    Caught,
    Invoke,
    Invoked,
    Noted,
    Refused,
    SettingsAnswer,
    SettingsCall,
    Watch,
    arguments_of,
    decode_call,
    encode,
    method_of,
)
from headwater.actors.workspace import WorkspaceActor
from headwater.errors import HeadwaterError
from headwater.ports import Random, Sql
from headwater.workspace import WorkspaceConfig


class SettingsObject:
    """Answers calls, each as one unit of work."""

    def __init__(self, sql: Sql, *, random: Random) -> None:
        """Work on a database that holds nothing yet, or its tables."""
        self._sql = sql
        self._random = random
        sql.run(lambda: migrate(sql, migrations(SETTINGS)))
        self._registry = Registry(sql, random=random)
        # In memory: whoever follows says so again within seconds.
        self._followed: dict[str, int] = {}

    def respond(self, request: str, *, now: int) -> str:
        """Answer a call, both as JSON texts; what it refuses has changed nothing."""
        call = decode_call(request)
        try:
            return encode(self._sql.run(lambda: self._run(call, now)))
        except HeadwaterError as error:
            return encode(Refused(type(error).__name__, error.message, error.code))

    def _run(self, call: SettingsCall, now: int) -> SettingsAnswer:
        match call:
            case Catch():
                return self._catch_up(call, now)
            case Watch():
                until = self._followed.get(call.workspace, 0)
                self._followed[call.workspace] = max(until, call.until)
                return Noted()
            case Invoke():
                return self._invoke(call)

    def _invoke(self, call: Invoke) -> Invoked:
        method = method_of(call)
        given = arguments_of(call, method)
        if call.workspace is None:
            before = {one.id for one in self._registry.workspaces()}
            value = method(self._registry, **given)
            new = [one.id for one in self._registry.workspaces() if one.id not in before]
            return settings_calls.result(value, [self._config(name) for name in new])
        actor = WorkspaceActor(self._sql, call.workspace, random=self._random)
        version = actor.version()
        value = method(actor, **given)
        changed = [actor.config()] if actor.version() != version else []
        return settings_calls.result(value, changed)

    def _catch_up(self, call: Catch, now: int) -> Caught:
        self._prepare(call, now)
        workspaces = [one.id for one in self._registry.workspaces()]
        return Caught(
            [
                config
                for config in map(self._config, workspaces)
                if call.known.get(config.workspace) != config.version
            ],
            workspaces,
            salt_of_day(self._sql, random=self._random, now=now),
            sorted(name for name, until in self._followed.items() if until > now),
        )

    def _prepare(self, call: Catch, now: int) -> None:
        """Make what has to be there before anything can be used; again is no change."""
        if self._registry.workspace(DEFAULT_WORKSPACE) is None:
            self._registry.create_workspace(DEFAULT_WORKSPACE, name="Default", now=now)
        if call.admin_key:
            self._registry.preset_key(call.admin_key, now=now)
        if call.write_key:
            default = WorkspaceActor(self._sql, DEFAULT_WORKSPACE, random=self._random)
            default.preset_source(call.write_key, name="Preset", now=now)

    def _config(self, workspace: str) -> WorkspaceConfig:
        return WorkspaceActor(self._sql, workspace, random=self._random).config()
