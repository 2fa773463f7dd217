"""The index of write keys: what collectors ask for each request."""

from __future__ import annotations

import pytest

from headwater.api.directory import WriteKeyDirectory
from headwater.workspace import Source, WorkspaceConfig, WriteKey


def config(workspace: str, *keys: WriteKey, version: int = 1) -> WorkspaceConfig:
    """A workspace with one source that has these keys."""
    return WorkspaceConfig(workspace, version, sources=(Source("src_1", "Web", keys),))


def test_a_key_finds_its_workspace_and_source() -> None:
    """Each its own; an unknown key finds nothing."""
    directory = WriteKeyDirectory()
    one, two = config("one", WriteKey("a")), config("two", WriteKey("b"))
    directory.put(one)
    directory.put(two)

    assert directory.source("a", 0) == (one, "src_1")
    assert directory.source("b", 0) == (two, "src_1")
    assert directory.source("c", 0) is None


@pytest.mark.parametrize(("now", "works"), [(0, True), (99, True), (100, False), (101, False)])
def test_a_key_works_until_it_expires(now: int, works: bool) -> None:  # noqa: FBT001 - a table
    """No rebuild is needed for that."""
    directory = WriteKeyDirectory()
    directory.put(config("one", WriteKey("a", expires_at=100)))

    assert (directory.source("a", now) is not None) is works


def test_a_new_configuration_replaces_the_old() -> None:
    """Keys that it does not have any more open nothing."""
    directory = WriteKeyDirectory()
    directory.put(config("one", WriteKey("a")))
    directory.put(config("one", WriteKey("b"), version=2))

    assert directory.source("a", 0) is None
    assert directory.source("b", 0) is not None


def test_an_older_configuration_is_ignored() -> None:
    """Two changes that arrive in the wrong order leave the newer one."""
    directory = WriteKeyDirectory()
    directory.put(config("one", WriteKey("b"), version=2))
    directory.put(config("one", WriteKey("a"), version=1))

    assert directory.source("a", 0) is None
    newest = directory.config("one")
    assert newest is not None
    assert newest.version == 2


def test_a_removed_workspace_opens_nothing() -> None:
    """The others stay."""
    directory = WriteKeyDirectory()
    directory.put(config("one", WriteKey("a")))
    directory.put(config("two", WriteKey("b")))
    directory.remove("one")

    assert directory.source("a", 0) is None
    assert [one.workspace for one in directory.configs()] == ["two"]
