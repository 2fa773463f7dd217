"""Questions over 10 million events against the best SQL written by hand for the same files.

    python -m scripts.bench.questions                     # 10 million events, 500,000 people
    python -m scripts.bench.questions --events 1000000

Events are made with DuckDB's hash as the source of chance, so every run has the same:

* 90 days of 2026, uniform; a Parquet file a day, sorted by person and time, zstd, as the lake's
  compacted files are
* one person for 20 events; the number of the person of an event is `people * u^1.5`
* 40 % pages; tracks: 25 % Product Viewed, 12 % Product Added, 6 % Checkout Started, 4 % Order
  Completed (revenue lognormal-like), 3 % Signed Up, 10 % Searched
* `properties.plan` of four values, the first half of all; 20 % with a campaign of four sources;
  2 % marked as a bot's; about 300 bytes of context

Each question is asked as the server asks it, and each hand-written statement is run in turn on the
same connection; what is compared are the medians. The answers must be the same.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from headwater.questions.answers.ask import ask
from headwater.questions.asking import Circumstances
from headwater.questions.question import read_question
from headwater.questions.sql.duckdb import DuckDB
from headwater.questions.table import Table

DAYS = 90
START = 1_767_225_600_000  # 2026-01-01
NOW = START + (DAYS + 5) * 86_400_000
TARGET = 1.5

OVER = {"since": "2026-01-01", "until": "2026-03-31"}
TREND = {
    "question": "trend",
    "series": [{"events": {"call": "page"}}, {"events": {"call": "page"}, "measure": "people"}],
    "over": OVER,
    "breakdown": {"by": "property", "name": "properties.plan"},
}
FUNNEL = {
    "question": "funnel",
    "steps": ["Product Viewed", "Product Added", "Checkout Started", "Order Completed"],
    "within": "7d",
    "over": OVER,
}
RETENTION = {
    "question": "retention",
    "start": "Product Viewed",
    "back": {"call": "any"},
    "interval": "week",
    "periods": 8,
    "over": {"since": "2026-01-05", "until": "2026-03-29"},
}

_SHOP = "name IN ('Product Viewed', 'Product Added', 'Checkout Started', 'Order Completed')"
_WEEK = 7 * 86_400_000

HAND_TREND = {
    "distinct": """
SELECT date_trunc('day', timestamp) AS d, properties ->> '$.plan' AS v, count(*),
       count(DISTINCT person)
FROM events WHERE bot IS NULL AND type = 'page' GROUP BY 1, 2
""",
    "two steps": """
SELECT d, v, sum(n), count(*) FROM (
    SELECT date_trunc('day', timestamp) AS d, properties ->> '$.plan' AS v, person, count(*) AS n
    FROM events WHERE bot IS NULL AND type = 'page' GROUP BY 1, 2, 3
) GROUP BY 1, 2
""",
}

_STEPS = f"""
SELECT person, epoch_ms(timestamp) AS t,
       CASE name WHEN 'Product Viewed' THEN 1 WHEN 'Product Added' THEN 2
                 WHEN 'Checkout Started' THEN 3 ELSE 4 END AS s
FROM events WHERE bot IS NULL AND type = 'track' AND {_SHOP}
"""
_BEFORE = "PARTITION BY person ORDER BY t, s ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING"
HAND_FUNNEL = {
    # One window after the other, each over what can still get further.
    "windows": f"""
WITH m AS ({_STEPS}),
a AS (SELECT *, max(CASE WHEN s = 1 THEN t END) OVER ({_BEFORE}) AS b FROM m),
b AS (SELECT person, t, s, CASE WHEN s = 2 THEN b END AS g,
             max(CASE WHEN s = 2 THEN b END) OVER ({_BEFORE}) AS b
      FROM a WHERE s > 2 OR (s = 2 AND t - b <= {_WEEK})),
c AS (SELECT person, t, s, max(CASE WHEN s = 3 THEN b END) OVER ({_BEFORE}) AS b
      FROM b WHERE s > 3 OR (s = 3 AND t - b <= {_WEEK}))
SELECT (SELECT count(DISTINCT person) FROM m WHERE s = 1),
       (SELECT count(DISTINCT person) FROM b WHERE g IS NOT NULL),
       (SELECT count(DISTINCT person) FROM c WHERE s = 3),
       (SELECT count(DISTINCT person) FROM c WHERE s = 4 AND t - b <= {_WEEK})
""",
    # All of a person's steps in a list, folded once.
    "fold": f"""
