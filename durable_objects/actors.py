"""The `Actors` port over Durable Objects: one object for each actor, found by the actor's name."""

from __future__ import annotations

from typing import Any

from pyodide.ffi import JsException

from headwater.actors.population import SHARDS
from headwater.ports import Actor, CallFailed

SETTINGS = "settings"
"""The name of the one object that keeps all settings; see actors/settings_object.py."""


class Stub:
    """One actor, behind its Durable Object."""

    def __init__(self, namespace: Any, name: str) -> None:
        self._namespace = namespace
        self._name = name

    async def call(self, request: str) -> str:
        """Answer what the object answers; see `ports.Actor`."""
        try:
            answer: str = await self._namespace.getByName(self._name).call(request)
        except JsException as error:
            # Its text may quote what was sent.
            raise CallFailed(f"the Durable Object did not answer: {error.name}") from error
        return answer


class EdgeActors:
    """Finds actors by name.

    Args:
        env: JavaScript's `env`, with the bindings of wrangler.toml.
    """

    def __init__(self, env: Any) -> None:
        self._env = env

    def identity(self, name: str) -> Actor:
        """Answer the actor of an external id, or of an account, by its full name."""
        return Stub(self._env.IDENTITY, name)

    def workspace(self, workspace: str) -> Actor:  # noqa: ARG002 - one object keeps them all
        """Answer the actor that keeps a workspace's settings."""
        return Stub(self._env.WORKSPACE, SETTINGS)

    def lane(self, workspace: str, destination: str) -> Actor:
        """Answer the actor that keeps what waits for a destination."""
        return Stub(self._env.LANE, f"{workspace}/{destination}")

    def tail(self, workspace: str) -> Actor:
        """Answer the actor that shows a workspace's events as they are stored."""
        return Stub(self._env.TAIL, workspace)

    def population(self, workspace: str, shard: int) -> Actor:
        """Answer one of the actors that together know all people of a workspace."""
        return Stub(self._env.POPULATION, f"{workspace}/{shard}/{SHARDS}")

    def job(self, workspace: str, job: str) -> Actor:
        """Answer the actor that does a job."""
        return Stub(self._env.JOB, f"{workspace}/{job}")
