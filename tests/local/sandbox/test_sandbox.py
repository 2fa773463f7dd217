"""SQL that people write: what it finds, and all that it must not reach."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest

from headwater.errors import Conflict
from headwater.local.lake.replaced import TRIES, FilesReplaced
from headwater.local.sandbox import querying
from headwater.local.sandbox.engine import open_engine
from headwater.local.sandbox.orders import (
    Answer,
    Check,
    Checked,
    Counted,
    Days,
    Events,
    Extract,
    Page,
    Query,
    Refused,
    Scene,
    Selection,
    Written,
)
from headwater.local.sandbox.sandbox import Sandbox, SqlRefused
from headwater.local.sandbox.worker import carry_out
from headwater.profiles.people import TimelineFilter
from tests.local.lake.harness import Shop, shop
from tests.simulation.world import WORKSPACE, arrival

ATTACKS = [
    # Files
    "SELECT * FROM read_csv('{secret}')",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_blob('{secret}')",
    "SELECT * FROM '{secret}'",
    "SELECT * FROM '/etc/passwd'",
    'SELECT * FROM "{secret}"',
    "SELECT * FROM read_json('{secret}')",
    "SELECT * FROM read_parquet('{secret}')",
    "SELECT * FROM parquet_metadata('{secret}')",
    "SELECT * FROM glob('/*')",
    "SELECT * FROM sniff_csv('{secret}')",
    "SELECT (SELECT content FROM read_text('{secret}'))",
    "WITH a AS (SELECT * FROM read_text('{secret}')) SELECT * FROM a",
    "SELECT * FROM events WHERE EXISTS (FROM read_text('{secret}'))",
    "SELECT * FROM query('SELECT * FROM read_text(''{secret}'')')",
    "SELECT * FROM query_table('{secret}')",
    "SELECT * FROM sqlite_scan('{database}', 'admin_keys')",
    "SELECT * FROM read_duckdb('{secret}')",
    "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))",
    # Writing
    "COPY (SELECT 1) TO '{folder}/stolen.csv'",
    "COPY events TO '{folder}/stolen.parquet'",
    "EXPORT DATABASE '{folder}/stolen'",
    "IMPORT DATABASE '{folder}/stolen'",
    "ATTACH '{folder}/stolen.db'",
    "ATTACH '{database}' (TYPE sqlite)",
    "CREATE TABLE mine AS SELECT * FROM events",
    "CREATE OR REPLACE VIEW events AS SELECT 1",
    "CREATE SECRET s (TYPE s3, KEY_ID 'x', SECRET 'y')",
    "CREATE MACRO m() AS 1",
    "DROP VIEW events",
    "DELETE FROM _tail",
    "INSERT INTO _tail VALUES (1)",
    "UPDATE _tail SET person = 'x'",
    "CHECKPOINT",
    "VACUUM",
    # The network, and code
    "INSTALL httpfs",
    "LOAD httpfs",
    "LOAD '{secret}'",
    "SELECT * FROM read_csv('http://127.0.0.1:9/x')",
    "SELECT * FROM read_parquet('s3://bucket/x')",
    "SELECT * FROM python_map_function(1)",
    "SELECT * FROM pandas_scan(1)",
    "SELECT * FROM arrow_scan(1, 2, 3)",
    "SELECT * FROM register_external_resource('x')",
    # Settings
    "SET enable_external_access = true",
    "SET lock_configuration = false",
    "RESET enable_external_access",
    "SET memory_limit = '100GB'",
    "SET threads = 64",
    "PRAGMA enable_logging",
    "PRAGMA database_list",
    "CALL enable_logging(storage = 'file', storage_path = '{folder}/stolen')",
    "SELECT * FROM enable_logging()",
    "SELECT * FROM duckdb_secrets()",
    "SELECT * FROM duckdb_logs()",
    "SELECT * FROM checkpoint()",
    "USE memory",
    # More than one statement, or none
    "SELECT 1; DROP VIEW events",
    "SELECT 1; SELECT 2",
    "",
    ";",
    "SELEC 1",
    "SELECT 'open",
    "EXPLAIN ANALYZE SELECT 1",
    "PREPARE p AS SELECT 1",
    "BEGIN",
    "SELECT getenv('HOME')",
    "SELECT * FROM secret_variable",
]

BROKEN_OUT = [
    "true) UNION ALL SELECT * FROM (SELECT * FROM events",
    "true) ORDER BY (1",
    "true) LIMIT (1",
    "true) GROUP BY (1",
    "true); DROP VIEW events; SELECT (1",
    "true) -- ",
    "true /*",
    "EXISTS (FROM read_text('/etc/passwd'))",
    "name = 'x' AND (SELECT count(*) FROM glob('/*')) > 0",
    "nonsense = 1",
    "sum(1) > 0",
    "",
    "-- nothing",
    "name",
    ")(",
]


@asynccontextmanager
async def sandbox(folder: Path, *, seconds: float = 30.0) -> AsyncIterator[tuple[Sandbox, Shop]]:
    """Give a sandbox over a shop with some events in the lake, and some not yet."""
    async with shop(folder) as one:
        events = [
            arrival(f"m{number:02}", "track", (f"user_id:u{number % 3}",), event=f"E{number % 2}")
            for number in range(12)
        ]
        await one.receive(*events[:8])
        await one.lake.flush()
        await one.receive(*events[8:])
        await one.receive(
            arrival("m50", "identify", ("user_id:u1",), traits={"plan": "pro", "n": 1})
        )

        def relation(workspace: str) -> Any:
            assert workspace == WORKSPACE
            return one.connection()

        yield Sandbox(relation, folder / "scratch", seconds=seconds), one
        assert list((folder / "scratch").iterdir()) == []


async def found(made: Sandbox, sql: str, limit: int = 1000) -> list[list[Any]]:
    """Answer the rows of a query."""
    rows: list[list[Any]] = json.loads((await made.query(WORKSPACE, sql, limit=limit)).rows)
    return rows


async def test_a_query_sees_the_lake_and_what_is_not_in_it_yet(tmp_path: Path) -> None:
    """All events, people with their traits, identifiers."""
    async with sandbox(tmp_path) as (made, one):
        assert await found(made, "SELECT count(*), count(DISTINCT message_id) FROM events") == [
            [13, 13]
        ]
        assert await found(
            made, "SELECT person, traits->>'plan' FROM people WHERE traits->>'plan' IS NOT NULL"
        ) == [["user_id:u1", "pro"]]
        assert await found(made, "FROM identifiers ORDER BY ALL LIMIT 1") == [
            ["user_id:u0", "user_id:u0"]
        ]
        await one.receive(arrival("m51", "track", ("user_id:u9",), event="Late"))
        assert await found(made, "SELECT person FROM events WHERE name = 'Late'") == [
            ["user_id:u9"]
        ]
        await one.identities.merge(WORKSPACE, "user_id:u0", "user_id:u1")
        merged = await found(made, "SELECT count(DISTINCT person) FROM events")
        assert merged == [[3]]


async def test_a_query_may_describe_and_count_and_compute(tmp_path: Path) -> None:
    """Values of every kind come as JSON."""
    async with sandbox(tmp_path) as (made, _):
        described = await found(made, "DESCRIBE events")
        assert [row[0] for row in described][:3] == ["person", "via", "message_id"]
        assert await found(
            made,
            "SELECT epoch_ms(1795428672345)::TIMESTAMPTZ, 1::HUGEINT << 100, 1.25::DECIMAL(5, 2),"
            " {'a': [1, NULL]}, 'nan'::DOUBLE, DATE '2026-11-23', 'x'::BLOB, 'ü', TRUE,"
            " 'infinity'::TIMESTAMP, sum(2)",
        ) == [
            [
                "2026-11-23T10:11:12.345Z",
                "1267650600228229401496703205376",
                1.25,
                {"a": [1, None]},
                None,
                "2026-11-23",
                "eA==",
                "ü",
                True,
                None,
                2,
            ]
        ]


async def test_an_answer_has_so_many_rows_at_most(tmp_path: Path) -> None:
    """And says that there are more."""
    async with sandbox(tmp_path) as (made, _):
        answer = await made.query(WORKSPACE, "SELECT * FROM range(10)", limit=4)
        assert (json.loads(answer.rows), answer.truncated) == ([[0], [1], [2], [3]], True)
        answer = await made.query(WORKSPACE, "SELECT * FROM range(4)", limit=4)
        assert not answer.truncated
        huge = "SELECT repeat('x', 1000000) FROM range(100)"
        answer = await made.query(WORKSPACE, huge, limit=100)
        assert answer.truncated
        assert len(json.loads(answer.rows)) == 33


async def test_a_row_that_no_answer_holds_is_told_of(tmp_path: Path) -> None:
    """Nothing at all, said to be truncated, would look like no rows."""
    async with sandbox(tmp_path) as (made, _):
        with pytest.raises(SqlRefused, match="first row alone is over 32 MiB"):
            await made.query(WORKSPACE, "SELECT repeat('x', 40000000)", limit=3)


async def test_tables_and_their_columns_can_be_asked_for(tmp_path: Path) -> None:
    """Those that are documented, and none that they are made of."""
    async with sandbox(tmp_path) as (made, _):
        for sql in ("SHOW TABLES", "show all tables ;"):
            assert await found(made, sql) == [["events"], ["identifiers"], ["people"]]
        names = [row[0] for row in await found(made, "DESCRIBE people")]
        assert names == ["person", "traits", "first_seen", "last_seen"]


async def test_a_query_that_nobody_waits_for_is_ended(tmp_path: Path) -> None:
    """Its place is free for the next, long before its time is over."""
    async with sandbox(tmp_path, seconds=600) as (made, _):
        endless = "SELECT count(*) FROM range(100000000) a, range(100000000) b"
        asked = [asyncio.ensure_future(found(made, endless)) for _ in range(2)]
        behind = asyncio.ensure_future(found(made, "SELECT 1"))
        await asyncio.sleep(0.2)  # so that they have mostly begun; it holds before, too
        assert not behind.done()
        for one in asked:
            one.cancel()

        assert await asyncio.wait_for(behind, 60) == [[1]]


async def test_lengths_of_time_are_iso_8601(tmp_path: Path) -> None:
    """As times are."""
    sql = (
        "SELECT INTERVAL 1 DAY, INTERVAL '1 month 2 days 3.5 seconds', "
        "INTERVAL '-90 minutes', INTERVAL 0 SECOND, [INTERVAL 1 YEAR]"
    )
    async with sandbox(tmp_path) as (made, _):
        assert await found(made, sql) == [["P1D", "P1M2DT3.5S", "PT-5400S", "P0D", ["P12M"]]]


def refusals(scene: Scene, texts: list[str]) -> dict[str, Answer]:
    """Answer what the sandbox's process would to each text."""
    return {text: carry_out(Query(scene, text, 10, 10_000), print) for text in texts}


