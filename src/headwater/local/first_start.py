"""What has to be there before a server can be used: a workspace, a source, keys."""

from __future__ import annotations

from dataclasses import dataclass

from headwater.actors.registry import ALL_WORKSPACES, DEFAULT_WORKSPACE, Registry
from headwater.actors.workspace import WorkspaceActor
from headwater.local.sql import Database
from headwater.ports import Clock, Random
from headwater.settings import Settings

COMMAND_LINE_KEY = "command line on the server's machine"


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys that a start can tell people.

    Attributes:
        write_key: a write key of workspace `default`; None where its sources have none any more.
        admin_key: told at the first start, or when it was preset; of later starts only a hash
            is known.
        command_line_key: opens everything for commands on this machine.
    """

    write_key: str | None
    admin_key: str | None
    command_line_key: str


def prepare(
    database: Database,
    settings: Settings,
    *,
    clock: Clock,
    random: Random,
    command_line_key: str | None = None,
) -> Keys:
    """Make what is missing, and answer the keys.

    Args:
        database: with every schema in place.
        settings: the keys that were preset, if any.
        clock: for the times of creation.
        random: for new ids and keys.
        command_line_key: the one that the last server here made for commands on this machine.

    Raises:
        HeadwaterError: a preset key is another workspace's, was revoked, or cannot be a key.
    """
    now = clock.now()
    registry = Registry(database, random=random)
    default = WorkspaceActor(database, DEFAULT_WORKSPACE, random=random)
    with database.transaction():
        is_first = registry.workspace(DEFAULT_WORKSPACE) is None
        if is_first:
            registry.create_workspace(DEFAULT_WORKSPACE, name="Default", now=now)
        if settings.write_key:
            default.preset_source(settings.write_key, name="Preset", now=now)
        elif is_first:
            default.create_source(name="Default", now=now)
        admin_key = settings.admin_key
        if admin_key:
            registry.preset_key(admin_key, now=now)
        elif is_first:
            admin_key = _new_key(registry, "first start", now)
        if not command_line_key or registry.key(command_line_key) is None:
            command_line_key = _new_key(registry, COMMAND_LINE_KEY, now)
    write_key = settings.write_key or _present_write_key(default, now)
    return Keys(write_key, admin_key, command_line_key)


def _new_key(registry: Registry, name: str, now: int) -> str:
    _, secret = registry.create_key(ALL_WORKSPACES, name=name, role="admin", now=now)
    return secret


def _present_write_key(workspace: WorkspaceActor, now: int) -> str | None:
    for source in workspace.sources():
        for key in source.write_keys:
            if source.enabled and (key.expires_at is None or key.expires_at > now):
                return key.key
    return None
