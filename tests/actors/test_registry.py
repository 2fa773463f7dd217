"""Workspaces and admin keys: made, found by their secret, revoked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from headwater.actors.registry import Registry, hash_of
from headwater.errors import BadRequest, Conflict, NotFound
from tests.actors.workspace_database import SeededRandom, workspace_database
from tests.databases import Database


@pytest.fixture
def sql() -> Iterator[Database]:
    """An empty database."""
    database = workspace_database()
    yield database
    database.close()


@pytest.fixture
def registry(sql: Database) -> Registry:
    """A registry that knows the workspaces `default` and `other`."""
    made = Registry(sql, random=SeededRandom())
    made.create_workspace("default", now=1)
    made.create_workspace("other", name="The other", now=2)
    return made


def test_workspaces_are_listed_by_id(registry: Registry) -> None:
    """A workspace without a name is called by its id."""
    listed = [(one.id, one.name) for one in registry.workspaces()]

    assert listed == [("default", "default"), ("other", "The other")]


@pytest.mark.parametrize("name", ["", "UPPER", "a/b", "*", "-x", "a" * 64, "a b", "ü", "a\n"])
def test_odd_workspace_ids_are_refused(registry: Registry, name: str) -> None:
    """An id must fit into paths, file names and actor names."""
    with pytest.raises(BadRequest, match="A workspace's id is"):
        registry.create_workspace(name, now=1)


def test_a_workspace_is_made_once(registry: Registry) -> None:
    """The second of the same id is a conflict."""
    with pytest.raises(Conflict):
        registry.create_workspace("default", now=3)


def test_a_key_is_found_by_its_secret_and_kept_only_as_hash(
    registry: Registry, sql: Database
) -> None:
    """The secret itself is nowhere in the database."""
    key, secret = registry.create_key("default", name="CI", role="write", now=5)

    assert secret.startswith("hw_")
    assert registry.key(secret) == key
    assert key.last_four == secret[-4:]
    stored = sql.execute("SELECT * FROM admin_keys")
    assert secret not in repr(stored)
    assert hash_of(secret) in repr(stored)


def test_a_revoked_key_opens_nothing(registry: Registry) -> None:
    """It stays listed, with the time; revoking again keeps the first time."""
    key, secret = registry.create_key("default", name="CI", role="admin", now=5)

    registry.revoke_key("default", key.id, now=9)
    registry.revoke_key("default", key.id, now=10)

    assert registry.key(secret) is None
    assert [one.revoked_at for one in registry.keys("default")] == [9]


def test_a_workspace_cannot_revoke_anothers_key(registry: Registry) -> None:
    """For whoever asks there, the key does not exist."""
    key, secret = registry.create_key("default", name="CI", role="admin", now=5)

    with pytest.raises(NotFound):
        registry.revoke_key("other", key.id, now=9)

    assert registry.key(secret) == key
    assert registry.keys("other") == ()


def test_the_last_admin_key_for_all_stays(registry: Registry) -> None:
    """Nobody can lock everybody out."""
    first = registry.preset_key("operator-key-0001", now=1)
    with pytest.raises(Conflict, match="last admin key"):
        registry.revoke_key("*", first.id, now=2)

    registry.create_key("*", name="second", role="admin", now=3)

    assert registry.revoke_key("*", first.id, now=4).revoked_at == 4


def test_presetting_again_is_no_change(registry: Registry) -> None:
    """A server that restarts with the same environment keeps its key."""
    first = registry.preset_key("operator-key-0001", now=1)

    assert registry.preset_key("operator-key-0001", now=2) == first
    assert len(registry.keys("*")) == 1


def test_a_preset_that_means_less_is_refused(registry: Registry) -> None:
    """A key of one workspace does not silently become a key for all."""
    registry.create_key("default", name="x", role="admin", now=1, secret="operator-key-0001")

    with pytest.raises(Conflict, match="preset another"):
        registry.preset_key("operator-key-0001", now=2)


def test_a_revoked_preset_does_not_come_back(registry: Registry) -> None:
    """Revoking is final, whatever the environment still says."""
    registry.create_key("*", name="second", role="admin", now=1)
    key = registry.preset_key("operator-key-0001", now=1)
    registry.revoke_key("*", key.id, now=2)

    with pytest.raises(Conflict, match="revoked"):
        registry.preset_key("operator-key-0001", now=3)


@pytest.mark.parametrize("secret", ["short", "x" * 201, "with space in the key", ""])
def test_weak_presets_are_refused(registry: Registry, secret: str) -> None:
    """A key that could be guessed, or could not be sent, is no key."""
    with pytest.raises(BadRequest, match="8 to 200"):
        registry.preset_key(secret, now=1)


def test_a_key_needs_a_workspace_and_a_role(registry: Registry) -> None:
    """An unknown workspace is not found; an unknown role is refused with the known ones."""
    with pytest.raises(NotFound):
        registry.create_key("nowhere", name="x", role="read", now=1)
    with pytest.raises(BadRequest, match="read, write, admin"):
        registry.create_key("default", name="x", role="root", now=1)  # type: ignore[arg-type]


def test_a_secret_that_is_no_text_is_unknown(registry: Registry) -> None:
    """Half a surrogate pair in a header is an unknown key, not a crash."""
    assert registry.key("hw_\ud800") is None
