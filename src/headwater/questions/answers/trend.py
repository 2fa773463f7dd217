"""Trends: asked in one pass for all series, added up by period and value.

How partial answers merge: counts, people and sums add up; an average is its sum over its count;
the least and the greatest are those of all; medians, percentiles and distinct values are worked
out of how often each value occurs, exactly. Where a breakdown has more values than it shows, the
others are added up as `(other)`; what cannot be added over values (people, of whom one may have
several) is asked again, with the values that are shown.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from headwater.questions import calendar
from headwater.questions.answers.breakdowns import OTHER, kept, largest, named
from headwater.questions.answers.measuring import Cells, Measuring, measuring_of
from headwater.questions.answers.trend_table import Figures, Trends, table_of
from headwater.questions.asking import Asking, Circumstances, Query, Rows, stretch_asked
from headwater.questions.calendar import Periods, Stretch
from headwater.questions.sql.scan import is_one_of, period_number, scan, value_of_event
from headwater.questions.trend import Trend

MOST_ROWS = 20_000
"""Of a breakdown with more values and periods than these, the largest values are asked first."""


def ask_trend(question: Trend, circumstances: Circumstances) -> Asking:
    """Ask a trend; see `headwater.questions.trend.Trend`."""
    zone = circumstances.zone_of(question)
    stretch = yield from stretch_asked(question, circumstances)
    present = _Part.of(question, circumstances, stretch, zone)
    figures, values, is_exact = yield from present.figures()
    trends = Trends(question, zone, stretch, present.periods, figures, values, is_exact)
    if question.compare is not None:
        earlier = _Part.of(question, circumstances, _compared(question, stretch, zone), zone)
        trends.earlier = yield from earlier.figures_of(
            None if values is None else [one for one in values if one != OTHER]
        )
    return table_of(trends, present.measuring, circumstances.now)


def _compared(question: Trend, stretch: Stretch, zone: ZoneInfo) -> Stretch:
    if question.compare == "previous_year":
        return calendar.year_before(stretch, zone)
    return calendar.before(question.over, stretch, zone)


@dataclass(frozen=True, slots=True)
class _Part:
    """One stretch of a trend, and how it is asked."""

    question: Trend
    circumstances: Circumstances
    stretch: Stretch
    periods: Periods | None
    measuring: list[Measuring] = field(default_factory=list)

    @classmethod
    def of(
        cls, question: Trend, circumstances: Circumstances, stretch: Stretch, zone: ZoneInfo
    ) -> _Part:
        """Answer the part of a stretch."""
        interval = question.interval
        periods = None if interval is None else calendar.periods_of(stretch, interval, zone)
        measuring = [measuring_of(one, circumstances) for one in question.series]
        return cls(question, circumstances, stretch, periods, measuring)

    def figures(
        self,
    ) -> Generator[Query, Sequence[Rows], tuple[Figures, list[str] | None, bool]]:
        """Answer the figures, the breakdown's values that they are of, and whether all is exact."""
        breakdown = self.question.breakdown
        if breakdown is None:
            return (yield from self.figures_of(None)), None, True
        figures = yield from self._asked(None)
        if figures is None:
            weights, is_exact = yield from self._weights(breakdown.limit)
            values = largest(weights, breakdown.limit)
            return (yield from self.figures_of(values)), [*values, OTHER], is_exact
        weights = self._weighed(figures)
        values = largest(weights, breakdown.limit)
        if len(values) == len(weights):
            return figures, values, True
        if all(one.adds_up for one in self.measuring):
            return self._with_others(figures, values), [*values, OTHER], True
        return (yield from self.figures_of(values)), [*values, OTHER], True

    def figures_of(self, values: Sequence[str] | None) -> Generator[Query, Sequence[Rows], Figures]:
        """Answer the figures of some values of the breakdown; the others are `OTHER`."""
        figures = yield from self._asked(None if values is None else list(values))
        return figures or {}

    def _asked(
        self, shown: Sequence[str] | None
    ) -> Generator[Query, Sequence[Rows], Figures | None]:
        """Ask for all series; answer None where there are too many values to look at."""
        figures: Figures = {}
        is_bounded = self.question.breakdown is not None and shown is None
        for group in self._groups():
            sql = self._sql(group, shown)
            if is_bounded:
                sql += f" LIMIT {MOST_ROWS + 1}"
            answers = yield Query(sql)
            if is_bounded and any(len(rows) > MOST_ROWS for rows in answers):
                return None
            for rows in answers:
                self._collect(figures, group, rows)
        return figures

    def _groups(self) -> list[list[int]]:
        """Answer which series are asked together: those that need to know each value, alone."""
        together = [at for at, one in enumerate(self.measuring) if one.values is None]
        alone = [[at] for at, one in enumerate(self.measuring) if one.values is not None]
        return ([together] if together else []) + alone

    def _collect(self, figures: Figures, group: Sequence[int], rows: Rows) -> None:
        has_values = self.measuring[group[0]].values is not None
        for period, value, *cells in rows:
            key = (int(period), named(value) if self.question.breakdown else None)
            held = figures.get(key)
            if held is None:
                held = figures[key] = [one.nothing() for one in self.measuring]
            grouped = cells.pop(0) if has_values else None
            at = 0
            for series in group:
                measuring = self.measuring[series]
                until = at + len(measuring.aggregates)
                measuring.add(held[series], measuring.read(grouped, cells[at:until]))
                at = until

    def _sql(self, group: Sequence[int], shown: Sequence[str] | None) -> str:
        circumstances, tests = self.circumstances, self._tests(group)
        period = "0" if self.periods is None else period_number(self.periods, circumstances)
        value = "NULL"
        if self.question.breakdown is not None:
            value = kept(value_of_event(self.question.breakdown, circumstances), shown)
        columns = [f"{period} AS p", f"{value} AS v"]
        columns += [one for at in group if (one := self.measuring[at].values) is not None]
        only = ["" if len(set(tests)) == 1 else f" FILTER (WHERE {test})" for test in tests]
        measuring = [self.measuring[at] for at in group]
        if any(one.counts_people for one in measuring) and all(
            one.is_of_people for one in measuring
        ):
            return self._sql_of_people(columns, measuring, only, tests)
        keys = ", ".join(str(number + 1) for number in range(len(columns)))
        for figure, which in zip(measuring, only, strict=True):
            columns += [f"{aggregate}{which}" for aggregate in figure.aggregates]
        return f"{self._scan(columns, tests)} GROUP BY {keys}"

    def _sql_of_people(
        self,
        columns: Sequence[str],
        measuring: Sequence[Measuring],
        only: Sequence[str],
        tests: Sequence[str],
    ) -> str:
        """Answer it by way of what it is for each person."""
        own, together = [*columns, "person"], ["p", "v"]
        for at, (one, which) in enumerate(zip(measuring, only, strict=True)):
            of_person, of_all = one.of_people(at)
            parts = (one.rpartition(" AS ") for one in of_person)
            own += [f"{aggregate}{which} AS {name}" for aggregate, _, name in parts]
            together += of_all
        return (
            f"SELECT {', '.join(together)} "  # noqa: S608 - literals are quoted
            f"FROM ({self._scan(own, tests)} GROUP BY 1, 2, 3) GROUP BY 1, 2"
        )

    def _scan(self, columns: Sequence[str], tests: Sequence[str]) -> str:
        return scan(columns, self.question, self.circumstances, stretch=self.stretch, events=tests)

    def _tests(self, group: Sequence[int]) -> list[str]:
        zone = self.question.zone or self.circumstances.zone
        return [
            is_one_of(self.question.series[at].events.selector, self.circumstances, zone)
            for at in group
        ]

    def _weights(
        self, limit: int
    ) -> Generator[Query, Sequence[Rows], tuple[dict[str, float], bool]]:
        """Ask for the largest values alone; exact where one database knows all of them."""
        assert self.question.breakdown is not None  # noqa: S101 - asked only of a breakdown
        measuring, (test,) = self.measuring[0], self._tests([0])
        value = value_of_event(self.question.breakdown, self.circumstances)
        weight = measuring.aggregates[measuring.weight]
        source = scan(
            [f"{value} AS v", f"{weight} AS w"],
            self.question,
            self.circumstances,
            stretch=self.stretch,
            events=[test],
        )
        most = MOST_ROWS if not self.circumstances.is_whole else limit
        answers = yield Query(f"{source} GROUP BY 1 ORDER BY w DESC, v LIMIT {most}")
        weights: dict[str, float] = {}
        for rows in answers:
            for one, size in rows:
                weights[named(one)] = weights.get(named(one), 0) + (size or 0)
        is_exact = len(answers) == 1 or all(len(rows) < most for rows in answers)
        return weights, is_exact

    def _weighed(self, figures: Figures) -> dict[str, float]:
        weights: dict[str, float] = {}
        weight = self.measuring[0].weight
        for (_, value), cells in figures.items():
            size = cells[0][weight] or 0
            weights[value or ""] = weights.get(value or "", 0) + size
        return weights

    def _with_others(self, figures: Figures, values: Sequence[str]) -> Figures:
        shown, merged = set(values), Figures()
        for (period, value), cells in figures.items():
            key = (period, value if value in shown else OTHER)
            held: list[Cells] | None = merged.get(key)
            if held is None:
                merged[key] = cells
                continue
            for measuring, one, other in zip(self.measuring, held, cells, strict=True):
                measuring.add(one, other)
        return merged
