"""Small populations in DuckDB and in SQLite's shards, and questions asked of them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import duckdb
from hypothesis import strategies as st

import headwater.actors
from headwater.questions.answers.ask import ask
from headwater.questions.asking import Circumstances
from headwater.questions.question import read_question
from headwater.questions.sql.duckdb import DuckDB
from headwater.questions.sql.sqlite import SQLite
from headwater.questions.table import Table

SCHEMA = (Path(headwater.actors.__file__).parent / "population.sql").read_text("utf-8")
NOW = int(datetime(2026, 4, 2, 12, 30, tzinfo=UTC).timestamp() * 1000)
HOUR = 3_600_000
DAY = 24 * HOUR

Way = Literal["duckdb", "sqlite", "shards"]
WAYS: tuple[Way, ...] = ("duckdb", "sqlite", "shards")


@dataclass(frozen=True)
class Event:
    """One event of a population."""

    person: str
    message_id: str
    timestamp: int
    name: str | None = "A"
    type: str = "track"
    properties: dict[str, Any] = field(default_factory=dict)
    context: dict[str, Any] = field(default_factory=dict)

    @property
    def is_bot(self) -> bool:
        """Whether its context marks it."""
        return self.context.get("bot") not in (None, False)

    def row(self) -> tuple[Any, ...]:
        """Answer it as the relation's row."""
        return (
            self.person,
            self.timestamp,
            self.message_id,
            self.type,
            self.name,
            json.dumps(self.properties),
            None,
            json.dumps(self.context),
            json.dumps(self.context["bot"]) if self.is_bot else None,
        )

    def parts(self) -> tuple[list[Any], list[Any]]:
        """Answer its head and its body, as a shard's bundle has them; actors/population.sql."""
        bot = self.context["bot"] if self.is_bot else None
        head = [self.timestamp, self.message_id, self.type, self.name, bot]
        return head, [self.properties, None, self.context, self.person]


@dataclass(frozen=True)
class Population:
    """Everything that questions are asked of."""

    events: Sequence[Event] = ()
    traits: dict[str, dict[str, Any]] = field(default_factory=dict)
    members: Sequence[tuple[str, str]] = ()
    accounts: Sequence[tuple[str, str, dict[str, Any]]] = ()

    @property
    def people(self) -> list[tuple[str, str, int, int]]:
        """Answer the rows of `people`: all who have traits or events."""
        names = sorted(self.traits.keys() | {one.person for one in self.events})
        rows = []
        for name in names:
            times = [one.timestamp for one in self.events if one.person == name] or [0]
            rows.append((name, json.dumps(self.traits.get(name, {})), min(times), max(times)))
        return rows


