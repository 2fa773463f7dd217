"""One shard of the population with a database of its own: what a Durable Object holds."""

from __future__ import annotations

from headwater.actors import population_backfill
from headwater.actors.migrations import migrate
from headwater.actors.population import Population
from headwater.actors.population_calls import (
    AccountPortion,
    Ask,
    Done,
    LookThrough,
    NotAsked,
    PopulationAnswer,
    PopulationCall,
    Portion,
    Rows,
    Taken,
    Where,
    decode_call,
    encode,
)
from headwater.actors.schemas import POPULATION, migrations
from headwater.ports import Sql

MOST_ROWS = 200_000
"""Rows that one shard answers to one query."""


class PopulationObject:
    """A shard, over a database that holds nothing yet, or its tables."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql
        self._population = Population(sql)
        self._is_open = False

    def respond(self, request: str, *, now: int) -> str:
        """Answer a call, both as JSON texts."""
        call = decode_call(request)
        return encode(self._sql.run(lambda: self._opened(call, now)))

    def backfill(self) -> population_backfill.Backfill | None:
        """Answer how far everybody has been looked at; None where there was no reason yet."""
        return self._sql.run(lambda: population_backfill.present(self._open()))

    def next_people(self, limit: int, *, now: int) -> list[str]:
        """Answer whom to look at next."""
        return self._sql.run(
            lambda: population_backfill.next_people(self._open(), limit=limit, now=now)
        )

    def looked_at(self, people: list[str], version: int) -> None:
        """Note that the people that `next_people` answered have been looked at."""
        self._sql.run(lambda: population_backfill.looked_at(self._open(), people, version))

    def _open(self) -> Sql:
        if not self._is_open:
            migrate(self._sql, migrations(POPULATION))
        return self._sql

    def _opened(self, call: PopulationCall, now: int) -> PopulationAnswer:
        self._open()
        answer = self._answer(call, now)
        self._is_open = True
        return answer

    def _answer(self, call: PopulationCall, now: int) -> PopulationAnswer:
        match call:
            case Portion():
                population_backfill.begin(self._sql, call.audiences, now=now)
                taken = self._population.take(call)
                newest = population_backfill.newest(self._sql)
                return Taken(taken.held, taken.is_taken, newest)
            case AccountPortion():
                return self._population.take_account(call)
            case Where():
                return Taken(self._population.held(call.person))
            case LookThrough():
                population_backfill.begin(self._sql, call.version, now=now)
                return Done()
            case Ask():
                return self._ask(call)

    def _ask(self, call: Ask) -> PopulationAnswer:
        rows = self._population.answer(call.sql, call.parameters)
        if len(rows) > MOST_ROWS:
            return NotAsked(
                f"The answer has more than {MOST_ROWS:,} rows in one shard; ask for a longer "
                "interval, fewer values or a shorter range."
            )
        return Rows([list(row) for row in rows])
