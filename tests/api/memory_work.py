"""Twins of what takes long: questions, SQL, exports and jobs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from headwater.actors import jobs
from headwater.actors.jobs import Job
from headwater.api.services import SqlAnswer
from headwater.errors import BadRequest, NotFound
from headwater.exports.stored import StoredFile
from headwater.local.sql import Database
from headwater.questions.question import Question
from headwater.questions.table import Column, Table
from tests.actors.workspace_database import SeededRandom
from tests.api.memory_people import NOW


class MemoryQuestions:
    """Answers every question with the same table."""

    async def answer(self, workspace: str, question: Question) -> Table:
        """Answer a table with a bit of everything."""
        columns = (Column("day", "time"), Column("=what", "text"), Column("people", "number"))
        rows = (("2025-11-24", "=1+1", 3), ("2025-11-24", workspace, None))
        return Table(columns, rows, NOW, exact=False, notes=(question.question,))


class MemorySql:
    """`SqlQueries` that finds what it was asked."""

    async def query(self, workspace: str, sql: str, *, limit: int) -> SqlAnswer:
        if "error" in sql:
            raise BadRequest("No such column.", code="invalid_sql")
        rows = json.dumps([[sql, limit], [workspace, None]]).encode()
        return SqlAnswer([("=what", "VARCHAR"), ("n", "BIGINT")], rows, truncated=True)

    async def check(self, workspace: str, where: str | None) -> None:
        if where == "error":
            raise BadRequest("No such column.", code="invalid_sql")


class MemoryExports:
    """`Exports` with the file `a` of the job `job_done`, which the test puts there."""

    def __init__(self) -> None:
        self.stored: Path | StoredFile = Path("/nowhere")
        self.jobs: MemoryJobs

    async def file(self, workspace: str, id_: str, name: str) -> Path | StoredFile:
        if (workspace, id_, name) != ("default", "job_done", "day=1/a"):
            raise NotFound("There is no such export.")
        return self.stored

    async def delete(self, workspace: str, id_: str) -> Job:
        return await self.jobs.cancel(workspace, id_)


class MemoryJobs:
    """`Jobs` over the real table; nobody works on them."""

    def __init__(self, database: Database, random: SeededRandom) -> None:
        self.sql = database
        self._random = random

    async def start(
        self,
        workspace: str,
        kind: str,
        parameters: Mapping[str, Any],
        *,
        unit: str = "events",
        key: str | None = None,
    ) -> Job:
        order = jobs.Order(
            id=f"job_{self._random.uuid()}",
            workspace=workspace,
            kind=kind,
            parameters=parameters,
            unit=unit,
            key=key,
        )
        return jobs.create(self.sql, order, now=NOW)

    async def job(self, workspace: str, id_: str) -> Job:
        return jobs.job(self.sql, id_, workspace=workspace)

    async def jobs(
        self,
        workspace: str,
        *,
        kinds: Sequence[str] = (),
        states: Sequence[str] = (),
        limit: int = 100,
        before: int | None = None,
    ) -> list[Job]:
        return jobs.jobs(
            self.sql, workspace, kinds=kinds, states=states, limit=limit, before=before
        )

    async def cancel(self, workspace: str, id_: str) -> Job:
        return jobs.cancel(self.sql, id_, workspace=workspace, now=NOW)
