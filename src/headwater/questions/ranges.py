"""Time ranges and intervals as questions name them; `calendar.py` turns them into instants.

    {"this": "week"}                                  from its beginning until now
    {"previous": "month"}                             the whole one before this
    {"last": 7, "unit": "day"}                        today and the six days before
    {"last": 7, "unit": "day", "complete": true}      the seven days before today
    {"since": "2026-10-01", "until": "2026-10-31"}    days, both included
    {"since": "2026-10-01T06:00:00Z"}                 instants: since included, until excluded
    {"ever": true}                                    all there is

Each has words too: `"today"`, `"last week"`, `"last 30 days"`, `"2026-10-01..2026-10-31"`, 2026
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    Tag,
    model_serializer,
    model_validator,
)

from headwater.questions.value import Value

Unit = Literal["hour", "day", "week", "month", "quarter", "year"]
"""A stretch of the calendar. Weeks begin on Monday (ISO 8601)."""

Interval = Literal["hour", "day", "week", "month", "quarter", "year"]
"""What a table's rows stand for, one each."""


class This(Value):
    """The present hour, day, week, … so far."""

    this: Unit


class Previous(Value):
    """The whole hour, day, week, … before the present one."""

    previous: Unit


class Last(Value):
    """The last so many units, the present one included unless only `complete` ones count."""

    last: Annotated[int, Field(ge=1, le=10_000)]
    unit: Unit
    complete: bool = False


class Between(Value):
    """From `since` to `until`, each a day or an instant; without `until`, to now.

    A day means the whole day in the question's zone, so both days are included. An instant
    without an offset is in the question's zone; `until` is then excluded.
    """

    since: str
    until: str | None = None

    @model_validator(mode="after")
    def _is_time(self) -> Self:
        for name, text in (("since", self.since), ("until", self.until)):
            if text is not None and not is_time(text):
                raise ValueError(
                    f"{name} {text[:40]!r} is neither a day (2026-10-31) nor an instant "
                    "(2026-10-31T06:00:00Z)"
                )
        return self


class Ever(Value):
    """All there is, until now."""

    ever: Literal[True] = True

    @model_serializer
    def _written(self) -> dict[str, Literal[True]]:
        # Said also where what is left to defaults is left out: without it, it would be no range.
        return {"ever": True}


_WORDS: dict[str, dict[str, Any]] = {
    "today": {"this": "day"},
    "yesterday": {"previous": "day"},
    "ever": {"ever": True},
    "all time": {"ever": True},
}
_UNIT = "hour|day|week|month|quarter|year"
_THIS = re.compile(rf"this ({_UNIT})")
_PREVIOUS = re.compile(rf"(?:last|previous) ({_UNIT})")
_LAST = re.compile(rf"last (\d{{1,5}}) ({_UNIT})s?")
_BETWEEN = re.compile(r"(\S+?)\.\.(\S+)?")


def from_words(given: Any) -> Any:
    """Answer the JSON form of a range in words; what is no text is answered as it is."""
    if not isinstance(given, str):
        return given
    text = " ".join(given.split())
    lower = text.lower()
    if lower in _WORDS:
        return _WORDS[lower]
    if found := _THIS.fullmatch(lower):
        return {"this": found[1]}
    if found := _PREVIOUS.fullmatch(lower):
        return {"previous": found[1]}
    if found := _LAST.fullmatch(lower):
        return {"last": int(found[1]), "unit": found[2]}
    if found := _BETWEEN.fullmatch(text):
        return {"since": found[1], "until": found[2]}
    if is_time(text):
        return {"since": text, "until": text} if is_day(text) else {"since": text}
    raise ValueError(
        f"{given[:60]!r} is no time range; say it like 'today', 'this week', 'last month', "
        "'last 30 days', '2026-10-01..2026-10-31' or 'ever'"
    )


def is_day(text: str) -> bool:
    """Tell whether a text is a day, as in 2026-10-31."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def is_time(text: str) -> bool:
    """Tell whether a text is a day or an instant in ISO 8601."""
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _kind(given: Any) -> str:
    names = given if isinstance(given, dict) else vars(given)
    return next((name for name in ("this", "previous", "last", "ever") if name in names), "between")


Range = Annotated[
    Annotated[This, Tag("this")]
    | Annotated[Previous, Tag("previous")]
    | Annotated[Last, Tag("last")]
    | Annotated[Between, Tag("between")]
    | Annotated[Ever, Tag("ever")],
    Discriminator(_kind),
    BeforeValidator(from_words),
]
"""A time range; JSON may give it in words."""

_DURATION = re.compile(r"(\d{1,6})\s*(m|min|minutes?|h|hours?|d|days?|w|weeks?)")
_SECONDS = {"m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}


def _read_duration(given: Any) -> Any:
    if not isinstance(given, str):
        return given
    found = _DURATION.fullmatch(given.strip().lower())
    if found is None:
        raise ValueError(f"{given[:40]!r} is no duration; say it like '30m', '12h', '7d' or '2w'")
    return int(found[1]) * _SECONDS[found[2][0]]


Duration = Annotated[
    int, BeforeValidator(_read_duration), Field(ge=1, le=3660 * 86_400, description="Seconds.")
]
"""A length of time in seconds; JSON may give it as `30m`, `12h`, `7d`, `2w`."""
