"""What actors, lanes and settings hold on a person beside events, asked where each has its own."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from headwater.actors.identity import account_actor
from headwater.actors.identity_showing_calls import HeldShown, ShowHeld
from headwater.actors.lane_calls import ShowTheirs, TheirsShown
from headwater.actors.workspace import WorkspaceActor
from headwater.dispatch import lanes
from headwater.dispatch.exchange import Exchange
from headwater.dispatch.settings import SettingsOverActors
from headwater.ports import Actors

Held = dict[str, list[dict[str, Any]]]

_AT_ONCE = 16


async def held_by(
    exchange: Exchange, names: Sequence[str], identifiers: Sequence[str]
) -> list[HeldShown]:
    """Answer what each of some actors holds; a name is an identifier or `=account:acme`."""
    call = ShowHeld(list(identifiers), exchange.config.identity)
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(name: str) -> HeldShown:
        workspace, group = exchange.workspace, name.removeprefix("=account:")
        actor = f"{workspace}/{name}" if group == name else account_actor(workspace, group)
        async with gate:
            return await exchange.ask(actor, call, HeldShown)

    return await asyncio.gather(*map(one, names))


async def held_in_lanes(actors: Actors, exchange: Exchange, identifiers: Sequence[str]) -> Held:
    """Answer what waits for each destination, and what was given up."""
    config = exchange.config
    found: Held = {"deliveries": [], "dead_letters": []}
    for one in config.destinations:
        after = (0, 0)
        while True:
            call = ShowTheirs(list(identifiers), config.identity, after)
            shown = await lanes.ask(actors, config, one.id, call, TheirsShown)
            found["deliveries"] += shown.deliveries
            found["dead_letters"] += shown.dead_letters
            if shown.until is None:
                break
            after = shown.until
    return found


async def held_in_settings(
    settings: SettingsOverActors, workspace: str, identifiers: Sequence[str]
) -> Held:
    """Answer refused events and orders that name them."""
    found: Held = {}
    after: int | None = 0
    while after is not None:
        held, after = await settings.read(
            workspace, WorkspaceActor.texts_held, identifiers, after=after
        )
        add(found, held)
    return found


def add(found: Held, more: Held) -> None:
    """Add to what was found."""
    for kind, rows in more.items():
        found.setdefault(kind, []).extend(rows)
