"""Stretches of time as people name them: `this week`, `last 30 days`, `in January`, `Q1`.

What is relative stays relative until a plan is carried out, in the workspace's time zone. A month
or quarter that is named means the latest one that has begun, counted from the day of speaking.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from headwater.language.days import MONTHS, day_said, year_of
from headwater.language.tokens import Token

UNITS = {
    "second": "second", "seconds": "second", "sec": "second", "secs": "second",
    "minute": "minute", "minutes": "minute", "min": "minute", "mins": "minute",
    "hour": "hour", "hours": "hour", "hr": "hour", "hrs": "hour",
    "day": "day", "days": "day", "week": "week", "weeks": "week", "fortnight": "fortnight",
    "month": "month", "months": "month", "quarter": "quarter", "quarters": "quarter",
    "year": "year", "years": "year",
}  # fmt: skip
_SHORT = {"s": "second", "m": "minute", "h": "hour", "d": "day", "w": "week"}
SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}
NUMBERS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "fourteen": 14, "fifteen": 15,
    "twenty": 20, "thirty": 30, "sixty": 60, "ninety": 90, "hundred": 100, "couple": 2, "few": 3,
}  # fmt: skip
_QUARTERS = {"q1": 1, "q2": 2, "q3": 3, "q4": 4}
_LEADS = frozenset(
    {"in", "during", "for", "over", "within", "on", "since", "from", "of", "through"}
)
_PAST = frozenset({"last", "past", "previous", "prior"})


class Window(NamedTuple):
    """A stretch of time.

    Attributes:
        kind: `last` (the time up to now, `number` units long), `this`, `previous` (whole units of
            the calendar; `number` of them before the present one), `ago` (the one unit that lies
            `number` before the present one), `between` (days, both included; either may be None).
    """

    kind: str
    unit: str = "day"
    number: int = 1
    since: str | None = None
    until: str | None = None

    def seconds(self) -> int:
        """Answer how long it is where it is counted back from now; months have 30 days."""
        return self.number * {**SECONDS, "month": 2_592_000, "year": 31_536_000}.get(self.unit, 0)


def window_at(
    tokens: Sequence[Token], at: int, end: int, *, today: date
) -> tuple[Window, int] | None:
    """Answer the window that begins at a token, with its preposition, and where it ends."""
    start = at
    lead = tokens[at].low if at < end and tokens[at].kind == "word" else ""
    if lead in _LEADS:
        at += 1
    if at >= end:
        return None
    found = _relative(tokens, at, end, lead=lead) or _named(tokens, at, end, today=today)
    if found is None and lead == "since":
        return None
    if found is None:
        return _between(tokens, start, end, today=today)
    window, stop = found
    if lead == "since" and window.kind in {"between", "ago", "previous", "this"}:
        window = _since(window, today)
    return window, stop


def _relative(
    tokens: Sequence[Token], at: int, end: int, *, lead: str
) -> tuple[Window, int] | None:
    low = tokens[at].low
    if low in _DAYS:
        return _DAYS[low], at + 1
    if low == "the" and at + 1 < end:
        return _relative(tokens, at + 1, end, lead="the")
    if low == "this" and at + 1 < end and (unit := UNITS.get(tokens[at + 1].low)):
        return Window("this", unit), at + 2
    if low in _PAST:
        return _counted_back(tokens, at, end, lead=lead)
    if lead in {"", "for", "in", "over", "within", "since"}:
        return _length(tokens, at, end, lead=lead)
    return None


_DAYS = {
    "today": Window("this", "day"),
    "tonight": Window("this", "day"),
    "yesterday": Window("ago", "day", 1),
}


def _length(tokens: Sequence[Token], at: int, end: int, *, lead: str) -> tuple[Window, int] | None:
    if (length := duration_at(tokens, at, end)) is None:
        return None
    (count, unit), stop = length
    if stop < end and tokens[stop].low == "ago":
        return Window("ago", unit, count), stop + 1
    return (_last(count, unit), stop) if lead else None


def _counted_back(
    tokens: Sequence[Token], at: int, end: int, *, lead: str
) -> tuple[Window, int] | None:
    if at + 1 >= end:
        return None
    word = tokens[at + 1].low
    if unit := UNITS.get(word):
        # "the last hour" and "the past week" end now; "last week" is the calendar's.
        rolls = unit in {"hour", "minute", "second"} or tokens[at].low == "past"
        if rolls or (lead in {"the", "over", "within"} and word != "quarter"):
            return _last(1, unit), at + 2
        return Window("previous", unit), at + 2
    if (length := duration_at(tokens, at + 1, end)) is None:
        return None
    (count, unit), stop = length
    return _last(count, unit), stop


def _last(count: int, unit: str) -> Window:
    return Window("last", "week", 2 * count) if unit == "fortnight" else Window("last", unit, count)


def duration_at(tokens: Sequence[Token], at: int, end: int) -> tuple[tuple[int, str], int] | None:
    """Answer a length of time such as `30 days`, `a week`, `24h` or `14-day`, and where it ends."""
    if at >= end:
        return None
    token = tokens[at]
    if token.kind == "word" and token.low[:1].isdigit():
        digits = token.low.rstrip("abcdefghijklmnopqrstuvwxyz-")
        unit = token.low[len(digits) :].strip("-")
        named = _SHORT.get(unit) or UNITS.get(unit)
        return ((int(digits), named), at + 1) if named and digits.isdigit() else None
    count: Any = token.value if token.kind in {"number", "bound"} else NUMBERS.get(token.low)
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        return None
    at += 1
    while at < end and tokens[at].low in {"of", "couple", "few", "full", "consecutive", "straight"}:
        count = NUMBERS.get(tokens[at].low, count)
        at += 1
    if at < end and tokens[at].kind == "word" and (name := UNITS.get(tokens[at].low)):
        return (count, name), at + 1
    return None


def _named(tokens: Sequence[Token], at: int, end: int, *, today: date) -> tuple[Window, int] | None:
    token = tokens[at]
    if token.kind == "date":
        day = token.text[:10]
        return Window("between", since=day, until=day), at + 1
    if (one_day := day_said(tokens, at, end, today)) is not None:
        return Window("between", since=str(one_day[0]), until=str(one_day[0])), one_day[1]
    year = year_of(tokens[at + 1]) if at + 1 < end else None
    stop = at + 1 if year is None else at + 2
    if token.low in MONTHS and (token.low != "may" or token.text[0] == "M"):
        return _month(MONTHS[token.low], year, today), stop
    if token.low in _QUARTERS:
        return _quarter(_QUARTERS[token.low], year, today), stop
    whole = year_of(token)
    if whole is not None and at and tokens[at - 1].low in _LEADS:
        return Window("between", since=f"{whole}-01-01", until=f"{whole}-12-31"), at + 1
    return None


def _month(month: int, year: int | None, today: date) -> Window:
    if year is None:
        year = today.year if month <= today.month else today.year - 1
    return _whole(date(year, month, 1), 1)


def _quarter(quarter: int, year: int | None, today: date) -> Window:
    month = quarter * 3 - 2
    if year is None:
        year = today.year if month <= today.month else today.year - 1
    return _whole(date(year, month, 1), 3)


def _whole(first: date, months: int) -> Window:
    month = first.month - 1 + months
    after = date(first.year + month // 12, month % 12 + 1, 1)
    return Window("between", since=str(first), until=str(after - timedelta(days=1)))


def _since(window: Window, today: date) -> Window:
    if window.kind == "between":
        return window._replace(until=None)
    if window.unit == "day":
        first = today - timedelta(days=window.number if window.kind == "ago" else 0)
        return Window("between", since=str(first))
    back = window.number if window.kind in {"ago", "previous"} else 0
    if window.unit == "week":
        return Window("between", since=str(today - timedelta(days=today.weekday() + 7 * back)))
    months = {"month": 1, "quarter": 3, "year": 12}.get(window.unit, 1)
    index = today.year * 12 + (today.month - 1) // months * months - months * back
    return Window("between", since=str(date(index // 12, index % 12 + 1, 1)))


def _between(
    tokens: Sequence[Token], at: int, end: int, *, today: date
) -> tuple[Window, int] | None:
    low = tokens[at].low
    if at + 1 >= end:
        return None
    first = _named(tokens, at + 1, end, today=today)
    if first is None:
        return None
    window, stop = first
    if low in {"before", "until", "after"}:
        return _beside(low, window), stop
    if low not in _SPANS or stop + 1 >= end or tokens[stop].low not in _SPANS[low]:
        return None
    second = _named(tokens, stop + 1, end, today=today)
    if second is None:
        return None
    return Window("between", since=window.since, until=second[0].until), second[1]


_SPANS = {
    "between": frozenset({"and"}),
    "from": frozenset({"to", "until", "till", "-", "\u2013"}),
}


def _beside(preposition: str, window: Window) -> Window:
    if preposition == "after":
        last = date.fromisoformat(window.until or "")
        return Window("between", since=str(last + timedelta(days=1)))
    first = date.fromisoformat(window.since or "")
    days = 1 if preposition == "before" else 0
    return Window("between", until=str(first - timedelta(days=days)))
