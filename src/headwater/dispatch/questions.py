"""Questions about populations, asked of all shards and put together: the `Questions` port."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from headwater.dispatch.parcels import Settings
from headwater.dispatch.population import Shards
from headwater.errors import BadRequest, Unavailable
from headwater.ports import CallFailed, Clock
from headwater.questions.answers.ask import ask
from headwater.questions.asking import Circumstances, Rows
from headwater.questions.question import Question
from headwater.questions.sql.sqlite import SQLite
from headwater.questions.table import Table
from headwater.workspace import WorkspaceConfig

LAG = "An event is counted some seconds after it was answered."
"""The note on every answer: shards hear of events a little later."""

_LONGEST = 100_000
"""Bytes of a statement, https://developers.cloudflare.com/durable-objects/platform/limits/."""


class QuestionsOverShards:
    """Answers questions by the people that each shard knows."""

    def __init__(self, shards: Shards, settings: Settings, *, clock: Clock) -> None:
        self._shards = shards
        self._settings = settings
        self._clock = clock

    async def answer(self, workspace: str, question: Question) -> Table:
        """Answer a question; see `Questions.answer`.

        Raises:
            BadRequest: it cannot be asked, or not so much at once.
            Unavailable: a shard does not answer, or not in the time that it may take.
        """
        config = await self._settings.config(workspace)
        asking = ask(question, circumstances(config, self._clock.now()))
        try:
            query = next(asking)
            while True:
                query = asking.send(await asked_of(self._shards, workspace, query.sql))
        except StopIteration as done:
            table: Table = done.value
            return replace(table, notes=(*table.notes, LAG))


def circumstances(config: WorkspaceConfig, now: int) -> Circumstances:
    """Answer where a workspace's questions are asked, and when."""
    ids = {name: one.id for one in config.audiences for name in (one.id, one.key)}
    return Circumstances(SQLite(), now, config.time_zone, is_whole=False, audiences=ids)


async def asked_of(
    shards: Shards, workspace: str, sql: str, parameters: Sequence[Any] = ()
) -> list[Rows]:
    """Answer what each shard finds.

    Raises:
        BadRequest: the statement, or its answer, is too large.
        Unavailable: a shard does not answer.
    """
    if len(sql.encode()) > _LONGEST:
        raise BadRequest(
            f"The question makes a statement of more than {_LONGEST:,} bytes; ask for fewer "
            "steps, values or periods."
        )
    try:
        return await shards.rows(workspace, sql, parameters)
    except CallFailed as error:
        raise Unavailable(
            "Some of the people cannot be asked now, or not in time; ask of a shorter range, or "
            "again in a moment."
        ) from error