WITH h AS (SELECT person, list_sort(list(t * 8 + s)) AS l FROM ({_STEPS}) GROUP BY person),
z AS (SELECT list_reduce(l, lambda z, x: {{
    'r': CASE WHEN x & 7 = 4 AND (x >> 3) - z.c <= {_WEEK} THEN 4
              WHEN x & 7 = 3 AND (x >> 3) - z.b <= {_WEEK} THEN greatest(z.r, 3)
              WHEN x & 7 = 2 AND (x >> 3) - z.a <= {_WEEK} THEN greatest(z.r, 2)
              WHEN x & 7 = 1 THEN greatest(z.r, 1) ELSE z.r END,
    'a': CASE WHEN x & 7 = 1 THEN x >> 3 ELSE z.a END,
    'b': CASE WHEN x & 7 = 2 AND (x >> 3) - z.a <= {_WEEK} THEN greatest(z.a, z.b) ELSE z.b END,
    'c': CASE WHEN x & 7 = 3 AND (x >> 3) - z.b <= {_WEEK} THEN greatest(z.b, z.c) ELSE z.c END
}}, {{'r': 0::BIGINT, 'a': -1e15::BIGINT, 'b': -1e15::BIGINT, 'c': -1e15::BIGINT}}).r AS r FROM h)
SELECT count(*) FILTER (WHERE r >= 1), count(*) FILTER (WHERE r >= 2),
       count(*) FILTER (WHERE r >= 3), count(*) FILTER (WHERE r >= 4) FROM z
""",
}

_WEEKS = "CAST(date_diff('day', DATE '2026-01-05', CAST(timestamp AS DATE)) AS INTEGER) // 7"
_FROM = "FROM events WHERE bot IS NULL AND timestamp >= '2026-01-05'"
HAND_RETENTION = {
    # The textbook's: who was there when, joined with itself.
    "join": f"""
WITH e AS (
    SELECT person, {_WEEKS} AS w,
           bool_or(type = 'track' AND name = 'Product Viewed'
                   AND timestamp < '2026-03-30') AS x
    {_FROM} GROUP BY 1, 2
)
SELECT c.w, b.w - c.w AS n, count(*) FROM e AS c JOIN e AS b
ON b.person = c.person AND b.w BETWEEN c.w AND c.w + 8 WHERE c.x GROUP BY 1, 2
""",
    # A bit for each week.
    "bits": f"""
