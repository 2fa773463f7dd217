"""All audiences and computed traits of a workspace, compiled, with an index of what touches what.

Things come in an order in which each follows all that it looks at: computed traits first, then
audiences after the audiences that they name. So one pass in order decides all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from headwater.audiences.audience import Audience, ComputedTrait
from headwater.audiences.compiling import compile_condition
from headwater.audiences.computing import compile_computation
from headwater.audiences.features import Feature
from headwater.audiences.feeding import Feeds
from headwater.audiences.scope import Check, Needs, PersonView, Scope
from headwater.audiences.watching import Watched, watched
from headwater.workspace import WorkspaceConfig

OWN_MESSAGES = "audience:"
"""How the messageIds of Headwater's own audience events begin; conditions do not see these."""

Value = Callable[[PersonView, int], tuple[Any, int | None]]


@dataclass(frozen=True, slots=True)
class CompiledAudience:
    """An audience that can be asked, by its id and place."""

    id: str
    place: int
    audience: Audience
    check: Check
    needs: Needs


@dataclass(frozen=True, slots=True)
class CompiledTrait:
    """A computed trait that can be asked, by its id and place."""

    id: str
    place: int
    trait: ComputedTrait
    value: Value
    needs: Needs


Compiled = CompiledAudience | CompiledTrait


@dataclass(slots=True)
class Program:
    """The compiled whole.

    Attributes:
        zone: the workspace's time zone.
        version: of the configuration that it was compiled from.
        since: of each feature, the version from which on it is kept of every event.
        order: what is to be decided, each after what it looks at.
        by_feature, by_trait, by_account: what looks at a feature, a trait, accounts: places.
        watched: of each feature, whom which of its steps may flip.
        by_audience: what looks at a membership, by the audience's id: places.
        feeds: which events are for which features.
        default: places of what is true, or has a value, of a person of whom nothing is known.
    """

    zone: str
    version: int
    features: dict[str, Feature] = field(default_factory=dict)
    since: dict[str, int] = field(default_factory=dict)
    order: list[Compiled] = field(default_factory=list)
    by_id: dict[str, Compiled] = field(default_factory=dict)
    by_feature: dict[str, list[int]] = field(default_factory=dict)
    watched: dict[str, Watched] = field(default_factory=dict)
    by_trait: dict[str, list[int]] = field(default_factory=dict)
    by_audience: dict[str, list[int]] = field(default_factory=dict)
    by_account: list[int] = field(default_factory=list)
    default: list[int] = field(default_factory=list)
    newest: int = 0
    computed: dict[str, str] = field(default_factory=dict)
    feeds: Feeds = field(init=False)
    _newer: dict[int, frozenset[str]] = field(default_factory=dict)
    _unknown: dict[int, frozenset[int]] = field(default_factory=dict)

    def newer_than(self, version: int) -> frozenset[str]:
        """Answer the features that are kept only since after a version."""
        known = self._newer.get(version)
        if known is None:
            known = frozenset(id_ for id_, since in self.since.items() if since > version)
            self._newer[version] = known
        return known

    def unknown_since(self, version: int) -> frozenset[int]:
        """Answer the places that cannot be told without features that are newer than a version.

        Among them are those that look at another such place.
        """
        known = self._unknown.get(version)
        if known is None:
            new = self.newer_than(version)
            found = {place for id_ in new for place in self.by_feature.get(id_, ())}
            for one in self.order:  # in which each comes after what it looks at
                keys = {self.order[place].id for place in found}
                names = {name for name, id_ in self.computed.items() if id_ in keys}
                if one.needs.audiences & keys or one.needs.traits & names:
                    found.add(one.place)
            known = self._unknown[version] = frozenset(found)
        return known

    def index(self) -> None:
        """Fill what is looked up from what is compiled; call once, at the end."""
        for one in self.order:
            self.by_id[one.id] = one
            for feature in one.needs.features:
                self.by_feature.setdefault(feature, []).append(one.place)
            for trait in one.needs.traits:
                self.by_trait.setdefault(trait, []).append(one.place)
            for audience in one.needs.audiences:
                self.by_audience.setdefault(audience, []).append(one.place)
            if one.needs.accounts:
                self.by_account.append(one.place)
            since = one.audience.since if isinstance(one, CompiledAudience) else one.trait.since
            self.newest = max(self.newest, since)
            if isinstance(one, CompiledTrait):
                self.computed[one.trait.key] = one.id
        for id_, places in self.by_feature.items():
            self.watched[id_] = watched(
                (place, self.order[place].needs.watches(id_)) for place in places
            )
        self.feeds = Feeds(self.features, self.watched, self.zone, traits=bool(self.by_trait))
        self.newest = max([self.newest, *self.since.values()])


