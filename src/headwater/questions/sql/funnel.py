"""How far each person gets in a funnel, as SQL.

Every event that matters becomes one number: milliseconds since the range began, and behind them a
bit for each step and each exclusion that it is. Sorted, these are a person's history.

Of all attempts that have got to a step, only the one that began last matters: whatever a later
event can do for another, it can do for that one, whose time runs out last; and an exclusion ends
all of them. So a history is folded with one number for each step: when the latest attempt that has
got there began. DuckDB folds a list; SQLite, which has none, computes the same numbers step by
step with windows, each over the events that are left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from headwater.questions.answers.breakdowns import NONE
from headwater.questions.asking import Circumstances
from headwater.questions.calendar import Stretch
from headwater.questions.funnel import Funnel
from headwater.questions.selection import Breakdown
from headwater.questions.sql.scan import is_one_of, scan, value_of_event, value_of_person
from headwater.questions.sql.text import quoted

_NEVER = -(10**15)
"""When an attempt began that there is not: too long ago for any step."""


@dataclass(frozen=True, slots=True)
class FunnelSql:
    """Writes the SQL of one funnel."""

    question: Funnel
    circumstances: Circumstances
    stretch: Stretch

    @property
    def steps(self) -> int:
        """How many steps there are."""
        return len(self.question.steps)

    @property
    def bits(self) -> int:
        """How many bits stand behind the milliseconds."""
        return self.steps + len(self.question.exclusions)

    def people(self) -> str:
        """Answer a SELECT of `person`, `v` (value of the breakdown), `r` (the last step got to)
        and `d2`, `d3`, … (milliseconds to each step, -1 where it was not got to).
        """  # noqa: D205 - the columns need more than a line
        is_duckdb = self.circumstances.dialect.name == "duckdb"
        return self._folded() if is_duckdb else self._windowed()

    def _events(self) -> str:
        dialect, within = self.circumstances.dialect, self.question.within * 1000
        tests = self._tests()
        reach = Stretch(self.stretch.since, self.stretch.until + within)
        begins = f"({tests[0]}) AND timestamp < {dialect.instant(self.stretch.until)}"
        marks = [f"CASE WHEN {begins} THEN 1 ELSE 0 END"]
        marks += [
            f"CASE WHEN {test} THEN {1 << number} ELSE 0 END"
            for number, test in enumerate(tests)
            if number
        ]
        time = f"({dialect.milliseconds('timestamp')} - {self.stretch.since})"
        columns = ["person", f"{time} * {1 << self.bits} + {' + '.join(marks)} AS k"]
        if self._is_of_event:
            assert self.question.breakdown is not None  # noqa: S101 - it is of the event
            value = value_of_event(self.question.breakdown, self.circumstances)
            columns.append(f"coalesce({value}, {quoted(NONE)}) AS v")
        return scan(columns, self.question, self.circumstances, stretch=reach, events=tests)

    def _tests(self) -> list[str]:
        zone = self.question.zone or self.circumstances.zone
        selections = [*self.question.steps, *(one.events for one in self.question.exclusions)]
        return [is_one_of(one.selector, self.circumstances, zone) for one in selections]

    @property
    def _is_of_event(self) -> bool:
        breakdown = self.question.breakdown
        return breakdown is not None and not breakdown.is_of_person

    def _ending(self, step: int) -> int:
        """Answer the bits of the exclusions that end attempts which have got to a step."""
        bits = 0
        for number, one in enumerate(self.question.exclusions):
            if one.after <= step < (one.before or self.steps):
                bits |= 1 << (self.steps + number)
        return bits

    def _value(self, first: str) -> str:
        breakdown: Breakdown | None = self.question.breakdown
        if breakdown is None:
            return "NULL"
        if self._is_of_event:
            return first
        value = value_of_person(breakdown, self.circumstances).replace("events.person", "h.person")
        return f"coalesce({value}, {quoted(NONE)})"

    def _folded(self) -> str:
        first = "min({'k': k, 'v': v}) FILTER (WHERE k & 1 = 1)"
        value = f", {first} AS f" if self._is_of_event else ""
        fields = [f"z.d{step} AS d{step}" for step in range(2, self.steps + 1)]
        return (
            f"WITH e AS ({self._events()}), "  # noqa: S608 - literals are quoted
            f"h AS (SELECT person, list_sort(list(k)) AS history{value} FROM e GROUP BY person "
            "HAVING bool_or(k & 1 = 1)), "
            f"z AS (SELECT person, {self._value('h.f.v')} AS v, list_reduce(history, "
            f"lambda s, k: {self._next()}, {self._none()}) AS z FROM h) "
            f"SELECT person, v, {self._reached()} AS r, {', '.join(fields)} FROM z"
        )

    def _none(self) -> str:
        fields = [f"'a{step}': CAST({_NEVER} AS BIGINT)" for step in range(1, self.steps)]
        fields += [f"'d{step}': CAST(-1 AS BIGINT)" for step in range(2, self.steps + 1)]
        return "{" + ", ".join(fields) + "}"

    def _next(self) -> str:
        """Answer the struct after one more event `k`, from the one before, `s`."""
        time, fields = f"(k >> {self.bits})", []
        for step in range(1, self.steps):
            got = time if step == 1 else f"greatest(s.a{step}, s.a{step - 1})"
            kept = f"CASE WHEN {self._gets_to(step)} THEN {got} ELSE s.a{step} END"
            if ending := self._ending(step):
                kept = f"CASE WHEN k & {ending} > 0 THEN {_NEVER} ELSE {kept} END"
            fields.append(f"'a{step}': {kept}")
        for step in range(2, self.steps + 1):
            first = f"{self._gets_to(step)} AND s.d{step} < 0"
            fields.append(
                f"'d{step}': CASE WHEN {first} THEN {time} - s.a{step - 1} ELSE s.d{step} END"
            )
        return "{" + ", ".join(fields) + "}"

    def _gets_to(self, step: int) -> str:
        is_step = f"k & {1 << (step - 1)} > 0"
        if step == 1:
            return f"({is_step})"
        within = self.question.within * 1000
        return f"({is_step} AND (k >> {self.bits}) - s.a{step - 1} <= {within})"

    def _reached(self) -> str:
        cases = [f"WHEN z.d{step} >= 0 THEN {step}" for step in range(self.steps, 1, -1)]
        return f"CASE {' '.join(cases)} ELSE 1 END"

    def _windowed(self) -> str:
        mask = (1 << self.bits) - 1
        value = ", v" if self._is_of_event else ""
        place = "row_number() OVER (PARTITION BY person ORDER BY k) AS n"
        parts = [
            f"e AS ({self._events()})",
            f"w0 AS (SELECT person, k >> {self.bits} AS t, k & {mask} AS m{value}, {place} FROM e)",  # noqa: S608 - numbers
        ]
        for step in range(1, self.steps):
            parts += self._step(step, value)
        return f"WITH {', '.join(parts)}, {self._got(value)}"

    def _step(self, step: int, value: str) -> list[str]:
        """Answer the queries that know when the latest attempt began that got to a step."""
        within, parts = self.question.within * 1000, []
        columns = f"person, n, t, m{value}" + "".join(f", c{one}" for one in range(2, step + 1))
        source, over = f"w{step - 1}", "PARTITION BY person"
        before = "ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING"
        if step > 1:
            got = f"CASE WHEN m & {1 << (step - 1)} > 0 AND t - a <= {within} THEN a END"
            earlier = columns.removesuffix(f", c{step}")
            parts.append(f"c{step} AS (SELECT {earlier}, {got} AS c{step} FROM {source})")  # noqa: S608 - numbers
            source = f"c{step}"
        if ending := self._ending(step):
            count = f"sum(m & {ending} > 0) OVER (PARTITION BY person {before})"
            parts.append(f"x{step} AS (SELECT {columns}, {count} AS x FROM {source})")  # noqa: S608 - numbers
            source, over = f"x{step}", "PARTITION BY person, coalesce(x, 0)"
        begun = "CASE WHEN m & 1 > 0 THEN t END" if step == 1 else f"c{step}"
        latest = f"max({begun}) OVER ({over} {before})"
        parts.append(f"w{step} AS (SELECT {columns}, {latest} AS a FROM {source})")  # noqa: S608 - numbers
        return parts

    def _got(self, value: str) -> str:
        last, within = self.steps, self.question.within * 1000
        got = f"CASE WHEN m & {1 << (last - 1)} > 0 AND t - a <= {within} THEN a END"
        columns = f"person, n, t, m{value}" + "".join(f", c{one}" for one in range(2, last))
        # The least text is of the first event that got there.
        firsts = [
            f"min(CASE WHEN c{step} IS NOT NULL THEN printf('%020d%020d', n, t - c{step}) END) "
            f"AS f{step}"
            for step in range(2, last + 1)
        ]
        if value:
            order = f"printf('%020d', t * {1 << self.bits} + m)"
            firsts.append(f"min(CASE WHEN m & 1 > 0 THEN {order} || v END) AS f")
        fields = [
            f"coalesce(CAST(substr(f{step}, 21) AS INTEGER), -1) AS d{step}"
            for step in range(2, last + 1)
        ]
        reached = " ".join(f"WHEN f{step} IS NOT NULL THEN {step}" for step in range(last, 1, -1))
        return (
            f"c{last} AS (SELECT {columns}, {got} AS c{last} FROM w{last - 1}), "  # noqa: S608 - literals are quoted
            f"h AS (SELECT person, max(m & 1) AS begun, {', '.join(firsts)} FROM c{last} "
            "GROUP BY person) "
            f"SELECT person, {self._value('substr(f, 21)')} AS v, CASE {reached} ELSE 1 END AS r, "
            f"{', '.join(fields)} FROM h WHERE begun = 1"
        )


def reaching(steps: Sequence[object]) -> list[str]:
    """Answer the aggregates that count who got to each step."""
    return [f"count(*) FILTER (WHERE r >= {number + 1})" for number in range(len(steps))]
