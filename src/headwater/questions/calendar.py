"""The calendar of a zone: ranges to stretches of time, and the periods that rows stand for.

Clocks that change are followed: a day begins at its first instant, and has 23 or 25 hours where
it must. An hour is 3,600 seconds, counted from the beginning of the range's first hour.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from headwater.errors import BadRequest
from headwater.questions.ranges import (
    Between,
    Ever,
    Interval,
    Last,
    Previous,
    Range,
    This,
    Unit,
    is_day,
)

HOUR = 3_600_000
DAY = 24 * HOUR
MOST_PERIODS = 10_000

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `since` to `until`, which is excluded; in milliseconds."""

    since: int
    until: int


@dataclass(frozen=True, slots=True)
class Periods:
    """The periods of one interval that touch a stretch, and what SQL needs to number them.

    Attributes:
        starts: the first instant of each, in milliseconds.
        names: each as answers call it: its first day, or its first instant with the offset.
        base: the beginning of the first one by the zone's clocks, as if that were UTC; for hours
            the first instant itself.
        offsets: (until, offset) in order: how far the zone is ahead of UTC, in milliseconds.
    """

    interval: Interval
    starts: tuple[int, ...]
    names: tuple[str, ...]
    base: int
    offsets: tuple[tuple[int, int], ...]


def stretch_of(over: Range, zone: ZoneInfo, now: int, *, first: int | None = None) -> Stretch:
    """Answer what a range means at a moment.

    Args:
        over: the range.
        zone: whose calendar it follows.
        now: the moment, in milliseconds; events of it count.
        first: when the first event of all was, for `Ever`.

    Raises:
        BadRequest: it ends before it begins.
    """
    if isinstance(over, Ever):
        return Stretch(now if first is None else min(first, now), now + 1)
    if isinstance(over, Between):
        return _between(over, zone, now)
    unit, count, complete = _calendar(over)
    present = floor(local(now, zone), unit)
    if complete:
        return Stretch(
            instant(moved(present, unit, -count), zone),
            instant(present, zone),
        )
    return Stretch(instant(moved(present, unit, 1 - count), zone), now + 1)


def before(over: Range, stretch: Stretch, zone: ZoneInfo) -> Stretch:
    """Answer the stretch that a range's is compared with: as long, and right before it.

    What follows the calendar is moved by whole units: this week so far is compared with last week
    until the same time of the same day.

    Raises:
        BadRequest: there is nothing before, because the range is all there is.
    """
    if isinstance(over, Ever):
        raise BadRequest("over: 'ever' has nothing before it; compare another range.")
    if isinstance(over, Between):
        if not _has_days(over):
            length = stretch.until - stretch.since
            return Stretch(stretch.since - length, stretch.since)
        last = local(stretch.until - 1, zone).date()
        days = (last - local(stretch.since, zone).date()).days + 1
        return _shifted(stretch, zone, "day", -days)
    unit, count, _ = _calendar(over)
    return _shifted(stretch, zone, unit, -count)


def year_before(stretch: Stretch, zone: ZoneInfo) -> Stretch:
    """Answer the same days of the year before."""
    return _shifted(stretch, zone, "year", -1)


def periods_of(stretch: Stretch, interval: Interval, zone: ZoneInfo) -> Periods:
    """Answer the periods that touch a stretch, the first one whole.

    Raises:
        BadRequest: there are more than ten thousand.
    """
    since = local(stretch.since, zone)
    if interval == "hour":
        starts = list(_hours(stretch, since))
        names = [_written(start, zone) for start in starts]
        base = starts[0]
    else:
        first = floor(since, interval)
        starts, names = [], []
        for start in _steps(first, interval):
            at = instant(start, zone)
            if at >= stretch.until and starts:
                break
            _check(len(starts))
            starts.append(at)
            names.append(start.date().isoformat())
        base = _as_utc(first)
    whole = Stretch(starts[0], stretch.until)
    return Periods(interval, tuple(starts), tuple(names), base, tuple(offsets_of(whole, zone)))


def local(at: int, zone: ZoneInfo) -> datetime:
    """Answer what the zone's clocks show at an instant, without the zone."""
    return (_EPOCH + timedelta(milliseconds=at)).astimezone(zone).replace(tzinfo=None)


def instant(clock: datetime, zone: ZoneInfo) -> int:
    """Answer the first instant at which the zone's clocks show a time, or a later one."""
    at = _milliseconds(clock.replace(tzinfo=zone, fold=0))
    if local(at, zone) == clock:
        return at
    # Clocks skip this time: the first later one is where they jump, between the two readings.
    low, high = _milliseconds(clock.replace(tzinfo=zone, fold=1)), at
    return _change(low, high, zone)


