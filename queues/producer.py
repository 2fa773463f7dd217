"""The `Queue` port over Cloudflare's Queues; each topic has a binding of wrangler.toml."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from js import Object
from pyodide.ffi import JsException, to_js

from headwater.ports import CallFailed

# https://developers.cloudflare.com/queues/platform/limits/: 100 messages and 256 KB a batch.
_MOST = 100
_LARGEST = 200_000

TOPICS = {"deliveries": "DELIVERIES", "lake": "LAKE_QUEUE"}


class EdgeQueue:
    """Sends messages.

    Args:
        env: JavaScript's `env`, with the bindings of wrangler.toml.
    """

    def __init__(self, env: Any) -> None:
        self._env = env

    async def send(self, topic: str, messages: Sequence[str]) -> None:
        """Return once the messages are durable; see `ports.Queue`."""
        binding = getattr(self._env, TOPICS[topic])
        for batch in batches(messages):
            bodies = [{"body": message, "contentType": "text"} for message in batch]
            try:
                await binding.sendBatch(to_js(bodies, dict_converter=Object.fromEntries))
            except JsException as error:
                raise CallFailed(f"the queue took nothing: {error.name}") from error


def batches(messages: Sequence[str]) -> list[list[str]]:
    """Cut messages into batches that a queue takes."""
    cut: list[list[str]] = []
    size = 0
    for message in messages:
        more = len(message.encode())
        if cut and len(cut[-1]) < _MOST and size + more <= _LARGEST:
            cut[-1].append(message)
            size += more
        else:
            cut.append([message])
            size = more
    return cut
