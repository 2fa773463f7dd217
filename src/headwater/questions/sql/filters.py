"""Which events are meant: audiences' selectors and filters as SQL over the relation `events`."""

from __future__ import annotations

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


@dataclass(frozen=True, slots=True)
class Filtering:
    """Writes which events are meant, in one dialect; dates without a zone are in `zone`."""

    dialect: Dialect
    zone: str

    def selects(self, events: EventSelector) -> str:
        """Answer SQL that is true of the events that a selector means."""
        conditions = []
        if events.call != "any":
            conditions.append(f"type = {quoted(events.call)}")
        if events.name is not None:
            conditions.append(f"name = {quoted(events.name)}")
        elif events.call in {"any", "track"}:
            own = ", ".join(quoted(name) for name in OWN_EVENTS)
            conditions.append(f"(name IS NULL OR type <> 'track' OR name NOT IN ({own}))")
        conditions += [self.passes(one) for one in events.where]
        return all_of(conditions)

    def passes(self, one: Filter) -> str:
        """Answer SQL for whether an event fits a filter; never null."""
        if isinstance(one, Comparison):
            return asked(self._held(one.path), one.operator, one.value)
        inner = [self.passes(each) for each in one.filters]
        if isinstance(one, AllOf):
            return f"({all_of(inner)})"
        return any_of(inner) if isinstance(one, AnyOf) else f"(NOT {any_of(inner)})"

    def _held(self, path: str) -> Held:
        root, *names = steps(path)
        now = self.dialect.milliseconds("timestamp")
        if root in _OBJECTS:
            return Held(self.dialect, root, tuple(names), now, self.zone)
        if root in _TEXTS and not names:
            column = self.dialect.as_json(_TEXTS[root])
            return Held(self.dialect, column, (), now, self.zone)
        raise BadRequest(
            f"The path {path[:80]!r} cannot be asked of many people at once; paths there begin "
            "with properties, traits or context, or are event, name, type or messageId."
        )
