"""Lists of people: each database answers its own first ones, and the first of these are it.

That is exact, because a person's events are all in one database.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

from headwater.audiences.comparisons import steps
from headwater.errors import BadRequest
from headwater.questions.answers.measuring import Cells, Measuring, measuring_of
from headwater.questions.asking import Asking, Circumstances, Query, Rows, all_rows, stretch_asked
from headwater.questions.calendar import Stretch
from headwater.questions.lists import PeopleList
from headwater.questions.sql.scan import is_one_of, scan
from headwater.questions.sql.text import quoted
from headwater.questions.table import Column, Table

Figure = int | float


def ask_list(question: PeopleList, circumstances: Circumstances) -> Asking:
    """Ask for a list; see `headwater.questions.lists.PeopleList`."""
    if question.by.measure in {"people", "per_person"}:
        raise BadRequest(f"by: one person has no {question.by.measure!r}; count events instead.")
    stretch = yield from stretch_asked(question, circumstances)
    measuring = measuring_of(question.by, circumstances)
    answers = yield Query(_sql(question, circumstances, stretch, measuring))
    cells: dict[str, Cells] = {}
    for person, *row in all_rows(answers):
        value = row.pop(0) if measuring.values is not None else None
        held = cells.setdefault(person, measuring.nothing())
        measuring.add(held, measuring.read(value, row))
    sign = -1 if question.order == "most" else 1
    figures = [
        (person, figure)
        for person, held in cells.items()
        if (figure := measuring.finish(held)) is not None
    ]
    first = sorted(figures, key=lambda one: (sign * one[1], one[0]))[: question.limit]
    traits = yield from _traits(question, circumstances, [person for person, _ in first])
    nothing = [None] * len(question.traits)
    rows = tuple((person, figure, *traits.get(person, nothing)) for person, figure in first)
    columns = (
        Column("person", "text"),
        Column(question.by.called, "number"),
        *(Column(path, "text") for path in question.traits),
    )
    return Table(columns, rows, circumstances.now)


def _sql(
    question: PeopleList, circumstances: Circumstances, stretch: Stretch, measuring: Measuring
) -> str:
    zone = question.zone or circumstances.zone
    test = is_one_of(question.by.events.selector, circumstances, zone)
    columns = ["person", *([] if measuring.values is None else [measuring.values])]
    keys = ", ".join(str(number + 1) for number in range(len(columns)))
    columns += [f"{one} AS m{at}" for at, one in enumerate(measuring.aggregates)]
    source = scan(columns, question, circumstances, stretch=stretch, events=[test])
    sql = f"{source} GROUP BY {keys}"
    if measuring.values is not None:
        return sql  # the figure is only known when all values are
    order = "DESC" if question.order == "most" else "ASC"
    figure = _FIGURES.get(question.by.measure, "m1")
    has_one = "" if figure == "m0" else f" WHERE {figure} IS NOT NULL"
    if question.by.measure == "sum":
        figure, has_one = "coalesce(m1, 0)", ""
    return (
        f"SELECT * FROM ({sql}){has_one} ORDER BY {figure} {order}, person "  # noqa: S608 - literals are quoted
        f"LIMIT {question.limit}"
    )


_FIGURES = {"count": "m0", "average": "m1 / m2"}


def _traits(
    question: PeopleList, circumstances: Circumstances, people: Sequence[str]
) -> Generator[Query, Sequence[Rows], dict[str, list[Any]]]:
    if not question.traits or not people:
        return {}
    label = circumstances.dialect.label
    columns = ", ".join(label("traits", steps(path)) for path in question.traits)
    names = ", ".join(quoted(person) for person in people)
    answers = yield Query(f"SELECT person, {columns} FROM people WHERE person IN ({names})")  # noqa: S608 - quoted
    return {person: row for person, *row in all_rows(answers)}
