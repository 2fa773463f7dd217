"""What the first start makes, and what later ones leave as it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from headwater.actors.registry import Registry
from headwater.actors.workspace import WorkspaceActor
from headwater.local.clock import SystemClock
from headwater.local.first_start import Keys, prepare
from headwater.local.migrations import open_database
from headwater.local.random import SystemRandom
from headwater.local.sql import Database
from headwater.settings import Settings


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A database with every schema."""
    database = open_database(tmp_path / "test.sqlite3")
    yield database
    database.close()


def start(database: Database, settings: Settings | None = None, last: str | None = None) -> Keys:
    """Prepare as a server does that starts."""
    return prepare(
        database,
        settings or Settings(),
        clock=SystemClock(),
        random=SystemRandom(),
        command_line_key=last,
    )


def write_keys(database: Database) -> list[str]:
    """Answer the write keys of workspace default."""
    actor = WorkspaceActor(database, "default", random=SystemRandom())
    return [key.key for source in actor.sources() for key in source.write_keys]


def test_the_first_start_makes_everything(database: Database) -> None:
    """A workspace, a source and an admin key are there, and told."""
    keys = start(database)
    registry = Registry(database, random=SystemRandom())
    assert keys.admin_key is not None
    admin = registry.key(keys.admin_key)
    assert admin is not None

    assert [workspace.id for workspace in registry.workspaces()] == ["default"]
    assert write_keys(database) == [keys.write_key]
    assert (admin.role, admin.workspace) == ("admin", "*")


def test_later_starts_keep_the_keys(database: Database) -> None:
    """The write key is told again; the admin key is known as a hash only."""
    first = start(database)
    second = start(database, last=first.command_line_key)

    assert second == Keys(first.write_key, None, first.command_line_key)
    assert len(Registry(database, random=SystemRandom()).keys("*")) == 2


def test_preset_keys_are_taken(database: Database) -> None:
    """Automation gives its own keys, at the first start or at a later one."""
    settings = Settings(write_key="write-key-1", admin_key="admin-key-of-automation")
    keys = start(database, settings)
    again = start(database, settings, keys.command_line_key)

    assert (keys.write_key, keys.admin_key) == ("write-key-1", "admin-key-of-automation")
    assert again == keys
    assert write_keys(database) == ["write-key-1"]


def test_a_preset_key_joins_those_there_are(database: Database) -> None:
    """A key that is preset later works next to the first one."""
    first = start(database)
    start(database, Settings(write_key="write-key-2"))

    assert sorted(write_keys(database)) == sorted([str(first.write_key), "write-key-2"])


def test_a_lost_command_line_key_is_replaced(database: Database) -> None:
    """If the saved connection is gone or its key was revoked, commands get another."""
    first = start(database)
    second = start(database, last="hw_not-known-any-more")

    assert second.command_line_key not in {first.command_line_key, "hw_not-known-any-more"}
    assert Registry(database, random=SystemRandom()).key(second.command_line_key) is not None
