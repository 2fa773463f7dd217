"""A workspace's settings: sources and keys, destinations, identity rules, and their version."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import TypeAdapter

from headwater.actors.rejected_events import RejectedFilter
from headwater.actors.workspace import WorkspaceActor
from headwater.collect.intake import Rejection
from headwater.destinations.setting import HIDDEN
from headwater.errors import BadRequest, Conflict, NotFound
from headwater.workspace import (
    DestinationConfig,
    IdentifierType,
    IdentityRules,
    WorkspaceConfig,
    WriteKey,
)
from tests.actors.workspace_database import SeededRandom, workspace_database
from tests.databases import Database, driven


@pytest.fixture
def sql() -> Iterator[Database]:
    """An empty database."""
    database = workspace_database()
    yield database
    database.close()


@pytest.fixture
def workspace(sql: Database) -> WorkspaceActor:
    """The actor of the workspace `default`."""
    return driven(WorkspaceActor(sql, "default", random=SeededRandom(1)), sql)


@pytest.fixture
def other(sql: Database) -> WorkspaceActor:
    """Another workspace's actor over the same database."""
    return WorkspaceActor(sql, "other", random=SeededRandom(2))


def webhook(workspace: WorkspaceActor, **changes: Any) -> DestinationConfig:
    """Switch a webhook on."""
    return workspace.create_destination(
        destination_type="webhook",
        name="Hook",
        now=1,
        changes={"settings": {"url": "https://example.com"}, **changes},
    )


def test_an_untouched_workspace_has_the_defaults(workspace: WorkspaceActor) -> None:
    """There is nothing to set up before the first event."""
    assert workspace.config() == WorkspaceConfig("default")


def test_a_source_has_a_write_key(workspace: WorkspaceActor) -> None:
    """It is drawn, starts with wk_, and does not expire."""
    source = workspace.create_source(name="Web", now=1)

    (key,) = source.write_keys
    assert key.key.startswith("wk_")
    assert key.expires_at is None
    assert workspace.config().sources == (source,)


def test_rotating_keeps_the_old_key_for_the_overlap(workspace: WorkspaceActor) -> None:
    """The new key comes first; the old one ends at a given time."""
    source = workspace.create_source(name="Web", now=1, write_key="old")

    rotated = workspace.rotate_source(source.id, overlap_seconds=60, now=1000)

    new, old = rotated.write_keys
    assert new.expires_at is None
    assert old == WriteKey("old", 61_000)


def test_rotating_without_overlap_removes_the_old_key(workspace: WorkspaceActor) -> None:
    """Zero seconds is at once."""
    source = workspace.create_source(name="Web", now=1, write_key="old")

    rotated = workspace.rotate_source(source.id, overlap_seconds=0, now=1000)

    assert [key.key != "old" for key in rotated.write_keys] == [True]


def test_rotating_twice_does_not_prolong_the_first_key(workspace: WorkspaceActor) -> None:
    """A key's end is set once."""
    source = workspace.create_source(name="Web", now=1, write_key="old")
    workspace.rotate_source(source.id, overlap_seconds=60, now=0)

    rotated = workspace.rotate_source(source.id, overlap_seconds=600, now=1000)

    assert WriteKey("old", 60_000) in rotated.write_keys
    assert len(rotated.write_keys) == 3


@pytest.mark.parametrize("seconds", [-1, 90 * 24 * 3600 + 1])
def test_an_overlap_is_bounded(workspace: WorkspaceActor, seconds: int) -> None:
    """The error says from where to where."""
    source = workspace.create_source(name="Web", now=1)
    with pytest.raises(BadRequest, match="overlap_seconds is from 0"):
        workspace.rotate_source(source.id, overlap_seconds=seconds, now=1)


def test_a_write_key_leads_to_one_source(workspace: WorkspaceActor, other: WorkspaceActor) -> None:
    """It can be brought along, but not twice, not even to another workspace."""
    workspace.create_source(name="Web", now=1, write_key="brought")
    for one in (workspace, other):
        with pytest.raises(Conflict, match="in use"):
            one.create_source(name="Again", now=1, write_key="brought")


@pytest.mark.parametrize("key", ["a b", "a:b", "ü", "x" * 201, "k\n"])
def test_a_write_key_must_fit_into_a_header(workspace: WorkspaceActor, key: str) -> None:
    """A colon would end it in Basic authentication."""
    with pytest.raises(BadRequest, match="A write key is"):
        workspace.create_source(name="Web", now=1, write_key=key)
    assert workspace.sources() == ()


