"""Which events are meant: audiences' selectors and filters as SQL over the relation `events`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from headwater.audiences.comparisons import AllOf, AnyOf, Comparison, Filter, steps
from headwater.audiences.conditions import EventSelector
from headwater.errors import BadRequest
from headwater.questions.sql.dialect import Dialect
from headwater.questions.sql.text import all_of, any_of, quoted
from headwater.questions.sql.values import Held, asked

# Fields of an event that are texts and have a column of their own, by call where it matters.
_TEXTS = {
    "type": "type",
    "messageId": "message_id",
    "event": "CASE WHEN type = 'track' THEN name END",
    "name": "CASE WHEN type IN ('page', 'screen') THEN name END",
}
_OBJECTS = frozenset({"properties", "traits", "context"})

OWN_EVENTS = ("Audience Entered", "Audience Exited")
"""What Headwater itself says of people is nothing that they did."""

OWN_MESSAGES = "audience:"
"""What the message ids of those begin with."""


@dataclass(frozen=True, slots=True)
class Filtering:
    """Writes which events are meant, in one dialect; dates without a zone are in `zone`."""

    dialect: Dialect
    zone: str

    def did(self, events: EventSelector) -> str:
        """Answer SQL that is true of what people did, as conditions see it."""
        conditions = [f"type = {quoted(events.call)}"] if events.call != "any" else []
        if events.name is not None:
            conditions.append(f"name = {quoted(events.name)}")
        if events.call in {"any", "track"} and events.name in {None, *OWN_EVENTS}:
            own = ", ".join(quoted(name) for name in OWN_EVENTS)
            conditions.append(
                f"(name IS NULL OR name NOT IN ({own}) OR "
                f"substr(message_id, 1, {len(OWN_MESSAGES)}) <> {quoted(OWN_MESSAGES)})"
            )
        return all_of([*conditions, *(self.passes(one) for one in events.where)])

    def selects(self, events: EventSelector) -> str:
        """Answer SQL that is true of the events that a question means.

        What Headwater itself says of people counts where it is named, and only there.
        """
        conditions = []
        if events.call != "any":
            conditions.append(f"type = {quoted(events.call)}")
        if events.name is not None:
            conditions.append(f"name = {quoted(events.name)}")
        elif events.call in {"any", "track"}:
            own = ", ".join(quoted(name) for name in OWN_EVENTS)
            conditions.append(f"(name IS NULL OR name NOT IN ({own}))")
        conditions += [self.passes(one) for one in events.where]
        return all_of(conditions)

    def passes(self, one: Filter) -> str:
        """Answer SQL for whether an event fits a filter; never null."""
        return passes(one, self._held)

    def _held(self, path: str) -> Held:
        column, names = column_of(self.dialect, path)
        return Held(self.dialect, column, names, self.dialect.milliseconds("timestamp"), self.zone)


def passes(one: Filter, held: Callable[[str], Held]) -> str:
    """Answer SQL for whether a filter is true, given what is at a path; never null."""
    if isinstance(one, Comparison):
        return asked(held(one.path), one.operator, one.value)
    inner = [passes(each, held) for each in one.filters]
    if isinstance(one, AllOf):
        return f"({all_of(inner)})"
    return any_of(inner) if isinstance(one, AnyOf) else f"(NOT {any_of(inner)})"


def column_of(dialect: Dialect, path: str) -> tuple[str, tuple[str, ...]]:
    """Answer the JSON column that a path from an event's root leads into, and the way in it.

    Raises:
        BadRequest: no column has that part of an event.
    """
    root, *names = steps(path)
    if root in _OBJECTS:
        return root, tuple(names)
    if root in _TEXTS and not names:
        return dialect.as_json(_TEXTS[root]), ()
    raise BadRequest(
        f"The path {path[:80]!r} cannot be asked of many people at once; paths there begin with "
        "properties, traits or context, or are event, name, type or messageId."
    )
