"""Which events are for which features: looked up by an event's call and name, once compiled."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

import msgspec

from headwater.audiences.comparing import passes
from headwater.audiences.comparisons import fields_of
from headwater.audiences.features import Feature, Seen, State

Step = tuple[str, int, Callable[[State | None, Seen, int], State | None], Sequence[int]]
"""What one event does to one feature: its id, the event's roles, `Feature.add`, who looks at it."""

_Key = tuple[str, str | None]
_ANY = ("any", None)


@dataclass(frozen=True, slots=True)
class _Feed:
    """A kind of event that a feature looks at."""

    feature: str
    role: int
    fits: tuple[Callable[[Mapping[str, Any], int], bool], ...]


@dataclass(frozen=True, slots=True)
class _Kind:
    """What looks at one kind of event: features to roles for all of them, feeds for some."""

    roles: Mapping[str, int]
    steps: Sequence[Step]
    asking: tuple[_Feed, ...]


class Feeds:
    """All that features look at of events."""

    def __init__(
        self,
        features: Mapping[str, Feature],
        lookers: Mapping[str, Sequence[int]],
        zone: str,
        *,
        traits: bool,
    ) -> None:
        """Prepare.

        Args:
            features: by id.
            lookers: what looks at each feature: places in the program.
            zone: the workspace's time zone.
            traits: whether anything looks at the traits of identify calls.
        """
        self._steps_of: dict[str, tuple[Any, Sequence[int]]] = {
            id_: (feature.add, lookers.get(id_, ())) for id_, feature in features.items()
        }
        feeds: dict[_Key, list[_Feed]] = {}
        fields = {"type", "event", "name", "traits"}
        for id_, feature in features.items():
            fields |= feature.reads
            for number, selector in enumerate(feature.feeds):
                fields |= fields_of(selector.where)
                fits = tuple(passes(one, zone) for one in selector.where)
                of_kind = feeds.setdefault((selector.call, selector.name), [])
                of_kind.append(_Feed(id_, 1 << number, fits))
        self._calls = {call for call, _ in feeds} | ({"identify"} if traits else set())
        # Most of an event is of no interest to anybody here, and what is skipped costs least.
        self._decoder = msgspec.json.Decoder(_type_of(fields))
        self._kinds: dict[_Key, _Kind] = {
            (call, name): self._kind(
                feed
                for key in dict.fromkeys([(call, name), (call, None), _ANY])
                for feed in feeds.get(key, ())
            )
            for call, name in {*feeds, *((call, None) for call, _ in feeds), _ANY}
        }

    def _kind(self, feeds: Iterable[_Feed]) -> _Kind:
        roles: dict[str, int] = {}
        asking = []
        for feed in feeds:
            if feed.fits:
                asking.append(feed)
            else:
                roles[feed.feature] = roles.get(feed.feature, 0) | feed.role
        return _Kind(roles, self._steps(roles), tuple(asking))

    def _steps(self, roles: Mapping[str, int]) -> list[Step]:
        return [(id_, own, *self._steps_of[id_]) for id_, own in roles.items()]

    def looks_at(self, call: str) -> bool:
        """Tell whether anything looks at events of this call."""
        return call in self._calls or "any" in self._calls

    def read(self, body: str) -> dict[str, Any]:
        """Answer of an event, as JSON text, what anything here may look at."""
        event: dict[str, Any] = self._decoder.decode(body)
        return event

    def steps(self, event: Mapping[str, Any], at: int) -> Sequence[Step]:
        """Answer which features an event, of a time in milliseconds, is for, and what it does."""
        call = event.get("type", "")
        kinds = self._kinds
        name = event.get("event") if call == "track" else event.get("name")
        kind = kinds.get((call, name)) if isinstance(name, str) else None
        if kind is None:
            kind = kinds.get((call, None)) or kinds[_ANY]
        if not kind.asking:
            return kind.steps
        found = dict(kind.roles)
        for feed in kind.asking:
            if all(fit(event, at) for fit in feed.fits):
                found[feed.feature] = found.get(feed.feature, 0) | feed.role
        return self._steps(found)


def _type_of(fields: Iterable[str]) -> Any:
    """Answer the type of a dictionary with these fields of an event, all others left out."""
    make: Any = TypedDict  # called as an object, since a checker knows no type made at run time
    return make("Looked", dict.fromkeys(sorted(fields), Any), total=False)
