"""The Python side of the test host: finds the application's classes, and calls their methods.

It stands in for what workerd's own Python runtime does between JavaScript and Python, with
Cloudflare's SDK unmodified on top. Runs in the isolate under the name `_edge_bridge`.
"""

from __future__ import annotations

import importlib
import inspect
import random
import traceback
from typing import Any

from workers import DurableObject, Request, WorkerEntrypoint, python_from_rpc, python_to_rpc

_BASES = (DurableObject, WorkerEntrypoint)
_classes: dict[str, type[Any]] = {}


def load(name: str) -> list[dict[str, Any]]:
    """Import the application's main module; answer its classes with their public methods."""
    module = importlib.import_module(name)
    _classes.update(
        (key, value)
        for key, value in vars(module).items()
        if inspect.isclass(value) and issubclass(value, _BASES) and value not in _BASES
    )
    return [{"name": key, "methods": _methods(value)} for key, value in _classes.items()]


def seed() -> None:
    """Replace the seed that was drawn where there was no entropy."""
    random.seed()


def construct(name: str, context: Any, env: Any) -> Any:
    """Make one object of a class."""
    return _classes[name](context, env)


async def fetch(instance: Any, request: Any) -> Any:
    """Answer a request; JavaScript's response."""
    response = await _told(instance.fetch(Request(request)))
    return getattr(response, "js_object", response)


async def handle(instance: Any, name: str, event: Any) -> None:
    """Let a queue's batch, a cron trigger or an alarm be handled."""
    await _told(getattr(instance, name)(event))


async def call(instance: Any, name: str, arguments: Any) -> Any:
    """Answer a call by RPC. What it raises is the caller's to tell."""
    answer = getattr(instance, name)(*[python_from_rpc(argument) for argument in arguments])
    return python_to_rpc(await answer if inspect.isawaitable(answer) else answer)


async def _told(answer: Any) -> Any:
    """Answer what is awaited; show where it failed, as nobody else will."""
    try:
        return await answer if inspect.isawaitable(answer) else answer
    except Exception:
        traceback.print_exc()
        raise


def _methods(one: type[Any]) -> list[str]:
    return [name for name in dir(one) if not name.startswith("_") and callable(getattr(one, name))]
