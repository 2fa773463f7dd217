"""Sends actors' parcels to the queue of deliveries, and carries out what comes from it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence
from typing import Protocol

import msgspec

from headwater.actors.identity_calls import Acknowledge, Continue, Fetch, Standing
from headwater.actors.outbox import Parcel
from headwater.commands import Command, Deliver, Rekey
from headwater.dispatch.exchange import Exchange
from headwater.dispatch.lanes import enqueue
from headwater.errors import HeadwaterError
from headwater.ports import Actors, CallFailed, Queue
from headwater.profiles.suppression import SuppressionCheck
from headwater.workspace import WorkspaceConfig

DELIVERIES = "deliveries"

LARGEST_MESSAGE = 120_000
"""Bytes; see `ports.Queue`."""

LATE = 10_000
"""Milliseconds by which clocks differ at most."""

_logger = logging.getLogger(__name__)

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[Parcel] = msgspec.json.Decoder(Parcel)


async def send(exchange: Exchange, queue: Queue, parcels: Iterable[Parcel]) -> None:
    """Put parcels into the queue; a merge only once the loser's own parcels have arrived.

    Otherwise what the winner does next could overtake what the loser did before the merge. The
    loser's last acknowledgement, or the winner's alarm, has it sent then.

    Raises:
        CallFailed: what was not sent is sent by its actor's alarm.
    """
    ready = []
    for parcel in parcels:
        ready += await _ready(exchange, parcel)
    if ready:
        await queue.send(DELIVERIES, [_message(parcel) for parcel in ready])


def _message(parcel: Parcel) -> str:
    """Answer a parcel as a message; one that is too large goes by its name alone."""
    message = _encoder.encode(parcel)
    if len(message) > LARGEST_MESSAGE:
        message = _encoder.encode(msgspec.structs.replace(parcel, commands=[]))
    return message.decode()


async def _ready(exchange: Exchange, parcel: Parcel) -> list[Parcel]:
    first = parcel.commands[0]
    if not isinstance(first, Rekey):
        return [parcel]
    loser = await exchange.ask(first.loser, Continue(), Standing)
    before = await _ready(exchange, loser.parcel) if loser.parcel else []
    # Only what was decided before the merge counts, so no two can wait for each other.
    if loser.waiting_since is not None and loser.waiting_since <= parcel.at:
        return before
    return [*before, parcel]


class Settings(Protocol):
    """Answers workspaces' configurations."""

    async def config(self, workspace: str) -> WorkspaceConfig:
        """Answer a configuration that was the present one a moment ago, or is."""
        ...

    async def newest(self, workspace: str) -> WorkspaceConfig:
        """Answer the present configuration."""
        ...


class Deliveries:
    """Consumes the queue: hands commands to the lanes, and lets each actor send its next."""

    def __init__(self, actors: Actors, queue: Queue, settings: Settings) -> None:
        self._actors = actors
        self._queue = queue
        self._settings = settings

    async def consume(self, messages: Sequence[str]) -> list[bool]:
        """Carry out a batch; tell of each message whether it is done, or must come again."""
        parcels = [_decoder.decode(message) for message in messages]
        failed: set[int] = set()
        by_workspace: dict[str, list[int]] = {}
        for place, parcel in enumerate(parcels):
            by_workspace.setdefault(parcel.actor.partition("/")[0], []).append(place)
        for workspace, places in by_workspace.items():
            named = {place: parcels[place] for place in places}
            try:
                known = await self._settings.config(workspace)
                named = await self._whole(Exchange(self._actors, known), named)
                config = await self._config(workspace, named.values())
            except (CallFailed, HeadwaterError) as error:
                _logger.warning("The settings of a workspace cannot be read: %s", error)
                failed.update(places)
                continue
            failed |= await self._carry_out(config, named)
        return [place not in failed for place in range(len(parcels))]

    async def _whole(self, exchange: Exchange, parcels: dict[int, Parcel]) -> dict[int, Parcel]:
        """Answer the parcels with the commands that were too large for a message.

        Of whom nothing is kept, and of what is from before somebody was erased who may come again,
        the actor is asked whether it still has the parcel: it has not where it was emptied since.
        """
        whole: dict[int, Parcel] = {}
        config = exchange.config
        check = SuppressionCheck(config) if config.suppression.hashes else None
        erased = config.suppression.erased_at
        for place, parcel in parcels.items():
            is_sure = not erased or parcel.at > erased + LATE
            if check and check.covers([parcel.actor.partition("/")[2]]):
                is_sure = False
            if parcel.commands and is_sure:
                whole[place] = parcel
                continue
            answer = await exchange.ask(parcel.actor, Fetch(parcel.id, parcel.token), Standing)
            if answer.parcel is not None:  # else it was carried out before
                whole[place] = answer.parcel
        return whole

    async def _config(self, workspace: str, parcels: Iterable[Parcel]) -> WorkspaceConfig:
        """Answer a configuration new enough to know whatever the parcels are for."""
        config = await self._settings.config(workspace)
        known = {one.id for one in config.destinations}
        for parcel in parcels:
            for command in parcel.commands:
                if isinstance(command, Deliver) and command.destination not in known:
                    return await self._settings.newest(workspace)
        return config

    async def _carry_out(self, config: WorkspaceConfig, parcels: dict[int, Parcel]) -> set[int]:
        """Answer which could not be carried out."""
        lanes: dict[str, list[tuple[int, Command]]] = {}
        for place, parcel in parcels.items():
            for command in parcel.commands:
                for destination in _destinations(config, command):
                    lanes.setdefault(destination, []).append((place, command))
        outcomes = await asyncio.gather(
            *(self._hand_over(config, name, commands) for name, commands in lanes.items())
        )
        failed = set().union(*outcomes)
        exchange = Exchange(self._actors, config)
        await asyncio.gather(
            *(
                self._acknowledge(exchange, parcel)
                for place, parcel in parcels.items()
                if place not in failed
            )
        )
        return failed

    async def _hand_over(
        self, config: WorkspaceConfig, destination: str, commands: list[tuple[int, Command]]
    ) -> set[int]:
        try:
            await enqueue(self._actors, config, destination, [one for _, one in commands])
        except CallFailed as error:
            _logger.warning("Lane %s took nothing, it is tried again: %s", destination, error)
            return {place for place, _ in commands}
        return set()

    async def _acknowledge(self, exchange: Exchange, parcel: Parcel) -> None:
        """Tell the actor; a failure only means that its alarm will send the parcel again."""
        try:
            standing = await exchange.ask(
                parcel.actor, Acknowledge(parcel.id, parcel.token), Standing
            )
            following = [standing.parcel] if standing.parcel else []
            if standing.heir is not None:
                heir = await exchange.ask(standing.heir, Continue(may_rekey=True), Standing)
                following += [heir.parcel] if heir.parcel else []
            await send(exchange, self._queue, following)
        except (CallFailed, HeadwaterError) as error:
            _logger.warning("A parcel was carried out, its actor not told: %s", error)


def _destinations(config: WorkspaceConfig, command: Command) -> Iterable[str]:
    if isinstance(command, Deliver):
        return (command.destination,)
    return [one.id for one in config.destinations]
