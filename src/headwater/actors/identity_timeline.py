"""A timeline, a page at a time: by event time, messageId breaking ties, newest first.

The index on (actor, messageId, timestamp) alone says which events come next; only the events of
the page are read.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from typing import Any

from headwater.errors import BadRequest
from headwater.ports import Sql
from headwater.profiles.people import TimelineFilter, TimelinePage

Place = tuple[int, str]
"""Where in a timeline an event stands: timestamp in milliseconds, messageId."""

_EARLIEST: Place = (-(2**62), "")
_LATEST: Place = (2**62, "")

_NEWEST = """
SELECT timestamp, message_id, id FROM event
WHERE actor = ? AND timestamp BETWEEN ? AND ? AND (timestamp, message_id) < (?, ?)
ORDER BY timestamp DESC, message_id DESC LIMIT ?
"""
_OLDEST = """
SELECT timestamp, message_id, id FROM event
WHERE actor = ? AND timestamp BETWEEN ? AND ? AND (timestamp, message_id) > (?, ?)
ORDER BY timestamp, message_id LIMIT ?
"""
_BODIES = """
SELECT event.id, event.body FROM json_each(?) AS wanted JOIN event ON event.id = wanted.value
"""


def timeline(
    sql: Sql, actor: str, *, which: TimelineFilter, limit: int, cursor: str | None
) -> TimelinePage:
    """Answer one page of an actor's events and where the next one starts.

    Raises:
        BadRequest: the cursor is not one that a page ended with.
    """
    found = events_after(sql, actor, which=which, limit=limit, cursor=cursor)
    page = found[:limit]
    return TimelinePage(
        events=tuple(event for _, event in page),
        next=format_cursor(page[-1][0]) if len(found) > limit else None,
    )


def events_after(
    sql: Sql, actor: str, *, which: TimelineFilter, limit: int, cursor: str | None
) -> list[tuple[Place, Mapping[str, Any]]]:
    """Answer an actor's first events behind a cursor, with their places; one more than `limit`.

    Raises:
        BadRequest: the cursor is not one that a page ended with.
    """
    place = parse_cursor(cursor) if cursor else (_EARLIEST if which.oldest_first else _LATEST)
    found: list[tuple[Place, Mapping[str, Any]]] = []
    for event_place, event in _events(sql, actor, which, place, limit + 1):
        if wanted(which, event):
            found.append((event_place, event))
            if len(found) > limit:
                break
    return found


def _events(
    sql: Sql, actor: str, which: TimelineFilter, place: Place, size: int
) -> Iterator[tuple[Place, Mapping[str, Any]]]:
    """Answer an actor's events from a place on, read a page at a time."""
    since = _EARLIEST[0] if which.since is None else which.since
    until = _LATEST[0] if which.until is None else which.until
    statement = _OLDEST if which.oldest_first else _NEWEST
    while True:
        rows = sql.execute(statement, (actor, since, until, *place, size))
        bodies = dict(sql.execute(_BODIES, (json.dumps([row[2] for row in rows]),)))
        for timestamp, message_id, row in rows:
            yield (timestamp, message_id), json.loads(bodies[row])
        if len(rows) < size:
            return
        place = (rows[-1][0], rows[-1][1])


def wanted(which: TimelineFilter, event: Mapping[str, Any]) -> bool:
    """Tell whether an event is of a type and a name that are asked for."""
    name = event.get("event") or event.get("name")
    return (
        (not which.types or event.get("type") in which.types)
        and (not which.events or name in which.events)
        and name not in which.exclude_events
    )


def format_cursor(place: Place) -> str:
    """Answer the text that a place in a timeline is named by."""
    return base64.urlsafe_b64encode(f"{place[0]}:{place[1]}".encode()).decode().rstrip("=")


def parse_cursor(cursor: str) -> Place:
    """Answer the place that a cursor names.

    Raises:
        BadRequest: it is not one that a page ended with.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        text = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
        timestamp, separator, message_id = text.partition(":")
        place = (int(timestamp), message_id)
    except (binascii.Error, ValueError) as error:
        raise BadRequest(_BAD_CURSOR, code="invalid_cursor") from error
    if not separator or abs(place[0]) >= 2**62:
        raise BadRequest(_BAD_CURSOR, code="invalid_cursor")
    return place


_BAD_CURSOR = "cursor: not one that a page ended with; leave it out to start at the first page."