async def test_nothing_else_can_be_reached(tmp_path: Path) -> None:
    """No file, no network, no setting, no other statement: each attack is refused as bad SQL."""
    secret = tmp_path / "secret.csv"
    secret.write_text("key\ntop-secret-value\n")
    where = {
        "secret": str(secret),
        "folder": str(tmp_path),
        "database": str(tmp_path / "headwater.sqlite3"),
    }
    async with (
        sandbox(tmp_path) as (made, _),
        made.scene(WORKSPACE, "events people identifiers") as scene,
    ):
        answers = refusals(scene, [attack.format(**where) for attack in ATTACKS])
        passed = {
            text: answer
            for text, answer in answers.items()
            if not isinstance(answer, Refused) or answer.code != "invalid_sql"
        }
        assert passed == {}
        assert not [text for text, answer in answers.items() if "top-secret" in repr(answer)]
        with pytest.raises(SqlRefused):
            await found(made, ATTACKS[0].format(**where))
    assert list(tmp_path.rglob("*stolen*")) == []  # noqa: ASYNC240 - after all is done


async def test_a_workspace_cannot_read_anothers_files(tmp_path: Path) -> None:
    """Not even by their path in the same lake; its own files it may name."""
    async with sandbox(tmp_path) as (made, _):
        own = next((tmp_path / "lake").glob(f"{WORKSPACE}/events/*/*.parquet"))
        other = tmp_path / "lake" / "other" / "events" / "x.parquet"
        other.parent.mkdir(parents=True)
        other.write_bytes(own.read_bytes())
        for path in (own, other):
            with pytest.raises(SqlRefused, match="not available"):
                await found(made, f"SELECT * FROM read_parquet('{path}')")
        with pytest.raises(SqlRefused):
            await found(made, f"SELECT * FROM '{other}'")


