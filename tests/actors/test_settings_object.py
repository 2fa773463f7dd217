"""The actor of settings: its methods travel as text, and say which configurations they changed."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from headwater.actors.registry import Registry
from headwater.actors.rejected_events import RejectedFilter
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
    method_of,
    value_of,
)
from headwater.actors.settings_object import SettingsObject
from headwater.actors.workspace import WorkspaceActor
from headwater.collect.intake import Rejection
from headwater.workspace import IdentifierType, IdentityRules
from tests.databases import empty_database
from tests.simulation.pipeline import SeededRandom


class Settings:
    """The actor; every call and answer goes over the wire."""

    def __init__(self) -> None:
        self.object = SettingsObject(empty_database(), random=SeededRandom(random.Random(1)))
        self.changed: list[str] = []

    def ask(self, call: SettingsCall) -> SettingsAnswer:
        """Answer what it answers."""
        return decode_answer(self.object.respond(encode(call), now=1000))

    def do(self, workspace: str | None, method: Callable[..., Any], *args: Any, **kw: Any) -> Any:
        """Answer what a method answers."""
        answer = self.ask(invocation(workspace, method, args, kw))
        assert isinstance(answer, Invoked), answer
        self.changed = [config.workspace for config in answer.changed]
        return value_of(answer, method)


@pytest.fixture
def settings() -> Settings:
    """Settings with a workspace `default`."""
    made = Settings()
    made.ask(Catch({}))
    return made


def test_a_first_deployment_has_what_its_operator_preset() -> None:
    """The workspace, the write key and the admin key are there after the first question."""
    settings = Settings()

    answer = settings.ask(Catch({}, write_key="wk-preset", admin_key="hw-preset-key"))
    again = settings.ask(Catch({"default": answer.changed[0].version}, write_key="wk-preset"))  # type: ignore[union-attr]  # checked below

    assert isinstance(answer, Caught)
    (config,) = answer.changed
    assert [key.key for source in config.sources for key in source.write_keys] == ["wk-preset"]
    assert settings.do(None, Registry.key, "hw-preset-key").role == "admin"
    assert again == Caught([], ["default"], answer.salt)


def test_a_method_answers_over_the_wire_as_at_home(settings: Settings) -> None:
    """Arguments and results keep their types: tuples, data classes, bytes, None."""
    source = settings.do("default", WorkspaceActor.create_source, name="Web", now=5)
    assert settings.changed == ["default"]
    assert settings.do("default", WorkspaceActor.sources) == (source,)
    assert settings.changed == []

    rules = IdentityRules(types=(IdentifierType("user_id", blocked=frozenset({"x"})),))
    assert settings.do("default", WorkspaceActor.set_identity_rules, rules) == rules
    assert settings.do("default", WorkspaceActor.identity_rules) == rules

    refused = Rejection(0, "m1", "bad", "why", b"\xff\x00")
    assert settings.do("default", WorkspaceActor.keep_rejected, "s", [refused], now=7) is None
    page, after = settings.do("default", WorkspaceActor.rejected, which=RejectedFilter(), limit=5)
    assert ([event.body for event in page], after) == ([b"\xff\x00"], None)

    key, secret = settings.do(None, Registry.create_key, "default", name="k", role="read", now=5)
    assert settings.do(None, Registry.key, secret) == key
    assert settings.do(None, Registry.key, "unknown") is None


def test_a_destination_keeps_what_it_was_given(settings: Settings) -> None:
    """Also where the change comes as JSON has it."""
    made = settings.do(
        "default",
        WorkspaceActor.create_destination,
        destination_type="webhook",
        name="Hook",
        changes={"settings": {"url": "https://example.com/hook"}, "types": ("track",)},
        now=5,
    )
    changes = {"types": ("track", "identify"), "enabled": False}

    changed = settings.do("default", WorkspaceActor.update_destination, made.id, changes)

    assert changed.types == ("track", "identify")
    assert settings.do("default", WorkspaceActor.destinations) == (changed,)


def test_a_new_workspace_comes_with_its_configuration(settings: Settings) -> None:
    """Whoever made it can use it at once."""
    settings.do(None, Registry.create_workspace, "shop", now=5)

    assert settings.changed == ["shop"]


def test_a_refusal_changes_nothing(settings: Settings) -> None:
    """It comes back as the error that it is."""
    answer = settings.ask(invocation("default", WorkspaceActor.source, ("nope",), {}))

    assert isinstance(answer, Refused)
    assert (answer.error, answer.code) == ("NotFound", "not_found")


@pytest.mark.parametrize("method", ["_new_id", "__init__", "nothing", "workspace"])
def test_only_public_methods_can_be_called(method: str) -> None:
    """A name is not a way into the actor."""
    with pytest.raises(LookupError):
        method_of(Invoke("default", method, {}))
