"""Paths: each person has one, so that what is counted of each adds up."""

from __future__ import annotations

from headwater.questions.asking import Asking, Circumstances, Query, all_rows, stretch_asked
from headwater.questions.calendar import Stretch
from headwater.questions.paths import Paths
from headwater.questions.sql.scan import is_one_of, scan
from headwater.questions.sql.text import any_of
from headwater.questions.table import Column, Table, percent

MOST_PATHS = 100_000
"""Different paths that one database answers at most; where there are more, the answer says so."""

_CALLED = "CASE type WHEN 'track' THEN name ELSE type || coalesce(' ' || name, '') END"


def ask_paths(question: Paths, circumstances: Circumstances) -> Asking:
    """Ask for paths; see `headwater.questions.paths.Paths`."""
    stretch = yield from stretch_asked(question, circumstances)
    answers = yield Query(_sql(question, circumstances, stretch))
    counts: dict[tuple[str | None, ...], int] = {}
    for *steps, count in all_rows(answers):
        path = tuple(steps)
        counts[path] = counts.get(path, 0) + count
    total = sum(counts.values())
    order = sorted(counts, key=lambda path: (-counts[path], [one or "" for one in path]))
    rows = []
    for path in order[: question.limit]:
        shown = path if question.direction == "after" else path[::-1]
        rows.append((*shown, counts[path], percent(counts[path], total)))
    is_exact = all(len(one) < MOST_PATHS for one in answers)
    notes = () if is_exact else (f"Only the {MOST_PATHS:,} most usual paths were looked at.",)
    return Table(tuple(_columns(question)), tuple(rows), circumstances.now, is_exact, notes)


def _columns(question: Paths) -> list[Column]:
    anchor, steps = [question.anchor.called], [str(one + 1) for one in range(question.steps)]
    if question.direction == "after":
        names = [*anchor, *(f"then {number}" for number in steps)]
    else:
        names = [*(f"before {number}" for number in reversed(steps)), *anchor]
    kinds = [Column(name, "text") for name in names]
    return [*kinds, Column("people", "number"), Column("of all", "percent")]


def _sql(question: Paths, circumstances: Circumstances, stretch: Stretch) -> str:
    dialect, zone = circumstances.dialect, question.zone or circumstances.zone
    within, is_after = question.within * 1000, question.direction == "after"
    reach = Stretch(stretch.since - (0 if is_after else within), stretch.until + within * is_after)
    anchor = is_one_of(question.anchor.selector, circumstances, zone)
    others = [is_one_of(one.selector, circumstances, zone) for one in question.events]
    begins = (
        f"({anchor}) AND timestamp >= {dialect.instant(stretch.since)} "
        f"AND timestamp < {dialect.instant(stretch.until)}"
    )
    time = dialect.milliseconds("timestamp")
    columns = [
        f"person, message_id, {time} AS t, {_CALLED} AS called",
        f"CASE WHEN {begins} THEN 1 ELSE 0 END AS is_anchor",
        f"CASE WHEN {any_of(others)} THEN 1 ELSE 0 END AS is_step",
    ]
    source = scan(columns, question, circumstances, stretch=reach, events=[anchor, *others])
    begun = scan(
        ["person AS who", f"min({time}) AS time"],
        question,
        circumstances,
        stretch=stretch,
        events=[anchor],
    )
    near = f"t BETWEEN time AND time + {within}"
    away = "n > first"
    if not is_after:
        near, away = f"t BETWEEN time - {within} AND time", "n < first"
    order, neighbour = ("n", "ORDER BY n") if is_after else ("n DESC", "ORDER BY n DESC")
    again = "" if question.repeats else "WHERE last IS NULL OR last <> called"
    steps = [
        f"max(CASE WHEN place = {one} THEN called END) AS s{one}"
        for one in range(question.steps + 1)
    ]
    names = ", ".join(f"s{one}" for one in range(question.steps + 1))
    return (  # each named query narrows the one before
        f"WITH b AS ({begun} GROUP BY person), "  # noqa: S608 - literals are quoted
        "e AS (SELECT s.*, row_number() OVER (PARTITION BY person ORDER BY t, message_id) AS n "
        f"FROM ({source}) AS s JOIN b ON who = person WHERE {near}), "
        "a AS (SELECT *, min(CASE WHEN is_anchor = 1 THEN n END) OVER (PARTITION BY person) "
        "AS first FROM e), "
        f"w AS (SELECT person, n, called, lag(called) OVER (PARTITION BY person {neighbour}) "
        f"AS last FROM a WHERE n = first OR (is_step = 1 AND {away})), "
        f"p AS (SELECT person, called, row_number() OVER (PARTITION BY person ORDER BY {order}) "
        f"- 1 AS place FROM w {again}), "
        f"s AS (SELECT person, {', '.join(steps)} FROM p WHERE place <= {question.steps} "
        "GROUP BY person) "
        f"SELECT {names}, count(*) AS people FROM s GROUP BY {names} "
        f"ORDER BY people DESC, {names} LIMIT {MOST_PATHS}"
    )