@pytest.mark.parametrize("times", [TRIES - 1, TRIES])
async def test_files_that_are_replaced_are_read_where_they_are_now(
    tmp_path: Path, times: int
) -> None:
    """An erasure deletes them under who reads: it is read anew, and told plainly if in vain."""
    deletions = iter(range(times))

    async with sandbox(tmp_path) as (_, one):
        stored = next((tmp_path / "lake").glob(f"{WORKSPACE}/events/*/*.parquet"))
        kept = stored.read_bytes()

        @contextmanager
        def relation(_: str) -> Iterator[Any]:
            stored.write_bytes(kept)
            with one.connection() as connection:
                yield connection
            if next(deletions, None) is not None:
                stored.unlink()

        own = Sandbox(relation, tmp_path / "scratch", seconds=60)
        if times < TRIES:
            assert await found(own, "SELECT count(message_id) FROM events") == [[13]]
            return
        with pytest.raises(FilesReplaced) as told:
            await own.check(WORKSPACE, "name = 'E1'")
        assert "ask again" in told.value.message
        assert str(tmp_path) not in told.value.message
        assert "SELECT" not in told.value.message


async def test_a_file_that_goes_once_the_views_are_made_is_no_fault_of_the_sql(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DuckDB then says that nobody may read it; a job must not end for that."""
    async with sandbox(tmp_path) as (made, _):
        stored = next((tmp_path / "lake").glob(f"{WORKSPACE}/events/*/*.parquet"))

        def opened(scene: Scene) -> duckdb.DuckDBPyConnection:
            engine = open_engine(scene)
            stored.unlink()
            return engine

        monkeypatch.setattr(querying, "open_engine", opened)
        async with made.scene(WORKSPACE, "events") as scene:
            answer = carry_out(Query(scene, "SELECT name FROM events", 9, 1000), lambda _: None)

        assert isinstance(answer, Refused)
        assert answer.code == "unreadable"


async def test_a_query_ends_in_time(tmp_path: Path) -> None:
    """However much it has to do; and nothing of it is left running."""
    async with sandbox(tmp_path, seconds=1.5) as (made, _):
        began = time.monotonic()
        with pytest.raises(SqlRefused, match=r"longer than 1\.5 seconds") as refused:
            await found(made, "SELECT count(*) FROM range(100000000) a, range(100000000) b")
        assert refused.value.code == "sql_too_slow"
        assert time.monotonic() - began < 10


async def test_a_query_has_so_much_memory(tmp_path: Path) -> None:
    """What needs more is refused, and the server lives."""
    async with sandbox(tmp_path) as (made, _):
        with pytest.raises(SqlRefused) as refused:
            await found(
                made, "SELECT length(string_agg(repeat('x', 1000), '')) FROM range(9000000)"
            )
        assert refused.value.code == "sql_too_large"
        assert await found(made, "SELECT 1") == [[1]]


async def test_a_condition_is_a_condition_and_nothing_else(tmp_path: Path) -> None:
    """It cannot close the parenthesis that it stands in; what it names must be there."""
    pro = "person IN (SELECT person FROM people WHERE traits->>'plan' = 'pro')"
    async with sandbox(tmp_path) as (made, _):
        await made.check(WORKSPACE, pro)
        async with made.scene(WORKSPACE, "events people identifiers") as scene:
            good = [None, "name = 'E1' -- a remark", pro, "name IN ('a)', '(b')"]
            answers = [carry_out(Check(scene, Selection(where=where)), print) for where in good]
            assert answers == [Checked()] * len(good)
            passed = [
                where
                for where in BROKEN_OUT
                if not isinstance(carry_out(Check(scene, Selection(where=where)), print), Refused)
            ]
            assert passed == []


async def test_what_a_condition_says_takes_no_other_out_of_force(tmp_path: Path) -> None:
    """`a) OR (b` is a condition, too; but the times beside it hold all the same."""
    async with (
        sandbox(tmp_path) as (made, _),
        made.scene(WORKSPACE, "events people identifiers") as scene,
    ):
        selection = Selection(where="name = 'E0') OR (name = 'E1'", received_before=0)
        assert carry_out(Check(scene, selection), print) == Checked()
        assert carry_out(Days(scene, selection), print) == Counted([])
        assert carry_out(Page(scene, selection, None, 10), print) == Events([])
        written = carry_out(Extract(scene, selection, "jsonl", str(tmp_path / "none.jsonl")), print)
        assert isinstance(written, Written)
        assert written.rows == 0


async def test_pages_of_events_follow_each_other(tmp_path: Path) -> None:
    """In the order of their receipt, each once, with the text that was stored."""
    async with sandbox(tmp_path) as (made, one):
        selection = Selection(where="name IS NOT NULL", received_before=10_000)
        async with made.scene(WORKSPACE, f"events {selection.where}") as scene:
            counted = await made.days(scene, selection)
            assert [(day, events) for day, events, _, _ in counted.days] == [(0, 10)]
            seen, after = [], None
            while page := (await made.page(scene, selection, after=after, limit=4)).events:
                seen += page
                after = (page[-1].received_at, page[-1].message_id, page[-1].via)
        assert [event.message_id for event in seen] == sorted(
            f"m{number:02}" for number in range(10)
        )
        assert {event.person for event in seen} == {"user_id:u0", "user_id:u1", "user_id:u2"}
        stored = await one.identities.timeline(
            WORKSPACE, "user_id:u0", which=TimelineFilter(oldest_first=True), limit=1
        )
        assert stored is not None
        assert json.loads(seen[0].body) == stored.events[0]


async def test_without_a_lake_it_says_so(tmp_path: Path) -> None:
    """There is nothing to read then."""
    with pytest.raises(Conflict, match="lake = off"):
        await Sandbox(None, tmp_path / "scratch", seconds=1).query("default", "SELECT 1", limit=1)
