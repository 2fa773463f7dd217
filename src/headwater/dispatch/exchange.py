"""One call to one identity actor, under a workspace's configuration."""

from __future__ import annotations

from typing import TypeVar

from headwater import errors
from headwater.actors.identity_calls import (
    Answer,
    Call,
    Envelope,
    Outdated,
    Refused,
    decode_answer,
    encode,
)
from headwater.ports import Actors, CallFailed
from headwater.workspace import WorkspaceConfig

A = TypeVar("A", bound=Answer)


class Exchange:
    """Calls the identity actors of one workspace."""

    def __init__(self, actors: Actors, config: WorkspaceConfig) -> None:
        self._actors = actors
        self.config = config

    @property
    def workspace(self) -> str:
        """The workspace's id."""
        return self.config.workspace

    async def ask(self, actor: str, call: Call, expected: type[A]) -> A:
        """Answer what an actor answers; an actor that lacks the configuration is given it.

        Raises:
            CallFailed: it may have been carried out, or not.
            HeadwaterError: what the actor refused the call with.
        """
        answer = await self._send(Envelope(actor, self.config.version, call))
        if isinstance(answer, Outdated):
            answer = await self._send(Envelope(actor, self.config.version, call, self.config))
        if isinstance(answer, Refused):
            raise raised(answer.error, answer.message, answer.code)
        if not isinstance(answer, expected):
            raise CallFailed(f"{type(answer).__name__} came where {expected.__name__} was due.")
        return answer

    async def _send(self, envelope: Envelope) -> Answer:
        return decode_answer(await self._actors.identity(envelope.actor).call(encode(envelope)))


def raised(error: str, message: str, code: str) -> errors.HeadwaterError:
    """Answer the error by a name that came over the wire; one that is unknown is the root."""
    kind = getattr(errors, error, None)
    if not (isinstance(kind, type) and issubclass(kind, errors.HeadwaterError)):
        kind = errors.HeadwaterError
    made = kind(message)
    made.code = code
    return made
