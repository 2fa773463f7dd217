"""All audiences and computed traits of a workspace, compiled, with an index of what touches what.

Things come in an order in which each follows all that it looks at: computed traits first, then
audiences after the audiences that they name. So one pass in order decides all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypedDict

import msgspec

from headwater.audiences.audience import Audience, ComputedTrait
from headwater.audiences.comparing import passes
from headwater.audiences.comparisons import fields_of
from headwater.audiences.compiling import compile_condition
from headwater.audiences.computing import compile_computation
from headwater.audiences.conditions import EventSelector
from headwater.audiences.features import Feature, Seen, State
from headwater.audiences.scope import Check, Needs, PersonView, Scope
from headwater.workspace import WorkspaceConfig

OWN_MESSAGES = "audience:"
"""How the messageIds of Headwater's own audience events begin; conditions do not see these."""

_ANY = ("any", None)

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


@dataclass(frozen=True, slots=True)
class _Feed:
    """A kind of event that a feature looks at."""

    feature: Feature
    role: int
    fits: tuple[Callable[[Mapping[str, Any], int], bool], ...]


Step = tuple[str, int, Callable[[State | None, Seen, int], State | None], list[int]]
"""What one event does to one feature: its id, the event's roles, `Feature.add`, who looks at it."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """What looks at one kind of event: features to roles for all of them, feeds for some."""

    roles: Mapping[str, int]
    steps: Sequence[Step]
    asking: tuple[_Feed, ...]


@dataclass(slots=True)
class Program:
    """The compiled whole.

    Attributes:
        zone: the workspace's time zone.
        version: of the configuration that it was compiled from.
        since: of each feature, the version from which on it is kept of every event.
        order: what is to be decided, each after what it looks at.
        by_feature, by_trait, by_account: what looks at a feature, a trait, accounts: places.
        by_audience: what looks at a membership, by the audience's id: places.
        default: places of what is true, or has a value, of a person of whom nothing is known.
    """

    zone: str
    version: int
    features: dict[str, Feature] = field(default_factory=dict)
    since: dict[str, int] = field(default_factory=dict)
    order: list[Compiled] = field(default_factory=list)
    by_id: dict[str, Compiled] = field(default_factory=dict)
    by_feature: dict[str, list[int]] = field(default_factory=dict)
    by_trait: dict[str, list[int]] = field(default_factory=dict)
    by_audience: dict[str, list[int]] = field(default_factory=dict)
    by_account: list[int] = field(default_factory=list)
    default: list[int] = field(default_factory=list)
    newest: int = 0
    computed: dict[str, str] = field(default_factory=dict)
    _feeds: dict[tuple[str, str | None], list[_Feed]] = field(default_factory=dict)
    _kinds: dict[tuple[str, str | None], _Kind] = field(default_factory=dict)
    _calls: set[str] = field(default_factory=set)
    _decoder: msgspec.json.Decoder[Any] = field(default_factory=msgspec.json.Decoder)
    _newer: dict[int, frozenset[str]] = field(default_factory=dict)

    def newer_than(self, version: int) -> frozenset[str]:
        """Answer the features that are kept only since after a version."""
        known = self._newer.get(version)
        if known is None:
            known = frozenset(id_ for id_, since in self.since.items() if since > version)
            self._newer[version] = known
        return known

    def looks_at(self, call: str) -> bool:
        """Tell whether anything looks at events of this call."""
        return call in self._calls or "any" in self._calls

    def read(self, body: str) -> dict[str, Any]:
        """Answer of an event, as JSON text, what anything here may look at."""
        event: dict[str, Any] = self._decoder.decode(body)
        return event

    def touched(self, event: Mapping[str, Any], at: int) -> Sequence[Step]:
        """Answer which features an event is for, and what it does to each."""
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
                id_ = feed.feature.id
                found[id_] = found.get(id_, 0) | feed.role
        return self._steps(found)

    def _steps(self, roles: Mapping[str, int]) -> list[Step]:
        return [
            (id_, own, self.features[id_].add, self.by_feature.get(id_, []))
            for id_, own in roles.items()
        ]

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
        self._index_feeds()
        if self.by_trait:
            self._calls.add("identify")
        self.newest = max([self.newest, *self.since.values()])

    def _index_feeds(self) -> None:
        for kept in self.features.values():
            for number, selector in enumerate(kept.feeds):
                self._feed(kept, 1 << number, selector)
        fields = {"type", "event", "name", "traits"}
        for kept in self.features.values():
            fields |= kept.reads
            for selector in kept.feeds:
                fields |= fields_of(selector.where)
        # Most of an event is of no interest to anybody here, and what is skipped costs least.
        self._decoder = msgspec.json.Decoder(_type_of(fields))
        for call, name in {*self._feeds, *((call, None) for call, _ in self._feeds), _ANY}:
            keys = dict.fromkeys([(call, name), (call, None), _ANY])
            feeds = [feed for key in keys for feed in self._feeds.get(key, ())]
            roles: dict[str, int] = {}
            for feed in feeds:
                if not feed.fits:
                    roles[feed.feature.id] = roles.get(feed.feature.id, 0) | feed.role
            asking = tuple(feed for feed in feeds if feed.fits)
            self._kinds[call, name] = _Kind(roles, self._steps(roles), asking)

    def _feed(self, feature: Feature, role: int, selector: EventSelector) -> None:
        fits = tuple(passes(one, self.zone) for one in selector.where)
        feeds = self._feeds.setdefault((selector.call, selector.name), [])
        feeds.append(_Feed(feature, role, fits))
        self._calls.add(selector.call)


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


def _type_of(fields: Iterable[str]) -> Any:
    """Answer the type of a dictionary with these fields of an event, all others left out."""
    make: Any = TypedDict  # called as an object, since a checker knows no type made at run time
    return make("Looked", dict.fromkeys(sorted(fields), Any), total=False)


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
