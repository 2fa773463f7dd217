"""The identity actors of erased people, and those of others who know of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TypeVar

from headwater.actors.identity import account_actor
from headwater.actors.identity_erasing_calls import (
    Emptied,
    Empty,
    Forget,
    Forgotten,
    Trace,
    Traced,
)
from headwater.dispatch.erasing.state import ErasureState
from headwater.dispatch.exchange import Exchange
from headwater.dispatch.people import PeopleOverActors
from headwater.errors import BadRequest

SLICE = 200
"""Actors that one go of a step asks."""

MOST = 10_000
"""Identifiers that people of one order may hold: each of their actors is told all of them."""

_AT_ONCE = 16

T = TypeVar("T")
A = TypeVar("A")


class ErasedActors:
    """Asks the actors of one workspace."""

    def __init__(self, exchange: Exchange, people: PeopleOverActors) -> None:
        self._exchange = exchange
        self._people = people

    async def find(self, state: ErasureState) -> bool:
        """Find who is one person with some of the identifiers; tell whether there are more.

        Raises:
            BadRequest: they are too many for one order.
        """
        known, covered = set(state.identifiers), set[str]()
        end = state.place + SLICE
        while state.place < min(end, len(state.identifiers)):
            one = state.identifiers[state.place]
            state.place += 1
            if one in covered:
                continue
            person = await self._people.person(self._exchange.workspace, one)
            held = [f"{each.type}:{each.value}" for each in person.identifiers] if person else []
            covered.update(held)
            state.identifiers += [name for name in held if name not in known]
            known.update(held)
        if len(known) > MOST:
            raise BadRequest(f"These people hold {len(known):,} identifiers; erase fewer at once.")
        return state.place < len(state.identifiers)

    async def trace(self, state: ErasureState) -> bool:
        """Learn who may know of some of them; tell whether there are more."""
        some = state.identifiers[state.place : state.place + SLICE]
        for traced in await self._each(some, self._traced(state)):
            state.groups = sorted({*state.groups, *traced.groups})
            state.named = sorted({*state.named, *traced.named} - set(state.identifiers))
        state.place += SLICE
        return state.place < len(state.identifiers)

    async def trace_accounts(self, state: ErasureState) -> None:
        """Learn which group calls of theirs accounts know of."""
        accounts = [f"=account:{group}" for group in state.groups]
        for traced in await self._each(accounts, self._traced(state)):
            state.messages = sorted({*state.messages, *traced.messages})

    async def empty(self, state: ErasureState) -> bool | None:
        """Empty some of their actors; tell whether there are more.

        None: it has to be looked again who is one person with them.
        """
        some = state.identifiers[state.place : state.place + SLICE]
        call = Empty(state.identifiers, state.below, is_settled=state.looked > 0)

        async def emptied(actor: str) -> Emptied:
            return await self._exchange.ask(actor, call, Emptied)

        done = await self._each(some, emptied)
        for one in done:
            state.count(one.rows)
        if not all(one.is_done for one in done):
            return None
        state.place += SLICE
        return state.place < len(state.identifiers)

    async def forget(self, state: ErasureState) -> bool:
        """Have accounts and others forget what they know of them; tell whether there are more."""
        others = [*(f"=account:{group}" for group in state.groups), *state.named]
        await self.forget_at(state, others[state.place : state.place + SLICE])
        state.place += SLICE
        return state.place < len(others)

    async def forget_at(self, state: ErasureState, names: Iterable[str]) -> None:
        """Have these actors forget what they know of them."""
        call = Forget(state.identifiers, state.messages)

        async def forgotten(actor: str) -> Forgotten:
            return await self._exchange.ask(actor, call, Forgotten)

        for one in await self._each(list(names), forgotten):
            state.count(one.rows)

    async def are_empty(self, state: ErasureState) -> bool:
        """Tell whether none of their actors holds anything, and no account knows of them."""
        everywhere = [
            *state.identifiers,
            *(f"=account:{group}" for group in state.groups),
        ]
        traced = await self._each(everywhere, self._traced(state))
        gone = set(state.identifiers)
        return all(
            one.is_empty or (not one.messages and gone.isdisjoint(one.identifiers) and not one.to)
            for one in traced
        )

    def _traced(self, state: ErasureState) -> Callable[[str], Awaitable[Traced]]:
        call = Trace(state.identifiers)

        async def traced(actor: str) -> Traced:
            return await self._exchange.ask(actor, call, Traced)

        return traced

    async def _each(self, names: Sequence[str], ask: Callable[[str], Awaitable[A]]) -> list[A]:
        gate = asyncio.Semaphore(_AT_ONCE)
        workspace = self._exchange.workspace

        async def one(name: str) -> A:
            group = name.removeprefix("=account:")
            actor = f"{workspace}/{name}" if group == name else account_actor(workspace, group)
            async with gate:
                return await ask(actor)

        return await asyncio.gather(*map(one, names))
