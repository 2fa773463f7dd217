"""One shard of the population with a database of its own: what a Durable Object holds."""

from __future__ import annotations

from headwater.actors import population_backfill, population_recall
from headwater.actors.migrations import migrate
from headwater.actors.population import Population
from headwater.actors.population_calls import (
    AccountPortion,
    Ask,
    Count,
    Counted,
    Done,
    LookThrough,
    NotAsked,
    OpeningCall,
    PopulationAnswer,
    Portion,
    Recalled,
    Rows,
    Sift,
    Taken,
    Where,
    decode_call,
    encode,
)
from headwater.actors.schemas import POPULATION, migrations
from headwater.ports import Sql

MOST_ROWS = 200_000
"""Rows that one shard answers to one query."""


COUNTED_FOR = 5_000
"""Milliseconds for which a number of people is good, and longer the more they are."""

ROWS_A_SECOND = 100
"""Rows that a shard reads at most to count them, however often it is asked: $0.26 a month."""


class PopulationObject:
    """A shard, over a database that holds nothing yet, or its tables."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql
        self._population = Population(sql)
        self._is_open = False
        self._is_looking: bool | None = None
        self._people = 0
        self._count_due = 0

    def respond(self, request: str, *, now: int) -> str:
        """Answer a call, both as JSON texts."""
        call = decode_call(request)
        if isinstance(call, Count):
            return encode(Counted(self._count(now)))
        answer = self._sql.run(lambda: self._opened(call, now))
        self._is_open = True
        if isinstance(call, Portion | LookThrough):
            self._is_looking = None
        return encode(answer)

    def wake_at(self, *, now: int) -> int | None:
        """Answer when to look at the next people, in milliseconds; None if at nobody."""
        if self._is_looking is None:
            found = self.backfill()
            self._is_looking = found is not None and found.finished_at is None
        return now if self._is_looking else None

    def backfill(self) -> population_backfill.Backfill | None:
        """Answer how far everybody has been looked at; None where there is no reason to."""
        return population_backfill.present(self._sql) if self._has_tables() else None

    def next_people(self, limit: int, *, now: int) -> list[str]:
        """Answer whom to look at next; none where everybody has been looked at."""
        self._is_looking = None
        return self._sql.run(
            lambda: population_backfill.next_people(self._sql, limit=limit, now=now)
        )

    def looked_at(self, people: list[str], version: int) -> None:
        """Note that the people that `next_people` answered have been looked at."""
        self._sql.run(lambda: population_backfill.looked_at(self._sql, people, version))

    def _count(self, now: int) -> int:
        """Answer how many people there are, as of at most some minutes ago; nothing is written."""
        if now >= self._count_due and self._has_tables():
            rows = self._sql.execute("SELECT count(*) FROM person WHERE gone = 0")
            self._people = int(rows[0][0])
            self._count_due = now + COUNTED_FOR + self._people * 1000 // ROWS_A_SECOND
        return self._people

    def _has_tables(self) -> bool:
        return self._is_open or bool(
            self._sql.execute("SELECT 1 FROM sqlite_master WHERE name = 'backfill'")
        )

    def _opened(self, call: OpeningCall, now: int) -> PopulationAnswer:
        if not self._is_open:
            migrate(self._sql, migrations(POPULATION))
        match call:
            case Portion():
                population_backfill.begin(self._sql, call.workspace, call.audiences, now=now)
                taken = self._population.take(call)
                newest = population_backfill.newest(self._sql)
                lacks = population_recall.lacks(self._sql, call.person)
                return Taken(taken.held, taken.is_taken, newest, lacks)
            case Recalled():
                return self._population.take_recalled(call)
            case AccountPortion():
                return self._population.take_account(call)
            case Where():
                lacks = population_recall.lacks(self._sql, call.person)
                return Taken(self._population.held(call.person), lacks=lacks)
            case LookThrough():
                population_backfill.begin(self._sql, call.workspace, call.version, now=now)
                return Done()
            case Ask():
                return self._ask(call)
            case Sift():
                from headwater.actors.population_erasing import sift  # noqa: PLC0415 - events need none

                return sift(self._sql, call)

    def _ask(self, call: Ask) -> PopulationAnswer:
        rows = self._population.answer(call.sql, call.parameters)
        if len(rows) > MOST_ROWS:
            return NotAsked(
                f"The answer has more than {MOST_ROWS:,} rows in one shard; ask for a longer "
                "interval, fewer values or a shorter range."
            )
        return Rows([list(row) for row in rows])