WITH e AS (
    SELECT person, bit_or(1::BIGINT << {_WEEKS}) AS y,
           bit_or(CASE WHEN type = 'track' AND name = 'Product Viewed'
                        AND timestamp < '2026-03-30' THEN 1::BIGINT << {_WEEKS} ELSE 0 END) AS x
    {_FROM} GROUP BY 1
), w AS (SELECT unnest(range(12)) AS w), n AS (SELECT unnest(range(9)) AS n)
SELECT w, n, count(*) FROM e, w, n
WHERE (x >> w) & 1 = 1 AND (y >> (w + n)) & 1 = 1 GROUP BY 1, 2
""",
}


@dataclass(frozen=True)
class Case:
    """A question, what is written by hand for it, and how to see that both say the same."""

    name: str
    question: dict[str, Any]
    by_hand: dict[str, str]
    same: Callable[[Table, Sequence[Sequence[Any]]], bool]


def same_trend(table: Table, rows: Sequence[Sequence[Any]]) -> bool:
    """Tell whether all counts of days and plans are the same."""
    mine = {(row[0], row[1]): (row[2], row[3]) for row in table.rows if row[2]}
    return mine == {(str(day)[:10], value): (count, people) for day, value, count, people in rows}


def same_funnel(table: Table, rows: Sequence[Sequence[Any]]) -> bool:
    """Tell whether the people of all steps are the same."""
    return [row[2] for row in table.rows] == list(rows[0])


def same_retention(table: Table, rows: Sequence[Sequence[Any]]) -> bool:
    """Tell whether all returns are the same."""
    mine = {
        (cohort, number): count
        for cohort, row in enumerate(table.rows)
        for number, count in enumerate(row[2:])
        if count
    }
    return mine == {(cohort, number): count for cohort, number, count in rows}


CASES = (
    Case("trend with breakdown", TREND, HAND_TREND, same_trend),
    Case("4-step funnel in 7 days", FUNNEL, HAND_FUNNEL, same_funnel),
    Case("weekly retention", RETENTION, HAND_RETENTION, same_retention),
)


def generate(folder: Path, events: int) -> None:
    """Make the files; see the top of this module."""
    database = duckdb.connect(config={"preserve_insertion_order": False})
    people = events // 20

    def chance(salt: int) -> str:
        return f"((hash(i * 16 + {salt}) >> 11)::DOUBLE / 9007199254740992.0)"

    database.execute(
        f"CREATE TABLE drawn AS SELECT i, floor({people} * pow({chance(1)}, 1.5))::INT AS p, "
        f"{chance(2)} * {DAYS} AS day, {chance(3)} AS k, {chance(4)} AS a, {chance(5)} AS b, "
        f"{chance(6)} AS c, {chance(7)} AS d, {chance(8)} AS e FROM range({events}) AS t(i)"
    )
    name = """CASE WHEN k < 0.4 THEN '/p/' || floor(a * a * 200)::INT
        WHEN k < 0.65 THEN 'Product Viewed' WHEN k < 0.77 THEN 'Product Added'
        WHEN k < 0.83 THEN 'Checkout Started' WHEN k < 0.87 THEN 'Order Completed'
        WHEN k < 0.9 THEN 'Signed Up' ELSE 'Searched' END"""
    properties = """'{"path":"/p/' || floor(a * a * 200)::INT || '","plan":"'
        || ['free', 'pro', 'team', 'enterprise'][1 + floor(b * b * 4)::INT] || '"'
        || CASE WHEN k >= 0.83 AND k < 0.87 THEN ',"revenue":' || round(exp(3 + c * 2), 2)
           ELSE '' END || '}'"""
    context = """'{"ip":"203.0.113.' || floor(d * 255)::INT || '","userAgent":"Mozilla/5.0 (X11; '
        || 'Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36",'
        || '"library":{"name":"analytics.js","version":"2.1.0"},"locale":"en-GB",'
        || '"page":{"url":"https://example.com/p/' || floor(a * a * 200)::INT || '"}'
        || CASE WHEN e < 0.2 THEN ',"campaign":{"source":"'
           || ['google', 'newsletter', 'bing', 'partner'][1 + floor(e * 20)::INT]
           || '","name":"spring"}' ELSE '' END
        || CASE WHEN d > 0.98 THEN ',"bot":true' ELSE '' END || '}'"""
    for day in range(DAYS):
        target = str(folder / f"{day:02}.parquet").replace("'", "''")
        database.execute(
            f"COPY (SELECT 'user_id:' || p AS person, md5(i::VARCHAR) AS message_id, "
            f"make_timestamp_ms(({START} + day * 86400000)::BIGINT) AS timestamp, "
            f"CASE WHEN k < 0.4 THEN 'page' ELSE 'track' END AS type, {name} AS name, "
            f"{properties} AS properties, NULL::VARCHAR AS traits, {context} AS context, "
            f"CASE WHEN d > 0.98 THEN 'true' END AS bot FROM drawn WHERE floor(day) = {day} "
            f"ORDER BY person, timestamp) TO '{target}' (COMPRESSION zstd, ROW_GROUP_SIZE 8192)"
        )
        if sys.stderr.isatty():
            print(f"\rmaking day {day + 1} of {DAYS}", end="", file=sys.stderr)
    print(file=sys.stderr)
    database.close()


def answered(database: duckdb.DuckDBPyConnection, question: dict[str, Any]) -> Table:
    """Answer a question as the server does."""
    asking = ask(read_question(question), Circumstances(DuckDB(), NOW))
    try:
        query = next(asking)
        while True:
            query = asking.send([database.execute(query.sql).fetchall()])
    except StopIteration as done:
        table: Table = done.value
        return table


def run(database: duckdb.DuckDBPyConnection, sql: str) -> list[Any]:
    """Answer a statement's rows."""
    return database.execute(sql).fetchall()


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Answer how many seconds something took, and what it answered."""
    begun = time.perf_counter()
    found = work()
    return time.perf_counter() - begun, found


def measure(database: duckdb.DuckDBPyConnection, case: Case, rounds: int) -> float:
    """Answer the ratio of the question's time to that of the best statement by hand."""
    table = answered(database, case.question)
    seconds: dict[str, list[float]] = {"question": [], **{name: [] for name in case.by_hand}}
    for name, sql in case.by_hand.items():
        rows = run(database, sql)
        if not case.same(table, rows):
            raise SystemExit(f"{case.name}: the answer is not that of {name!r}")
    for _ in range(rounds):
        seconds["question"].append(timed(lambda: answered(database, case.question))[0])
        for name, sql in case.by_hand.items():
            seconds[name].append(timed(partial(run, database, sql))[0])
    medians = {name: statistics.median(found) for name, found in seconds.items()}
    best = min(case.by_hand, key=lambda name: medians[name])
    ratio = medians["question"] / medians[best]
    shown = ", ".join(f"{name} {medians[name]:.2f} s" for name in case.by_hand)
    verdict = "met" if ratio <= TARGET else "MISSED"
    print(
        f"{case.name:26} {medians['question']:.2f} s; by hand: {shown}; ratio {ratio:.2f}", end=""
    )
    print(f" (target {TARGET}, {verdict})", flush=True)
    return ratio


def main() -> None:
    """Make the files, measure, and exit with 1 where a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--events", type=int, default=10_000_000, help="how many (10 million)")
    parser.add_argument("--rounds", type=int, default=5, help="of each statement (5)")
    parser.add_argument("--files", type=Path, help="a folder to make the files in, and to keep")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.files or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        if not list(folder.glob("*.parquet")):
            generate(folder, arguments.events)
        database = duckdb.connect()
        database.execute("SET TimeZone = 'UTC'")
        files = str(folder / "*.parquet").replace("'", "''")
        database.execute(f"CREATE VIEW events AS SELECT * FROM read_parquet('{files}')")
        found = database.execute("SELECT count(*), count(DISTINCT person) FROM events").fetchall()
        print(f"{found[0][0]:,} events of {found[0][1]:,} people")
        ratios = [measure(database, case, arguments.rounds) for case in CASES]
        database.close()
    sys.exit(any(ratio > TARGET for ratio in ratios))


if __name__ == "__main__":
    main()
