"""Calls to the actors that keep destinations' lanes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import TypeVar

from headwater.actors.dead_letters import DeadLetter, DeadLetterFilter
from headwater.actors.lane_calls import (
    Configure,
    CountLetters,
    DiscardLetters,
    Done,
    Enqueue,
    LaneAnswer,
    LaneCall,
    LaneEnvelope,
    LettersListed,
    ListLetters,
    Outdated,
    Remove,
    ReplayLetters,
    ShowStatus,
    StatusShown,
    decode_answer,
    encode,
)
from headwater.commands import Command
from headwater.destinations.lane_status import LaneStatus
from headwater.errors import Unavailable
from headwater.ports import Actors, CallFailed
from headwater.workspace import DestinationConfig, WorkspaceConfig

A = TypeVar("A", bound=LaneAnswer)

_logger = logging.getLogger(__name__)


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


async def reconfigure(
    actors: Actors, before: WorkspaceConfig | None, after: WorkspaceConfig
) -> None:
    """Tell the lanes of destinations that changed; one that cannot be told hears it by an event."""
    former = {one.id: one for one in before.destinations} if before else {}
    present = {one.id: one for one in after.destinations}
    calls: dict[str, LaneCall] = {
        name: Configure() for name, one in present.items() if former.get(name) != one
    }
    calls.update({name: Remove() for name in former.keys() - present.keys()})
    told = await asyncio.gather(
        *(ask(actors, after, name, call, Done) for name, call in calls.items()),
        return_exceptions=True,
    )
    for name, outcome in zip(calls, told, strict=True):
        if isinstance(outcome, BaseException):
            _logger.warning("Lane %s was not told of its settings: %s", name, outcome)


class LanesOverActors:
    """The admin API's `Lanes` and `DeadLetters`: asks the lane of each destination."""

    def __init__(self, actors: Actors, config: Callable[[str], WorkspaceConfig | None]) -> None:
        self._actors = actors
        self._config = config

    async def status(self, workspace: str | None = None) -> Sequence[LaneStatus]:
        """Answer the lane of each destination of a workspace; see `Lanes.status`."""
        shown = await self._each(workspace or "", None, ShowStatus(), StatusShown)
        return [one.status for one in shown if one.status is not None]

    async def list(self, which: DeadLetterFilter, *, limit: int = 100) -> Sequence[DeadLetter]:
        """Answer dead letters, each destination's newest first; see `DeadLetters.list`."""
        call = ListLetters(which, limit)
        listed = await self._each(which.workspace, which.destination, call, LettersListed)
        letters = [letter for one in listed for letter in one.letters]
        return sorted(letters, key=lambda letter: letter.id, reverse=True)[:limit]

    async def count(self, which: DeadLetterFilter) -> int:
        """Answer how many there are."""
        return await self._sum(which, CountLetters)

    async def replay(self, which: DeadLetterFilter) -> int:
        """Put them back at the end of their lanes, each once; answer how many."""
        return await self._sum(which, ReplayLetters)

    async def discard(self, which: DeadLetterFilter) -> int:
        """Delete them for good; answer how many."""
        return await self._sum(which, DiscardLetters)

    async def _sum(
        self,
        which: DeadLetterFilter,
        call: type[CountLetters | ReplayLetters | DiscardLetters],
    ) -> int:
        done = await self._each(which.workspace, which.destination, call(which), Done)
        return sum(one.count for one in done)

    async def _each(
        self, workspace: str, destination: str | None, call: LaneCall, expected: type[A]
    ) -> Sequence[A]:
        config = self._config(workspace)
        names = [one.id for one in config.destinations] if config else []
        if destination is not None:
            names = [name for name in names if name == destination]
        try:
            return await asyncio.gather(
                *(
                    ask(self._actors, config or WorkspaceConfig(workspace), name, call, expected)
                    for name in names
                )
            )
        except CallFailed as error:
            raise Unavailable("A destination's lane cannot be reached now; ask again.") from error