def in_duckdb(population: Population) -> duckdb.DuckDBPyConnection:
    """Answer a DuckDB that holds a population."""
    database = duckdb.connect(config={"threads": 1})
    database.execute(
        "CREATE TABLE e(person VARCHAR, timestamp BIGINT, message_id VARCHAR, type VARCHAR, "
        "name VARCHAR, properties VARCHAR, traits VARCHAR, context VARCHAR, bot VARCHAR)"
    )
    database.execute("CREATE TABLE p(person VARCHAR, traits VARCHAR, f BIGINT, l BIGINT)")
    database.execute("CREATE TABLE m(audience VARCHAR, person VARCHAR)")
    database.execute("CREATE TABLE accounts(person VARCHAR, account VARCHAR, traits VARCHAR)")
    rows = [one.row() for one in population.events]
    if rows:
        database.executemany("INSERT INTO e VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    if population.people:
        database.executemany("INSERT INTO p VALUES (?, ?, ?, ?)", population.people)
    if population.members:
        database.executemany("INSERT INTO m VALUES (?, ?)", list(population.members))
    accounts = [(person, name, json.dumps(traits)) for person, name, traits in population.accounts]
    if accounts:
        database.executemany("INSERT INTO accounts VALUES (?, ?, ?)", accounts)
    database.execute(
        "CREATE VIEW events AS SELECT * REPLACE (make_timestamp_ms(timestamp) AS timestamp) FROM e;"
        "CREATE VIEW people AS SELECT person, traits, make_timestamp_ms(f) AS first_seen, "
        "make_timestamp_ms(l) AS last_seen FROM p;"
        "CREATE VIEW memberships AS SELECT audience, person, TIMESTAMP '2026-01-01' AS since FROM m"
    )
    return database


def in_sqlite(population: Population, shards: int = 1) -> list[sqlite3.Connection]:
    """Answer the shards that hold a population, people spread over them."""
    databases = []
    for shard in range(shards):
        database = sqlite3.connect(":memory:")
        database.executescript(SCHEMA)
        people = [one[0] for one in population.people if _shard(one[0], shards) == shard]
        for person in people:
            _put(database, population, person)
        # Here an account may be another one to everybody who is in it; in a shard it may not.
        database.execute("DROP VIEW accounts")
        database.execute("CREATE TABLE accounts (person TEXT, account TEXT, traits TEXT)")
        accounts = [
            (person, name, json.dumps(traits))
            for person, name, traits in population.accounts
            if person in people
        ]
        database.executemany("INSERT INTO accounts VALUES (?, ?, ?)", accounts)
        members = [(*one, 0) for one in population.members if _shard(one[1], shards) == shard]
        database.executemany("INSERT INTO memberships VALUES (?, ?, ?)", members)
        databases.append(database)
    return databases


def _put(database: sqlite3.Connection, population: Population, person: str) -> None:
    """Put a person into a shard, with their events in bundles of three."""
    traits = json.dumps(population.traits.get(person, {}))
    database.execute(
        "INSERT INTO person VALUES (?, 0, 1, 0, ?, '[]', '{}', '[]')", (person, traits)
    )
    events = [one.parts() for one in population.events if one.person == person]
    for number, start in enumerate(range(0, len(events), 3)):
        heads, bodies = zip(*events[start : start + 3], strict=True)
        times = [head[0] for head in heads]
        texts = (json.dumps(heads), json.dumps(bodies))
        row = (person, number, min(times), max(times), *texts)
        database.execute("INSERT INTO bundle VALUES (?, ?, 1, 0, ?, ?, ?, ?)", row)


def _shard(person: str, shards: int) -> int:
    return sum(person.encode()) % shards


def answered(
    question: dict[str, Any],
    population: Population,
    way: Way,
    *,
    zone: str = "UTC",
    now: int = NOW,
) -> Table:
    """Answer a question (JSON) about a population, asked in one of the ways."""
    databases: Sequence[Any]
    if way == "duckdb":
        databases = [in_duckdb(population)]
    else:
        databases = in_sqlite(population, 3 if way == "shards" else 1)
    circumstances = Circumstances(
        DuckDB() if way == "duckdb" else SQLite(), now, zone, is_whole=way == "duckdb"
    )
    try:
        asking = ask(read_question(question), circumstances)
        query = next(asking)
        while True:
            query = asking.send([one.execute(query.sql).fetchall() for one in databases])
    except StopIteration as done:
        table: Table = done.value
        return table
    finally:
        for one in databases:
            one.close()


PEOPLE = [f"user_id:{number}" for number in range(6)]
NAMES = ["A", "B", "C", "D"]


def events(
    *, days: int = 30, per_person: int = 12, names: Sequence[str] = NAMES
) -> st.SearchStrategy[list[Event]]:
    """Answer histories over so many days before `NOW`, many of them at the same times."""
    properties = st.fixed_dictionaries(
        {},
        optional={
            "plan": st.sampled_from(["free", "pro", "team", None, 5, True, "(x'y)"]),
            "total": st.sampled_from([1, 2.5, 10, 99.99, -3, "7", None, True]),
        },
    )
    campaigns = st.fixed_dictionaries(
        {},
        optional={
            "source": st.sampled_from(["google", "bing"]),
            "name": st.sampled_from(["spring", "sale"]),
        },
    )
    contexts = st.fixed_dictionaries(
        {}, optional={"campaign": campaigns, "bot": st.sampled_from([True, False, "Googlebot"])}
    )
    one = st.builds(
        lambda person, slot, jitter, name, type_, properties_, context: (
            person,
            NOW - slot * 6 * HOUR - jitter,
            name,
            type_,
            properties_,
            context,
        ),
        st.sampled_from(PEOPLE),
        st.integers(0, days * 4),
        st.sampled_from([0, 0, 0, 1, 1000]),
        st.sampled_from(list(names)),
        st.sampled_from(["track", "track", "track", "page"]),
        properties,
        contexts,
    )
    return st.lists(one, max_size=per_person * len(PEOPLE)).map(
        lambda rows: [
            Event(person, f"m{number}", time, name, type_, props, context)
            for number, (person, time, name, type_, props, context) in enumerate(rows)
        ]
    )


def populations(**how: Any) -> st.SearchStrategy[Population]:
    """Answer whole populations."""
    traits = st.dictionaries(
        st.sampled_from(PEOPLE),
        st.fixed_dictionaries(
            {},
            optional={"country": st.sampled_from(["DE", "FR", None]), "age": st.integers(18, 21)},
        ),
    )
    members = st.sets(st.tuples(st.sampled_from(["vip", "new", "old"]), st.sampled_from(PEOPLE)))
    return st.builds(
        lambda events_, traits_, members_: Population(events_, traits_, sorted(members_)),
        events(**how),
        traits,
        members,
    )
