"""What can be read, and kept, but cannot have been meant: nobody would ever be found by it.

It is refused where people send conditions, and not where kept ones are read again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from datetime import UTC
from typing import Any

from headwater.audiences.comparisons import Comparison, Filter, steps
from headwater.audiences.conditions import OccurrenceCondition
from headwater.audiences.periods import DAY, instant, is_date
from headwater.audiences.selection import Between, EventSelector
from headwater.collect.events import Fields

EVENT_FIELDS = frozenset(Fields.__struct_fields__)
"""What an event has at its root: where the paths of questions about it begin."""


def nonsense(value: Any, place: str) -> Iterator[str]:
    """Answer what cannot have been meant in a condition without others inside, or a computation.

    Args:
        value: the condition or computation, or any part of one.
        place: what it is called where it was found; each answer begins with it.
    """
    if isinstance(value, tuple):
        for number, one in enumerate(value):
            yield from nonsense(one, f"{place}[{number}]")
        return
    if not is_dataclass(value):
        return
    if isinstance(value, EventSelector):
        yield from _of_events(value, place)
        return
    if isinstance(value, Between):
        yield from _of_days(value, place)
    if isinstance(value, OccurrenceCondition):
        yield from _of_filters(value.where, f"{place}.where")
    if (path := getattr(value, "property", None)) is not None:
        yield from _of_path(path, f"{place}.property")
    for field in fields(value):
        if field.name != "where":
            yield from nonsense(getattr(value, field.name), f"{place}.{field.name}")


def _of_events(events: EventSelector, place: str) -> Iterator[str]:
    if events.name == "":
        yield f"{place}.name: is empty; leave it out for events of any name."
    yield from _of_filters(events.where, f"{place}.where")


def _of_filters(filters: Iterable[Filter], place: str) -> Iterator[str]:
    for number, one in enumerate(filters):
        if isinstance(one, Comparison):
            yield from _of_path(one.path, f"{place}[{number}].path")
        else:
            yield from _of_filters(one.filters, f"{place}[{number}].filters")


def _of_path(path: str, place: str) -> Iterator[str]:
    if steps(path)[0] not in EVENT_FIELDS:
        yield (
            f"{place}: {path!r} is nowhere in an event; paths begin at its root, such as"
            f" 'properties.{path}'."
        )


def _of_days(days: Between, place: str) -> Iterator[str]:
    if days.since is None or days.until is None:
        return
    # Either may be in any zone, so that only what is a day apart is surely the wrong way round.
    until = instant(days.until, UTC) + (DAY if is_date(days.until) else 0)
    sure = is_date(days.since) and is_date(days.until)
    if instant(days.since, UTC) >= until + (0 if sure else DAY):
        yield f"{place}.until: {days.until!r} is before since, {days.since!r}; swap them."
