"""Calls to the actors that keep destinations' lanes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from headwater.actors.lane_calls import (
    Done,
    Enqueue,
    LaneAnswer,
    LaneCall,
    LaneEnvelope,
    Outdated,
    decode_answer,
    encode,
)
from headwater.commands import Command
from headwater.ports import Actors, CallFailed
from headwater.workspace import DestinationConfig, WorkspaceConfig

A = TypeVar("A", bound=LaneAnswer)


async def ask(
    actors: Actors, config: WorkspaceConfig, destination: str, call: LaneCall, expected: type[A]
) -> A:
    """Answer what a lane answers; one that lacks the configuration is given it.

    Raises:
        CallFailed: it may have been carried out, or not.
    """
    answer = await _send(actors, config, destination, call, None)
    if isinstance(answer, Outdated):
        own = next((one for one in config.destinations if one.id == destination), None)
        answer = await _send(actors, config, destination, call, own)
    if not isinstance(answer, expected):
        raise CallFailed(f"{type(answer).__name__} came where {expected.__name__} was due.")
    return answer


async def _send(
    actors: Actors,
    config: WorkspaceConfig,
    destination: str,
    call: LaneCall,
    own: DestinationConfig | None,
) -> LaneAnswer:
    envelope = LaneEnvelope(config.workspace, destination, config.version, call, own)
    lane = actors.lane(config.workspace, destination)
    return decode_answer(await lane.call(encode(envelope)))


async def enqueue(
    actors: Actors, config: WorkspaceConfig, destination: str, commands: Sequence[Command]
) -> None:
    """Append commands to a lane; what is for a destination that is gone is dropped.

    Raises:
        CallFailed: they may have been taken, or not.
    """
    if any(one.id == destination for one in config.destinations):
        await ask(actors, config, destination, Enqueue(list(commands)), Done)