def test_presetting_a_source_again_is_no_change(workspace: WorkspaceActor) -> None:
    """A server that restarts with the same environment keeps its source."""
    first = workspace.preset_source("preset", name="default", now=1)

    assert workspace.preset_source("preset", name="default", now=2) == first
    assert workspace.version() == 2


def test_a_preset_that_was_rotated_away_works_again(workspace: WorkspaceActor) -> None:
    """A server whose environment still has the old key starts, and takes it."""
    first = workspace.preset_source("preset", name="default", now=1)
    workspace.rotate_source(first.id, overlap_seconds=60, now=1)

    again = workspace.preset_source("preset", name="default", now=2)

    assert again.id == first.id
    assert WriteKey("preset") in again.write_keys
    assert workspace.version() == 4


def test_a_source_is_changed_and_deleted(workspace: WorkspaceActor) -> None:
    """Deleting takes its keys with it."""
    source = workspace.create_source(name="Web", now=1, write_key="brought")
    changed = workspace.update_source(source.id, {"enabled": False, "rate_limit": 5})
    assert workspace.source(source.id) == changed
    assert (changed.name, changed.enabled, changed.rate_limit) == ("Web", False, 5)

    workspace.delete_source(source.id)

    assert workspace.sources() == ()
    assert workspace.create_source(name="Again", now=2, write_key="brought")


def test_settings_of_a_destination_are_merged(workspace: WorkspaceActor) -> None:
    """Naming one setting keeps the others; None is its default; a hidden secret stays."""
    made = webhook(workspace, settings={"url": "https://a.example", "batch_size": 7})

    changed = workspace.update_destination(
        made.id, {"settings": {"batch_size": None, "timeout": 9, "secret": HIDDEN}}
    )

    assert changed.settings == {**made.settings, "batch_size": 100, "timeout": 9}
    assert workspace.destination(made.id) == changed


def test_a_secret_is_made_where_left_out(workspace: WorkspaceActor) -> None:
    """A new webhook is signed without anybody thinking of it."""
    assert webhook(workspace).settings["secret"].startswith("whsec_")


def test_an_invalid_destination_is_not_saved(workspace: WorkspaceActor) -> None:
    """Neither at first nor by a change; the present settings stay."""
    with pytest.raises(BadRequest, match="Setting 'url'"):
        workspace.create_destination(destination_type="webhook", name="x", now=1)
    made = webhook(workspace)
    with pytest.raises(BadRequest, match="Setting 'url'"):
        workspace.update_destination(made.id, {"settings": {"url": None}})

    assert workspace.destinations() == (made,)


def test_types_events_and_filter_survive_storage(workspace: WorkspaceActor) -> None:
    """What was given is what consumers get."""
    made = webhook(workspace, types=["track"], events=["Order Completed"], filter="type = 'track'")

    assert workspace.destination(made.id) == made
    assert made.types == ("track",)
    assert made.events == ("Order Completed",)


def test_fields_that_cannot_change_are_refused(workspace: WorkspaceActor) -> None:
    """An id or a type is for life."""
    made = webhook(workspace)
    source = workspace.create_source(name="Web", now=1)
    with pytest.raises(BadRequest, match="'type' cannot be changed"):
        workspace.update_destination(made.id, {"type": "heap"})
    with pytest.raises(BadRequest, match="'id' cannot be changed"):
        workspace.update_source(source.id, {"id": "x"})


