"""Attribution: conversions shared out among the touches before them. All of it adds up."""

from __future__ import annotations

from headwater.audiences.comparisons import steps
from headwater.questions.answers.breakdowns import NONE
from headwater.questions.asking import Asking, Circumstances, Query, all_rows, stretch_asked
from headwater.questions.attribution import Attribution
from headwater.questions.calendar import Stretch
from headwater.questions.sql.scan import is_one_of, scan
from headwater.questions.sql.text import any_of, quoted
from headwater.questions.table import Cell, Column, Table, figure, percent


def ask_attribution(question: Attribution, circumstances: Circumstances) -> Asking:
    """Ask what is owed to what; see `headwater.questions.attribution.Attribution`."""
    stretch = yield from stretch_asked(question, circumstances)
    answers = yield Query(_sql(question, circumstances, stretch))
    fields = len(question.by)
    shares: dict[tuple[str, ...], list[float]] = {}
    for row in all_rows(answers):
        held = shares.setdefault(tuple(row[:fields]), [0, 0, 0])
        for at, cell in enumerate(row[fields:]):
            held[at] += cell or 0
    total = sum(held[0] for held in shares.values())
    order = sorted(shares, key=lambda one: (-shares[one][0], one))
    rows = []
    for one in order[: question.limit]:
        conversions, people, value = shares[one]
        cells: list[Cell] = [*one, figure(conversions), percent(conversions, total), people]
        rows.append((*cells, figure(value)) if question.value else tuple(cells))
    columns = [Column(name, "text") for name in question.by]
    columns += [Column("conversions", "number"), Column("of all", "percent")]
    columns.append(Column("people", "number"))
    if question.value:
        columns.append(Column(f"sum of {question.value.removeprefix('properties.')}", "number"))
    return Table(tuple(columns), tuple(rows), circumstances.now)


def _sql(question: Attribution, circumstances: Circumstances, stretch: Stretch) -> str:
    dialect, zone = circumstances.dialect, question.zone or circumstances.zone
    within = question.within * 1000
    is_conversion = is_one_of(question.conversion.selector, circumstances, zone)
    in_range = (
        f"timestamp >= {dialect.instant(stretch.since)} "
        f"AND timestamp < {dialect.instant(stretch.until)}"
    )
    fields = [dialect.label("context", ("campaign", name)) for name in question.by]
    # Looked at before it is parsed: most contexts have none.
    is_of_campaign = "instr(context, '\"campaign\"') > 0"
    names_ = [f"f{at}" for at in range(len(fields))]
    is_touch = any_of([f"{one} IS NOT NULL" for one in names_])
    value = "NULL"
    if question.value is not None:
        column, *names = steps(question.value)
        value = dialect.number(column, names)
    columns = [
        f"person, message_id, {dialect.milliseconds('timestamp')} AS t",
        f"CASE WHEN ({is_conversion}) AND {in_range} THEN 1 ELSE 0 END AS is_conversion",
        f"{value} AS worth",
        *(
            f"CASE WHEN {is_of_campaign} THEN {one} END AS {name}"
            for one, name in zip(fields, names_, strict=True)
        ),
    ]
    reach = Stretch(stretch.since - within, stretch.until)
    source = scan(columns, question, circumstances, stretch=reach, events=[is_conversion, is_touch])
    touched = ", ".join(f"coalesce(e.{name}, {quoted(NONE)}) AS {name}" for name in names_)
    own, weight = _share(question)
    return (
        f"WITH s AS MATERIALIZED ({source}), "  # noqa: S608 - literals are quoted
        f"e AS (SELECT * FROM s WHERE {is_touch}), "
        f"j AS (SELECT c.person, c.message_id, c.worth, {touched}, {own} AS rank FROM s AS c "
        "LEFT JOIN e ON e.person = c.person AND e.t <= c.t "
        f"AND e.t >= c.t - {within} AND (e.t < c.t OR e.message_id <= c.message_id) "
        "WHERE c.is_conversion = 1) "
        f"SELECT {', '.join(names_)}, sum({weight}), count(DISTINCT person), sum(worth * {weight}) "
        f"FROM j {'' if question.model == 'linear' else 'WHERE rank = 1'} "
        f"GROUP BY {', '.join(names_)}"
    )


def _share(question: Attribution) -> tuple[str, str]:
    """Answer what ranks a conversion's touches, and what each gets of the conversion."""
    window = "PARTITION BY c.person, c.message_id"
    if question.model == "linear":
        return f"count(*) OVER ({window})", "(1e0 / rank)"
    order = "ASC" if question.model == "first" else "DESC"
    return f"row_number() OVER ({window} ORDER BY e.t {order}, e.message_id {order})", "1e0"
