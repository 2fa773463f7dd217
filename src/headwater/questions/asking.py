"""The conversation between a question and the databases that know its answer.

A question is asked by a generator: it yields a `Query`, is sent what each database answered, and
in the end returns the table. Nothing here does I/O, so one place serves a laptop, where one
DuckDB knows all, and the edge, where many shards each know some of the people. People never
lie in two databases, so counts of people add up like counts of events.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from headwater.errors import BadRequest
from headwater.questions.calendar import Stretch, stretch_of
from headwater.questions.common import Common
from headwater.questions.ranges import Ever
from headwater.questions.sql.dialect import Dialect
from headwater.questions.table import Table

Rows = Sequence[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Query:
    """One statement for each of the databases."""

    sql: str


Asking: TypeAlias = Generator[Query, Sequence[Rows], Table]
"""Yields queries, is sent the rows of each database, returns the answer."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Where and when a question is asked.

    Attributes:
        dialect: what the databases speak.
        zone: the workspace's time zone, for questions that name none.
        now: in milliseconds; every event stored before it is counted.
        is_whole: one database knows everything, so that it may work out what cannot be added up.
        audiences: id or key of each audience to the id that `memberships` has; None where names
            are ids already.
    """

    dialect: Dialect
    now: int
    zone: str = "UTC"
    is_whole: bool = True
    audiences: Mapping[str, str] | None = None

    def zone_of(self, question: Common) -> ZoneInfo:
        """Answer the zone whose calendar a question follows."""
        return ZoneInfo(question.zone or self.zone)

    def audience(self, name: str) -> str:
        """Answer the id of an audience that is named by its id or its key.

        Raises:
            BadRequest: there is none; that nobody is a member would be a wrong answer.
        """
        if self.audiences is None:
            return name
        if name not in self.audiences:
            raise BadRequest(f"There is no audience {name[:80]!r}; GET /v1/audiences lists them.")
        return self.audiences[name]


def stretch_asked(
    question: Common, circumstances: Circumstances
) -> Generator[Query, Sequence[Rows], Stretch]:
    """Answer the stretch of time of a question; asks for the first event where it is `ever`."""
    zone = circumstances.zone_of(question)
    first: int | None = None
    if isinstance(question.over, Ever):
        column = circumstances.dialect.milliseconds("min(timestamp)")
        answers = yield Query(f"SELECT {column} FROM events")  # noqa: S608 - no value is in it
        found = [rows[0][0] for rows in answers if rows and rows[0][0] is not None]
        first = min(found, default=None)
    return stretch_of(question.over, zone, circumstances.now, first=first)


def all_rows(answers: Sequence[Rows]) -> list[Sequence[Any]]:
    """Answer the rows of all databases behind each other."""
    return [row for rows in answers for row in rows]