CHANGES: dict[str, Callable[[WorkspaceActor], object]] = {
    "create source": lambda one: one.create_source(name="new", now=1),
    "update source": lambda one: one.update_source(one.sources()[0].id, {"name": "x"}),
    "rotate source": lambda one: one.rotate_source(one.sources()[0].id, overlap_seconds=1, now=1),
    "delete source": lambda one: one.delete_source(one.sources()[0].id),
    "create destination": webhook,
    "update destination": lambda one: one.update_destination(
        one.destinations()[0].id, {"enabled": False}
    ),
    "delete destination": lambda one: one.delete_destination(one.destinations()[0].id),
    "identity rules": lambda one: one.set_identity_rules(IdentityRules(custom_limit=9)),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_each_change_grows_the_version(
    workspace: WorkspaceActor, other: WorkspaceActor, change: Callable[[WorkspaceActor], object]
) -> None:
    """By one, and the other workspace's configuration stays as it was."""
    workspace.create_source(name="Web", now=1)
    webhook(workspace)
    before, others = workspace.config(), other.config()

    change(workspace)

    assert workspace.config().version == before.version + 1
    assert workspace.config() != before
    assert other.config() == others


UNCHANGED: dict[str, Callable[[WorkspaceActor], object]] = {
    "update source": lambda one: one.update_source(one.sources()[0].id, {"name": "Web"}),
    "update destination": lambda one: one.update_destination(
        one.destinations()[0].id, {"enabled": True}
    ),
    "identity rules": lambda one: one.set_identity_rules(IdentityRules()),
    "rejected": lambda one: one.keep_rejected("s", [Rejection(0, None, "c", "m", b"")], now=1),
}


@pytest.mark.parametrize("change", UNCHANGED.values(), ids=UNCHANGED)
def test_no_change_keeps_the_version(
    workspace: WorkspaceActor, change: Callable[[WorkspaceActor], object]
) -> None:
    """Nobody rebuilds anything for nothing."""
    workspace.create_source(name="Web", now=1)
    webhook(workspace)
    before = workspace.config()

    change(workspace)

    assert workspace.config() == before


ISOLATED: dict[str, Callable[[WorkspaceActor, WorkspaceActor], object]] = {
    "source": lambda one, two: two.source(one.sources()[0].id),
    "update source": lambda one, two: two.update_source(one.sources()[0].id, {"name": "x"}),
    "rotate source": lambda one, two: two.rotate_source(
        one.sources()[0].id, overlap_seconds=1, now=1
    ),
    "delete source": lambda one, two: two.delete_source(one.sources()[0].id),
    "destination": lambda one, two: two.destination(one.destinations()[0].id),
    "update destination": lambda one, two: two.update_destination(
        one.destinations()[0].id, {"enabled": False}
    ),
    "delete destination": lambda one, two: two.delete_destination(one.destinations()[0].id),
    "rejected event": lambda one, two: two.rejected_event("1"),
}


@pytest.mark.parametrize("attempt", ISOLATED.values(), ids=ISOLATED)
def test_another_workspaces_rows_do_not_exist(
    workspace: WorkspaceActor,
    other: WorkspaceActor,
    attempt: Callable[[WorkspaceActor, WorkspaceActor], object],
) -> None:
    """Naming an id of another workspace is not found, and changes nothing there."""
    workspace.create_source(name="Web", now=1)
    webhook(workspace)
    workspace.keep_rejected("s", [Rejection(0, "m", "c", "m", b"{}")], now=1)
    before = workspace.config()

    with pytest.raises(NotFound):
        attempt(workspace, other)

    assert workspace.config() == before
    assert other.config() == WorkspaceConfig("other")


def test_lists_show_one_workspace(workspace: WorkspaceActor, other: WorkspaceActor) -> None:
    """Lists, counts, marks and deletions stay inside too."""
    workspace.create_source(name="Web", now=1)
    webhook(workspace)
    workspace.keep_rejected("s", [Rejection(0, "m", "c", "m", b"{}")], now=1)
    everything = RejectedFilter()

    other.mark_replayed("1", now=5)

    assert other.sources() == ()
    assert other.destinations() == ()
    assert other.rejected(which=everything, limit=10) == ((), None)
    assert other.count_rejected(which=everything) == 0
    assert other.delete_rejected(which=everything) == 0
    assert workspace.rejected_event("1").replayed_at is None


def test_the_configuration_goes_to_json_and_back(workspace: WorkspaceActor) -> None:
    """As consumers in other processes get it."""
    workspace.create_source(name="Web", now=1)
    webhook(workspace)
    workspace.set_identity_rules(
        IdentityRules(types=(IdentifierType("user_id", blocked=frozenset({"guest"})),))
    )
    adapter = TypeAdapter(WorkspaceConfig)

    assert adapter.validate_json(adapter.dump_json(workspace.config())) == workspace.config()


@pytest.mark.parametrize(
    ("rules", "complaint"),
    [
        (IdentityRules(types=()), "at least one identifier type"),
        (IdentityRules(types=(IdentifierType("User"),)), r"types\[0\]\.name"),
        (IdentityRules(types=(IdentifierType("a"), IdentifierType("a"))), r"types\[1\].*twice"),
        (IdentityRules(types=(IdentifierType("a", limit=0),)), r"types\[0\]\.limit"),
        (IdentityRules(phone_region="Germany"), "phone_region"),
        (IdentityRules(custom_limit=0), "custom_limit"),
        (IdentityRules(max_identifiers=0), "max_identifiers"),
        (IdentityRules(max_merges=0), "max_merges"),
    ],
)
def test_contradictory_identity_rules_are_refused(
    workspace: WorkspaceActor, rules: IdentityRules, complaint: str
) -> None:
    """The error names the field; the present rules stay."""
    with pytest.raises(BadRequest, match=complaint):
        workspace.set_identity_rules(rules)
    assert workspace.identity_rules() == IdentityRules()
