"""Which events are for which features: looked up by an event's call and name, once compiled."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

import msgspec

from headwater.audiences.comparing import passes
from headwater.audiences.comparisons import paths_of
from headwater.audiences.features import Feature, Step
from headwater.audiences.stepping import step_of
from headwater.audiences.watching import Watched

FeatureStep = tuple[str, Step, tuple[int, ...]]
"""What one event does to one feature: its id, its step, and all that look at it."""


@dataclass(frozen=True, slots=True)
class Steps:
    """What one event does to the features that it is for.

    Attributes:
        each: each with its feature.
        only: the steps alone, which is all that is needed of people with one identifier.
    """

    each: tuple[FeatureStep, ...]
    only: tuple[Step, ...]


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
    steps: Steps
    asking: tuple[_Feed, ...]


class Feeds:
    """All that features look at of events."""

    def __init__(
        self,
        features: Mapping[str, Feature],
        watched: Mapping[str, Watched],
        zone: str,
        *,
        traits: bool,
    ) -> None:
        """Prepare.

        Args:
            features: by id.
            watched: what looks at each feature, and for what.
            zone: the workspace's time zone.
            traits: whether anything looks at the traits of identify calls.
        """
        self._features, self._watched = features, watched
        self._made: dict[tuple[str, int], FeatureStep] = {}
        feeds: dict[_Key, list[_Feed]] = {}
        paths: set[tuple[str, ...]] = {("type",), ("event",), ("name",), ("traits",)}
        for id_, feature in features.items():
            paths |= feature.reads
            for number, selector in enumerate(feature.feeds):
                paths |= paths_of(selector.where)
                fits = tuple(passes(one, zone) for one in selector.where)
                of_kind = feeds.setdefault((selector.call, selector.name), [])
                of_kind.append(_Feed(id_, 1 << number, fits))
        self._calls = {call for call, _ in feeds} | ({"identify"} if traits else set())
        # Most of an event is of no interest to anybody here, and what is skipped costs least.
        self._decode = msgspec.json.Decoder(_type_of(paths)).decode
        self._decode_oddly = msgspec.json.Decoder(_type_of((path[0],) for path in paths)).decode
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

    def _steps(self, roles: Mapping[str, int]) -> Steps:
        each = tuple(self._made.get(pair) or self._make(*pair) for pair in roles.items())
        return Steps(each, tuple(step for _, step, _ in each))

    def _make(self, id_: str, roles: int) -> FeatureStep:
        who = self._watched[id_]
        made = (id_, step_of(self._features[id_], roles, who), who.every)
        self._made[id_, roles] = made
        return made

    def looks_at(self, call: str) -> bool:
        """Tell whether anything looks at events of this call."""
        return call in self._calls or "any" in self._calls

    def read(self, body: str) -> dict[str, Any]:
        """Answer of an event, as JSON text, what anything here may look at."""
        event: dict[str, Any]
        try:
            event = self._decode(body)
        except msgspec.ValidationError:  # such as properties that are no object
            event = self._decode_oddly(body)
        return event

    def steps(self, event: Mapping[str, Any], at: int) -> Steps:
        """Answer which features an event, of a time in milliseconds, is for, and what it does."""
        call, kinds = event.get("type", ""), self._kinds
        name = event.get("event" if call == "track" else "name")
        kind = kinds.get((call, name if type(name) is str else None))
        if kind is None:
            kind = kinds.get((call, None)) or kinds[_ANY]
        if not kind.asking:
            return kind.steps
        found = dict(kind.roles)
        for feed in kind.asking:
            if all(fit(event, at) for fit in feed.fits):
                found[feed.feature] = found.get(feed.feature, 0) | feed.role
        return self._steps(found)


def _type_of(paths: Iterable[tuple[str, ...]]) -> Any:
    """Answer the type of a dictionary with what is at these paths, all else left out."""
    inner: dict[str, set[tuple[str, ...]]] = {}
    for name, *rest in paths:
        inner.setdefault(name, set()).add(tuple(rest))
    types = {name: Any if () in inner[name] else _type_of(inner[name]) for name in sorted(inner)}
    make: Any = TypedDict  # called as an object, since a checker knows no type made at run time
    return make("Looked", types, total=False)
