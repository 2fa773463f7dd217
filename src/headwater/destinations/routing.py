"""Which destinations an event goes to."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from headwater.destinations import DESTINATIONS
from headwater.destinations.fql import FilterError, compile_filter
from headwater.workspace import DestinationConfig, EventType, WorkspaceConfig

EVERY = "*"
"""In a gate: all events that have no audiences of their own."""

Gate = Mapping[str, frozenset[str]]
"""Of an event's name, or `EVERY`, the audiences of one of which its person must be."""


@dataclass(frozen=True, slots=True)
class _Route:
    id: str
    names: tuple[str, ...]
    events: frozenset[str]
    passes: Callable[[Mapping[str, Any]], bool] | None


class Router:
    """Routes the events of one workspace; make one for each version of its configuration."""

    def __init__(self, config: WorkspaceConfig) -> None:
        """Compile the routes.

        A stored filter that is not valid (one that an older version accepted) lets nothing
        through and is told in `problems`: what was not asked for is not sent. `types` are those
        of the events that any destination may get. `gates` are of the destinations that get
        events of some people alone: whoever knows memberships asks `lets_through`.
        """
        self.problems: tuple[str, ...] = ()
        self.gates: Mapping[str, Gate] = {
            one.id: {name: frozenset(ids) for name, ids in one.people.items()}
            for one in config.destinations
            if one.enabled and one.people
        }
        routes: dict[str, list[_Route]] = {}
        for destination in config.destinations:
            if destination.enabled:
                self._add(destination, routes)
        self._routes = {type_: tuple(added) for type_, added in routes.items()}
        self.types = frozenset(self._routes)

    def destinations(self, event: Mapping[str, Any]) -> tuple[str, ...]:
        """Answer the ids of the destinations that get this event (in Segment's shape)."""
        if not self._routes:
            return ()
        routes = self._routes.get(event.get("type", ""))
        if not routes:
            return ()
        choices = event.get("integrations")
        return tuple(
            [  # a list, as a generator costs this hot path half as much again
                route.id
                for route in routes
                if (not route.events or event.get("event") in route.events)
                and (not choices or _chosen(choices, route.names))
                and (route.passes is None or route.passes(event))
            ]
        )

    def _add(self, config: DestinationConfig, routes: dict[str, list[_Route]]) -> None:
        try:
            passes = None if config.filter is None else compile_filter(config.filter)
        except FilterError as error:
            self.problems += (f"{config.name} ({config.id}): {error.message}",)
            return
        destination = DESTINATIONS.get(config.type)
        title = (destination.title,) if destination is not None else ()
        names = (config.id, config.name, config.type, *title)
        for event_type in config.types or get_args(EventType):
            # Names are those of `track` calls; the other types have none to choose by.
            events = frozenset(config.events if event_type == "track" else ())
            routes.setdefault(event_type, []).append(_Route(config.id, names, events, passes))


def lets_through(gate: Gate, event: Mapping[str, Any], members: Container[str]) -> bool:
    """Tell whether a gate lets an event pass, of a person in these audiences (by their ids)."""
    name = event.get("event") if event.get("type") == "track" else None
    wanted = gate.get(name) if isinstance(name, str) else None
    if wanted is None:
        wanted = gate.get(EVERY)
    return wanted is None or any(one in members for one in wanted)


def _chosen(choices: Any, names: tuple[str, ...]) -> bool:
    """Answer what an event's `integrations` say; the most particular name counts.

    `false` is no; `true` or an object of options is yes; anything else says nothing, and then
    `All` decides, which is yes unless it is `false`.
    """
    if not isinstance(choices, Mapping):
        return True
    for name in names:
        choice = choices.get(name)
        if isinstance(choice, bool):
            return choice
        if isinstance(choice, Mapping):
            return True
    return choices.get("All") is not False