def program_of(config: WorkspaceConfig) -> Program | None:
    """Answer the program of all that a workspace has enabled; None where there is none."""
    if not (config.audiences or config.computed_traits):
        return None
    return compile_program(
        config.audiences,
        config.computed_traits,
        zone=config.time_zone,
        version=config.version,
        since=config.features,
    )


def features_of(
    audiences: Iterable[Audience], traits: Iterable[ComputedTrait], zone: str
) -> frozenset[str]:
    """Answer the ids of the features that those of them need which are enabled."""
    scope = Scope(zone)
    for trait in traits:
        if trait.enabled:
            compile_computation(trait.computation, scope)
    for audience in audiences:
        if audience.enabled:
            compile_condition(audience.condition, scope)
    return frozenset(scope.features)


def compile_program(
    audiences: Iterable[Audience],
    traits: Iterable[ComputedTrait],
    *,
    zone: str,
    version: int,
    since: Mapping[str, int],
    audience_ids: Mapping[str, str] | None = None,
) -> Program | None:
    """Answer the program of all that are enabled; None where there is none.

    Args:
        audiences: those of one workspace; what they name must be there, and in no circle.
        traits: the computed ones.
        zone: IANA name of the workspace's time zone.
        version: of the configuration.
        since: of each feature, the version from which on it is kept of every event; one that is
            not there is kept from this version on.
        audience_ids: further keys and ids of audiences that conditions may name, to their ids.
    """
    audiences = list(audiences)
    ids = {one.key: one.id for one in audiences}
    scope = Scope(zone, audience_ids={**ids, **(audience_ids or {})})
    waiting: dict[str, tuple[Audience | ComputedTrait, Any, Needs]] = {}
    for trait in traits:
        if trait.enabled:
            scope.needs = Needs()
            waiting[trait.id] = (trait, compile_computation(trait.computation, scope), scope.needs)
    for audience in audiences:
        if audience.enabled:
            scope.needs = Needs()
            waiting[audience.id] = (
                audience,
                compile_condition(audience.condition, scope),
                scope.needs,
            )
    if not waiting:
        return None
    program = Program(zone, version, features=scope.features)
    program.since = {id_: since.get(id_, version) for id_ in scope.features}
    _put_in_order(program, waiting)
    program.index()
    program.default = [one.place for one in program.order if _is_default(one)]
    return program


def _put_in_order(
    program: Program, waiting: Mapping[str, tuple[Audience | ComputedTrait, Any, Needs]]
) -> None:
    keys = {one.key: id_ for id_, (one, _, _) in waiting.items() if isinstance(one, ComputedTrait)}
    done: set[str] = set()

    def visit(id_: str) -> None:
        if id_ in done or id_ not in waiting:
            return
        done.add(id_)
        one, compiled, needs = waiting[id_]
        for name in sorted(needs.traits):
            visit(keys.get(name, ""))
        for other in sorted(needs.audiences):
            visit(other)
        place = len(program.order)
        if isinstance(one, Audience):
            program.order.append(CompiledAudience(id_, place, one, compiled, needs))
        else:
            program.order.append(CompiledTrait(id_, place, one, compiled, needs))

    for id_ in waiting:
        visit(id_)


class _Nobody:
    """A person of whom nothing is known; so of an audience that names others, all are asked."""

    def feature(self, feature: str) -> None:  # noqa: ARG002 - see PersonView
        return None

    def trait(self, name: str) -> None:  # noqa: ARG002 - see PersonView
        return None

    def accounts(self) -> list[tuple[str, dict[str, Any]]]:
        return []

    def member(self, audience: str) -> bool:  # noqa: ARG002 - see PersonView
        return False


def _is_default(one: Compiled) -> bool:
    if isinstance(one, CompiledTrait):
        return one.value(_Nobody(), 0)[0] is not None
    # Whether somebody unknown is in the audiences that it names is not worked out here.
    return bool(one.needs.audiences) or one.check(_Nobody(), 0)[0]
