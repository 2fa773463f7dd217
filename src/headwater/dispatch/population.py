"""The shards that together know all people of a workspace: telling them, and asking them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, TypeVar

from headwater.actors.identity_object import IdentityObject
from headwater.actors.population import shard_of
from headwater.actors.population_calls import (
    AccountPortion,
    Ask,
    Done,
    Held,
    LookThrough,
    NotAsked,
    PopulationAnswer,
    PopulationCall,
    Portion,
    Rows,
    Taken,
    decode_answer,
    encode,
)
from headwater.errors import BadRequest
from headwater.ports import Actors, CallFailed, Clock, Sql

SHARDS = 8
"""How many a workspace has. It is part of their names: with another number all begin empty."""

_MOST_WORDS = 1_000
"""Words that one alarm has an actor say; the next one goes on."""

A = TypeVar("A", bound=PopulationAnswer)


class Shards:
    """All shards of all workspaces."""

    def __init__(self, actors: Actors) -> None:
        self._actors = actors

    async def tell(self, workspace: str, person: str, call: PopulationCall) -> Taken:
        """Tell, or ask, the shard in which a person lies.

        Raises:
            CallFailed: it may have been carried out, or not.
        """
        return await self._ask(workspace, shard_of(person, SHARDS), call, Taken)

    async def tell_all(self, workspace: str, call: AccountPortion) -> Taken:
        """Tell all shards of an account; the answer is that of the one that is ahead most.

        Raises:
            CallFailed: some may have taken it.
        """
        taken = await self._all(workspace, call, Taken)
        return Taken(
            Held(0, max(one.held.stamp for one in taken)),
            is_taken=all(one.is_taken for one in taken),
        )

    async def look_through(self, workspace: str, version: int) -> None:
        """Have everybody decided anew, as audiences have changed with this version.

        Raises:
            CallFailed: some shards may not know of it; they hear it with the next event.
        """
        await self._all(workspace, LookThrough(version), Done)

    async def rows(
        self, workspace: str, sql: str, parameters: Sequence[str | int | float | None] = ()
    ) -> list[Sequence[Sequence[Any]]]:
        """Answer what each shard finds.

        Raises:
            BadRequest: the answer is too large.
            CallFailed: a shard does not answer, or not in time.
        """
        answers = await self._all(workspace, Ask(sql, list(parameters)), Rows | NotAsked)
        found = []
        for answer in answers:
            if isinstance(answer, NotAsked):
                raise BadRequest(answer.why)
            found.append(answer.rows)
        return found

    async def _all(self, workspace: str, call: PopulationCall, expected: Any) -> list[Any]:
        return await asyncio.gather(
            *(self._ask(workspace, shard, call, expected) for shard in range(SHARDS))
        )

    async def _ask(self, workspace: str, shard: int, call: PopulationCall, expected: type[A]) -> A:
        answer = decode_answer(await self._actors.population(workspace, shard).call(encode(call)))
        if not isinstance(answer, expected):
            raise CallFailed(f"{type(answer).__name__} came from a shard.")
        return answer


async def feed(
    actor: IdentityObject, sql: Sql, name: str, *, shards: Shards, clock: Clock
) -> int | None:
    """Have an actor tell its shard what has changed, to the end.

    Answers the version of audiences that it has yet to be decided by; None where it has been.

    Raises:
        CallFailed: what is not told is told by its next alarm.
    """
    workspace = name.partition("/")[0]
    behind: int | None = None
    for _ in range(_MOST_WORDS):
        word = actor.word(sql, name, now=clock.now())
        if word is None:
            break
        if isinstance(word, AccountPortion):
            answer = await shards.tell_all(workspace, word)
        else:
            answer = await shards.tell(workspace, word.person, word)
            if isinstance(word, Portion):
                behind = answer.newest if answer.newest > word.decided else None
        actor.feed.heard(word, answer)
    return behind
