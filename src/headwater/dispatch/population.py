"""The shards that together know all people of a workspace: telling them, and asking them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from headwater.actors.identity_object import IdentityObject
from headwater.actors.population import SHARDS, shard_of
from headwater.actors.population_calls import (
    AccountPortion,
    Ask,
    Count,
    Counted,
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
from headwater.actors.population_object import PopulationObject
from headwater.audiences.program import program_of
from headwater.errors import BadRequest
from headwater.ports import Actors, CallFailed, Clock, Sql
from headwater.workspace import WorkspaceConfig

if TYPE_CHECKING:
    from headwater.dispatch.population_recalling import LakeRows

_A_SLICE = 200
"""People who are looked at between two alarms of a shard, when audiences have changed."""

_AT_ONCE = 16

_MOST_WORDS = 1_000
"""Words that one alarm has an actor say; the next one goes on."""

_logger = logging.getLogger(__name__)

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
        await self._all(workspace, LookThrough(workspace, version), Done)

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

    async def people(self, workspace: str) -> int:
        """Answer how many people there are, or were some minutes ago where they are many.

        Raises:
            CallFailed: a shard does not answer.
        """
        return sum(one.people for one in await self._all(workspace, Count(), Counted))

    async def _all(self, workspace: str, call: PopulationCall, expected: Any) -> list[Any]:
        return await asyncio.gather(
            *(self._ask(workspace, shard, call, expected) for shard in range(SHARDS))
        )

    async def _ask(self, workspace: str, shard: int, call: PopulationCall, expected: type[A]) -> A:
        answer = decode_answer(await self._actors.population(workspace, shard).call(encode(call)))
        if not isinstance(answer, expected):
            raise CallFailed(f"{type(answer).__name__} came from a shard.")
        return answer


async def reconfigure(
    actors: Actors, before: WorkspaceConfig | None, after: WorkspaceConfig
) -> None:
    """Have everybody looked at where audiences have changed.

    A shard that cannot be told hears of it from the next of its people who does anything.
    """
    version = _changed_at(after)
    if version > (_changed_at(before) if before else 0):
        try:
            await Shards(actors).look_through(after.workspace, version)
        except CallFailed as error:
            _logger.warning("A shard was not told that audiences have changed: %s", error)


def _changed_at(config: WorkspaceConfig) -> int:
    program = program_of(config)
    return program.newest if program else 0


async def look_on(
    shard: PopulationObject, revisit: Callable[[str, str, int], Awaitable[None]], *, now: int
) -> bool:
    """Have the next people of a shard decided anew; tell whether there may be more.

    Args:
        shard: whose.
        revisit: has one decided, by workspace, root identifier and version of the audiences.
        now: in milliseconds.

    Raises:
        CallFailed: some could not be reached; they are tried again by the next call.
    """
    backfill = shard.backfill()
    people = shard.next_people(_A_SLICE, now=now) if backfill else []
    if not backfill or not people:
        return False
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(person: str) -> None:
        async with gate:
            await revisit(backfill.workspace, person, backfill.version)

    await asyncio.gather(*map(one, people))
    shard.looked_at(people, backfill.version)
    return True


async def feed(
    actor: IdentityObject,
    sql: Sql,
    name: str,
    *,
    shards: Shards,
    clock: Clock,
    rows: LakeRows | None = None,
) -> int | None:
    """Have an actor tell its shard what has changed, to the end; `rows` reads the lake.

    Answers the version of audiences that it has yet to be decided by; None where it has been.

    Raises:
        CallFailed: what is not told is told by its next alarm.
    """
    workspace = name.partition("/")[0]
    behind: int | None = None
    actor.feed.begin(now=clock.now())
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
    if actor.feed.lacks and rows is not None:
        from headwater.dispatch.population_recalling import recall  # noqa: PLC0415 - seldom needed

        if not await recall(actor, sql, name, rows=rows, tell=shards.tell):
            actor.feed.begin(now=clock.now())
    return behind
