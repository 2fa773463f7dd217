"""What is gathered while conditions are compiled: which features they need, and what else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from headwater.audiences.comparisons import steps
from headwater.audiences.conditions import EventSelector, SinceEvent, Window
from headwater.audiences.conditions_reading import to_json
from headwater.audiences.features import Feature, State, identity
from headwater.audiences.figures import (
    Figure,
    FigureSince,
    LogFigure,
    UnitFigure,
    WholeFigure,
)
from headwater.audiences.reducers import Reducer
from headwater.audiences.watches import is_moving
from headwater.audiences.watching import Watch
from headwater.audiences.windows import Always, Fixed, Moving, Units, time_window

Answer = tuple[bool, int | None]
"""Whether it is true now, and the first instant at which that may change (None: never)."""


class PersonView(Protocol):
    """What conditions may look at of a person."""

    def feature(self, feature: str) -> State | None:
        """Answer the state of all the person's events together; None if none was for it."""
        ...

    def trait(self, name: str) -> Any:
        """Answer a trait's value, computed ones included; None if there is none."""
        ...

    def accounts(self) -> list[tuple[str, dict[str, Any]]]:
        """Answer the accounts that the person is in: id and traits."""
        ...

    def member(self, audience: str) -> bool:
        """Tell whether the person is a member of an audience, by its id."""
        ...


Check = Callable[[PersonView, int], Answer]
"""Answers whether a condition is true of a person at an instant, in milliseconds."""


@dataclass(slots=True)
class Needs:
    """What one audience, or computed trait, looks at.

    Attributes:
        features: ids of features to what its clauses watch them for; None: for every step.
        moving: how many of its clauses time alone may flip.
    """

    features: dict[str, list[Watch | None]] = field(default_factory=dict)
    traits: set[str] = field(default_factory=set)
    audiences: set[str] = field(default_factory=set)
    accounts: bool = False
    moving: int = 0

    def watches(self, feature: str) -> list[Watch | None]:
        """Answer what a feature is watched for, all clauses taken together."""
        return [
            None if one is None or (one.moving and self.moving > 1) else one
            for one in self.features[feature]
        ]


@dataclass(slots=True)
class Scope:
    """Where conditions of one workspace are compiled.

    Attributes:
        zone: the workspace's time zone.
        audience_ids: an audience's id or key to its id.
        features: those that were asked for so far, by id.
        needs: of what is being compiled.
    """

    zone: str
    audience_ids: dict[str, str] = field(default_factory=dict)
    features: dict[str, Feature] = field(default_factory=dict)
    needs: Needs = field(default_factory=Needs)

    def need(self, feature: Feature, watch: Watch | None = None) -> None:
        """Have a feature kept, and watched."""
        self.features.setdefault(feature.id, feature)
        self.needs.features.setdefault(feature.id, []).append(watch)

    def moves(self, *, does: bool) -> None:
        """Note whether time alone may flip a clause."""
        self.needs.moving += does

    def figure(
        self,
        selector: EventSelector,
        path: str | None,
        reducer: Reducer,
        window: Window | None,
        watch: Callable[[Figure], Watch | None] = lambda _: None,
    ) -> Figure:
        """Answer the feature that has a figure over events, and have it kept, and watched."""
        names = () if path is None else steps(path)
        id_ = self.identity(
            "figure", selector, list(names), reducer.name, _settings_of(reducer), window
        )
        feature = _figure(id_, selector, names, reducer, window, self.zone)
        self.need(feature, watch(feature))
        self.moves(does=is_moving(feature))
        return feature

    def identity(self, *parts: Any) -> str:
        """Answer a feature's id: what it is made of, and the zone that its times are read in."""
        return identity(self.zone, *(to_json(part) for part in parts))


def _figure(
    id_: str,
    selector: EventSelector,
    names: tuple[str, ...],
    reducer: Reducer,
    window: Window | None,
    zone: str,
) -> Figure:
    if isinstance(window, SinceEvent):
        return FigureSince(id_, selector, window.event, window.which == "last", names, reducer)
    times = time_window(window, zone)
    if isinstance(times, Units):
        return UnitFigure(id_, selector, names, reducer, times)
    if isinstance(times, Moving):
        return LogFigure(id_, selector, names, reducer, times)
    assert isinstance(times, (Always, Fixed))  # noqa: S101 - there is no other
    return WholeFigure(id_, selector, names, reducer, times)


def _settings_of(reducer: Reducer) -> list[Any]:
    return [
        getattr(reducer, name)
        for name in getattr(reducer, "__dataclass_fields__", {})
        if name != "name"
    ]
