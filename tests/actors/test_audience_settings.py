"""Tests of `headwater.actors.audience_settings`: which destinations an audience tells."""

from __future__ import annotations

import pytest

from headwater.actors.workspace import WorkspaceActor
from headwater.audiences.audience import Audience
from headwater.errors import BadRequest
from tests.actors.workspace_database import SeededRandom, workspace_database

EVERYONE = '{"type":"everyone"}'


@pytest.fixture
def actor() -> WorkspaceActor:
    """A workspace with two webhooks."""
    found = WorkspaceActor(workspace_database(), "w", random=SeededRandom())
    for name in ("One", "Two"):
        found.create_destination(
            destination_type="webhook",
            name=name,
            now=1,
            changes={"settings": {"url": "https://example.com"}},
        )
    return found


def made(actor: WorkspaceActor, *destinations: str) -> Audience:
    """Make an audience that tells these destinations alone."""
    return actor.create_audience(
        key="all", name="All", definition=EVERYONE, now=1, destinations=destinations
    )


def test_an_audience_keeps_whom_it_tells(actor: WorkspaceActor) -> None:
    """It may be changed to others, and to all of them; the configuration has it too."""
    one, two = (each.id for each in actor.destinations())
    audience = made(actor, one)
    version = actor.version()

    assert actor.config().audiences == (audience,)
    assert actor.audience("all").destinations == (one,)
    changed = actor.update_audience("all", {"destinations": [two, one, two]})
    assert changed.destinations == (two, one)
    assert actor.audience("all").destinations == (two, one)
    assert actor.version() > version
    actor.update_audience("all", {"destinations": []})
    assert actor.audience("all") == Audience(
        audience.id, "all", "All", EVERYONE, since=audience.since
    )


def test_only_what_is_there_can_be_told(actor: WorkspaceActor) -> None:
    """Another id is a mistake, when it is named; one that was removed later tells nobody else."""
    one = actor.destinations()[0].id
    with pytest.raises(BadRequest, match="destinations: there is no destination 'dst_x'"):
        made(actor, one, "dst_x")
    made(actor, one)
    with pytest.raises(BadRequest, match="destinations: there is no destination 'dst_x'"):
        actor.update_audience("all", {"destinations": ["dst_x"]})

    actor.delete_destination(one)
    assert actor.update_audience("all", {"name": "Everybody"}).destinations == (one,)


def test_what_a_removed_audience_told_is_gone_with_it(actor: WorkspaceActor) -> None:
    """A new one of the same key tells all."""
    made(actor, actor.destinations()[0].id)
    actor.delete_audience("all")
    assert made(actor).destinations == ()
