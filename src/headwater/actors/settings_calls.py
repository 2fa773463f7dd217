"""What the actor of settings is asked, as JSON texts: methods of the registry and of workspaces.

A method travels by its name and its arguments, which are made again by its own annotations; so
there is no second list of what settings can do. Only public methods of the two classes named here
can be called.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, get_type_hints

import msgspec

from headwater.actors.registry import Registry
from headwater.actors.workspace import WorkspaceActor
from headwater.workspace import WorkspaceConfig


class Invoke(msgspec.Struct, frozen=True, tag=True):
    """Call a method; of the registry where `workspace` is None."""

    workspace: str | None
    method: str
    arguments: dict[str, msgspec.Raw]


class Invoked(msgspec.Struct, frozen=True, tag=True):
    """What the method answered, and the configurations that it changed."""

    value: msgspec.Raw
    changed: list[WorkspaceConfig] = []


class Catch(msgspec.Struct, frozen=True, tag=True):
    """Bring me up to date; `known` has a version by workspace.

    Attributes:
        write_key: an operator's own, which is to open workspace `default`.
        admin_key: an operator's own, which is to open everything.
    """

    known: dict[str, int]
    write_key: str | None = None
    admin_key: str | None = None


class Watch(msgspec.Struct, frozen=True, tag=True):
    """Somebody follows the live events of a workspace, until then (ms) at least."""

    workspace: str
    until: int


class Caught(msgspec.Struct, frozen=True, tag=True):
    """The configurations that were not known, all workspaces that there are, and today's salt.

    Attributes:
        followed: workspaces whose live events somebody follows.
    """

    changed: list[WorkspaceConfig]
    workspaces: list[str]
    salt: str
    followed: list[str] = []


class Noted(msgspec.Struct, frozen=True, tag=True):
    """Who catches up from now on learns of it."""


class Refused(msgspec.Struct, frozen=True, tag=True):
    """The call cannot be done: which error it is, and its words."""

    error: str
    message: str
    code: str


SettingsCall = Invoke | Catch | Watch
SettingsAnswer = Invoked | Caught | Noted | Refused

_encoder = msgspec.json.Encoder()
_calls: msgspec.json.Decoder[SettingsCall] = msgspec.json.Decoder(SettingsCall)
_answers: msgspec.json.Decoder[SettingsAnswer] = msgspec.json.Decoder(SettingsAnswer)


def encode(value: SettingsCall | SettingsAnswer) -> str:
    """Answer the JSON text of a call or an answer."""
    return _encoder.encode(value).decode()


def decode_call(text: str) -> SettingsCall:
    """Answer the call that a JSON text holds."""
    return _calls.decode(text)


def decode_answer(text: str) -> SettingsAnswer:
    """Answer the answer that a JSON text holds."""
    return _answers.decode(text)


def invocation(
    workspace: str | None,
    method: Callable[..., Any],
    arguments: tuple[Any, ...],
    named: Mapping[str, Any],
) -> Invoke:
    """Answer the call of a method with these arguments (its own object left out)."""
    bound = inspect.signature(method).bind(None, *arguments, **named)
    given = list(bound.arguments.items())[1:]
    return Invoke(
        workspace,
        method.__name__,
        {name: msgspec.Raw(_encoder.encode(value)) for name, value in given},
    )


def method_of(call: Invoke) -> Callable[..., Any]:
    """Answer the method that a call names.

    Raises:
        LookupError: there is none of that name.
    """
    owner = Registry if call.workspace is None else WorkspaceActor
    method = None if call.method.startswith("_") else getattr(owner, call.method, None)
    if not inspect.isfunction(method):
        raise LookupError(f"{owner.__name__} has no method {call.method!r}")
    return method


def arguments_of(call: Invoke, method: Callable[..., Any]) -> dict[str, Any]:
    """Answer a call's arguments, as the method's annotations have them."""
    types = _types(method)
    return {
        name: msgspec.json.decode(value, type=types[name]) for name, value in call.arguments.items()
    }


def result(value: Any, changed: list[WorkspaceConfig]) -> Invoked:
    """Answer what a method answered, as it travels."""
    return Invoked(msgspec.Raw(_encoder.encode(value)), changed)


def value_of(answer: Invoked, method: Callable[..., Any]) -> Any:
    """Answer what a method answered, as its annotations have it."""
    return msgspec.json.decode(answer.value, type=_types(method)["return"])


@cache
def _types(method: Callable[..., Any]) -> dict[str, Any]:
    hints = get_type_hints(method)
    return hints | {"return": hints.get("return") or type(None)}
