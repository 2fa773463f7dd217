"""What a workspace's words mean is kept with its settings, and known at once."""

from __future__ import annotations

import json

import pytest

from headwater.actors.workspace import WorkspaceActor
from headwater.errors import BadRequest, NotFound
from tests.actors.workspace_database import SeededRandom, workspace_database

LEFT = json.dumps({"type": "trait", "path": "left", "operator": "exists"})


@pytest.fixture
def actor() -> WorkspaceActor:
    """A workspace without words of its own."""
    return WorkspaceActor(workspace_database(), "default", random=SeededRandom())


def test_a_word_is_in_the_configuration(actor: WorkspaceActor) -> None:
    """Setting, changing and resetting it each make a new version."""
    before = actor.version()
    assert actor.set_word(" High  Value ", LEFT) == "high value"
    assert json.loads(actor.config().words["high value"])["path"] == "left"
    actor.set_word("high value", json.dumps({"type": "everyone"}))
    assert json.loads(actor.config().words["high value"]) == {"type": "everyone"}
    actor.reset_word("High value")

    assert actor.config().words == {}
    assert actor.version() == before + 3


@pytest.mark.parametrize("word", ["", "  ", "who", "the best", "users", "a b c d", "1st", "x" * 61])
def test_a_word_of_the_language_is_not_redefined(actor: WorkspaceActor, word: str) -> None:
    """What holds sentences together keeps its meaning."""
    with pytest.raises(BadRequest):
        actor.set_word(word, LEFT)


@pytest.mark.parametrize("meaning", ["{}", '{"type": "made up"}'])
def test_a_meaning_is_a_condition(actor: WorkspaceActor, meaning: str) -> None:
    """Anything else is refused, and nothing kept."""
    with pytest.raises(BadRequest):
        actor.set_word("churned", meaning)

    assert actor.words() == {}


def test_what_was_not_set_cannot_be_undone(actor: WorkspaceActor) -> None:
    """A word that is as it was shipped has nothing to reset."""
    with pytest.raises(NotFound):
        actor.reset_word("churned")


def test_words_are_a_workspaces_own(actor: WorkspaceActor) -> None:
    """Another workspace in the same database does not see them."""
    database = workspace_database()
    one, other = (WorkspaceActor(database, name, random=SeededRandom()) for name in ("a", "b"))
    one.set_word("sleepy", LEFT)

    assert other.words() == {}
