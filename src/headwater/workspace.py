"""A workspace's configuration as one value: what the hot path needs to know, under a version.

Collectors and identity actors are handed this value; they never read settings on their own.
Everything here goes to JSON and back by `pydantic.TypeAdapter`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from headwater.audiences.audience import Audience, ComputedTrait

EventType = Literal["track", "identify", "page", "screen", "group", "alias"]


@dataclass(frozen=True, slots=True)
class IdentifierType:
    """One kind of external id.

    Attributes:
        name: as in `user_id:42`; lower case letters, digits, `_` and `.`.
        limit: how many values of it one person may hold.
        paths: where in an event its values are found, dotted (`traits.email`).
        blocked: values that are no identifier (compared after normalising, lower case);
            on top of those that are blocked for every type.
    """

    name: str
    limit: int = 5
    paths: tuple[str, ...] = ()
    blocked: frozenset[str] = frozenset()


DEFAULT_IDENTIFIER_TYPES = (
    IdentifierType("user_id", limit=1, paths=("userId",)),
    IdentifierType("email", limit=5, paths=("traits.email", "context.traits.email")),
    IdentifierType("phone", limit=5, paths=("traits.phone", "context.traits.phone")),
    IdentifierType("device_id", limit=20, paths=("context.device.id",)),
    IdentifierType("anonymous_id", limit=100, paths=("anonymousId",)),
)


@dataclass(frozen=True, slots=True)
class IdentityRules:
    """How a workspace tells people apart.

    Attributes:
        types: strongest first; an event goes to the person of its strongest identifier.
            `context.externalIds` of types not named here rank last, by name, under
            `custom_limit`.
        phone_region: ISO 3166 country that numbers without `+` are read in; none means
            that such numbers identify nobody.
    """

    types: tuple[IdentifierType, ...] = DEFAULT_IDENTIFIER_TYPES
    custom_limit: int = 5
    phone_region: str | None = None
    max_identifiers: int = 1000
    max_merges: int = 100


@dataclass(frozen=True, slots=True)
class WriteKey:
    """A source's key. An old key keeps working until `expires_at` (milliseconds), if set."""

    key: str
    expires_at: int | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Where events come from. `rate_limit` is in events a second; 0 is no limit."""

    id: str
    name: str
    write_keys: tuple[WriteKey, ...]
    enabled: bool = True
    rate_limit: int = 0


@dataclass(frozen=True, slots=True)
class DestinationConfig:
    """A destination that is switched on, and which events it gets.

    Attributes:
        type: its key in the table of destinations (`webhook`).
        settings: what that destination's own settings declare; secrets included.
        types: event types that it gets; empty means all.
        events: `track` names that it gets; empty means all.
        filter: a condition in Segment's FQL; an event on which it is false is not sent.
        people: of a `track` event's name, or of `*` for all that have none of their own, the ids
            of audiences; it is sent only of whoever is in one of them once it is stored.
    """

    id: str
    type: str
    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    enabled: bool = True
    types: tuple[EventType, ...] = ()
    events: tuple[str, ...] = ()
    filter: str | None = None
    people: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Suppression:
    """Of whom nothing is kept: hashes of identifiers, by `profiles.suppression.hash_of`.

    Attributes:
        erased_at: when somebody was last let in again who was erased, in milliseconds.
    """

    salt: str = ""
    hashes: frozenset[str] = frozenset()
    erased_at: int = 0


@dataclass(frozen=True, slots=True)
class WorkspaceConfig:
    """All of it. `version` grows with each change.

    Attributes:
        time_zone: IANA name of the zone whose days, weeks and months conditions mean.
        words: whose meaning the workspace has set, with the condition (JSON text) they mean.
        features: what audiences and computed traits keep of events, to the version from which on
            it is kept of every event; see `audiences.program`.
    """

    workspace: str
    version: int = 1
    identity: IdentityRules = field(default_factory=IdentityRules)
    sources: tuple[Source, ...] = ()
    destinations: tuple[DestinationConfig, ...] = ()
    time_zone: str = "UTC"
    audiences: tuple[Audience, ...] = ()
    computed_traits: tuple[ComputedTrait, ...] = ()
    features: Mapping[str, int] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    suppression: Suppression = field(default_factory=Suppression)