def floor(clock: datetime, unit: Unit) -> datetime:
    """Answer the beginning of the hour, day, week, … of a clock's time."""
    if unit == "hour":
        return clock.replace(minute=0, second=0, microsecond=0, fold=0)
    day = clock.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if unit == "week":
        return day - timedelta(days=day.weekday())
    if unit in _MONTHS:
        months = _MONTHS[unit]
        return day.replace(month=(day.month - 1) // months * months + 1, day=1)
    return day


def moved(clock: datetime, unit: Unit, count: int) -> datetime:
    """Answer a clock's time so many units later; the 31st becomes a month's last day.

    Raises:
        BadRequest: that is out of the calendar.
    """
    try:
        if unit in _MONTHS:
            return _months_later(clock, _MONTHS[unit] * count)
        hours = {"hour": 1, "day": 24, "week": 168}[unit]
        return clock + timedelta(hours=hours * count)
    except (OverflowError, ValueError) as error:
        raise BadRequest("over: the range reaches out of the calendar.") from error


def is_whole(periods: Periods, index: int, stretch: Stretch, zone: ZoneInfo) -> bool:
    """Tell whether all of a period lies in a stretch."""
    start = periods.starts[index]
    if periods.interval == "hour":
        end = start + HOUR
    else:
        end = instant(moved(floor(local(start, zone), periods.interval), periods.interval, 1), zone)
    return stretch.since <= start and end <= stretch.until


def _calendar(over: This | Previous | Last) -> tuple[Unit, int, bool]:
    if isinstance(over, This):
        return over.this, 1, False
    if isinstance(over, Previous):
        return over.previous, 1, True
    return over.unit, over.last, over.complete


def _between(over: Between, zone: ZoneInfo, now: int) -> Stretch:
    since = _time(over.since, zone, days=0)
    until = now + 1 if over.until is None else _time(over.until, zone, days=1)
    if until <= since:
        raise BadRequest(f"over: the range ends at {over.until or 'now'}, before it begins.")
    return Stretch(since, until)


def _time(text: str, zone: ZoneInfo, *, days: int) -> int:
    """Answer when a text is; of a day, the beginning of the one so many days later."""
    if is_day(text):
        day = datetime.combine(date.fromisoformat(text), datetime.min.time())
        return instant(moved(day, "day", days), zone)
    at = datetime.fromisoformat(text)
    return instant(at, zone) if at.tzinfo is None else _milliseconds(at)


def _has_days(over: Between) -> bool:
    return is_day(over.since) and (over.until is None or is_day(over.until))


def _shifted(stretch: Stretch, zone: ZoneInfo, unit: Unit, count: int) -> Stretch:
    since = moved(local(stretch.since, zone), unit, count)
    until = moved(local(stretch.until, zone), unit, count)
    return Stretch(instant(since, zone), instant(until, zone))


def _hours(stretch: Stretch, since: datetime) -> Iterator[int]:
    start = stretch.since - int((since - floor(since, "hour")) / _MILLISECOND)
    for number, at in enumerate(range(start, stretch.until, HOUR)):
        _check(number)
        yield at


def _steps(first: datetime, interval: Interval) -> Iterator[datetime]:
    number = 0
    while True:
        yield moved(first, interval, number)
        number += 1


def _check(number: int) -> None:
    if number >= MOST_PERIODS:
        raise BadRequest(
            f"interval: the range has more than {MOST_PERIODS:,} of them; take a longer interval "
            "or a shorter range."
        )


def offsets_of(
    stretch: Stretch, zone: ZoneInfo, *, sample: int = 6 * HOUR
) -> Iterator[tuple[int, int]]:
    """Answer (until, offset) for each part of a stretch in which the zone's offset is one.

    Args:
        stretch: from when to when.
        zone: whose offset from UTC, in milliseconds.
        sample: how often it is looked at; of two changes in between one could be missed.
    """
    at, offset = stretch.since, _offset(stretch.since, zone)
    while at < stretch.until:
        look = min(at + sample, stretch.until)
        if _offset(look, zone) != offset:
            change = _change(at, look, zone)
            yield change, offset
            at, offset = change, _offset(change, zone)
        else:
            at = look
    yield stretch.until, offset


def _change(low: int, high: int, zone: ZoneInfo) -> int:
    """Answer the first instant after `low` that has not its offset, at most `high`."""
    before_it = _offset(low, zone)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(middle, zone) == before_it:
            low = middle
        else:
            high = middle
    return high


def _offset(at: int, zone: ZoneInfo) -> int:
    offset = (_EPOCH + timedelta(milliseconds=at)).astimezone(zone).utcoffset()
    return int((offset or timedelta()) / _MILLISECOND)


def _milliseconds(at: datetime) -> int:
    return (at - _EPOCH) // _MILLISECOND


def _as_utc(clock: datetime) -> int:
    return _milliseconds(clock.replace(tzinfo=UTC))


def _written(at: int, zone: ZoneInfo) -> str:
    return (_EPOCH + timedelta(milliseconds=at)).astimezone(zone).isoformat(timespec="seconds")


def _months_later(clock: datetime, months: int) -> datetime:
    number = clock.year * 12 + clock.month - 1 + months
    year, month = divmod(number, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    last = (following - timedelta(days=1)).day
    return clock.replace(year=year, month=month + 1, day=min(clock.day, last))
