"""A workspace's audiences and computed traits: made, changed and removed as a whole that fits."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from headwater.actors.workspace_settings import WorkspaceSettings
from headwater.audiences.audience import Audience, ComputedTrait
from headwater.audiences.calendar import zone_of
from headwater.audiences.fitting import named, require_fit, with_ids
from headwater.audiences.program import features_of
from headwater.errors import BadRequest, Conflict, NotFound

MAX_AUDIENCES = 5000
MAX_COMPUTED_TRAITS = 500

_KEY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,99}")
_CHANGEABLE = frozenset({"key", "name", "description", "definition", "enabled", "destinations"})
_COLUMNS = "id, key, name, description, definition, enabled, since"
_STORE = f"""
INSERT INTO {{table}} (workspace, {_COLUMNS}, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (workspace, id) DO UPDATE SET key = excluded.key, name = excluded.name,
    description = excluded.description, definition = excluded.definition,
    enabled = excluded.enabled, since = excluded.since
"""  # noqa: S608 - a constant

Kept = TypeVar("Kept", Audience, ComputedTrait)


class AudienceSettings(WorkspaceSettings):
    """The part of a workspace's actor that owns its audiences and computed traits."""

    def audiences(self) -> tuple[Audience, ...]:
        """Answer all audiences, oldest first."""
        rows = self._sql.execute(
            "SELECT audience, destinations FROM audience_destinations WHERE workspace = ?",
            (self._workspace,),
        )
        told = {audience: tuple(json.loads(ids)) for audience, ids in rows}
        every = self._all("audiences", Audience)
        return tuple(
            replace(one, destinations=told[one.id]) if one.id in told else one for one in every
        )

    def audience(self, audience: str) -> Audience:
        """Answer one audience by its id or key; raise `NotFound` where there is none."""
        for one in self.audiences():
            if audience in {one.id, one.key}:
                return one
        raise NotFound(f"There is no audience {audience[:80]!r}; GET /v1/audiences lists them.")

    def create_audience(
        self,
        *,
        key: str,
        name: str,
        definition: str,
        now: int,
        description: str = "",
        enabled: bool = True,
        destinations: Sequence[str] = (),
    ) -> Audience:
        """Make an audience, whose definition is a condition, and answer it.

        Raises:
            BadRequest: the key or the definition cannot be, or names what is not there.
            Conflict: the key is taken, or there are as many audiences as there may be.
        """
        self._require_destinations(destinations)
        made = Audience(
            self._new_id("aud_"),
            key,
            name,
            definition,
            description,
            enabled=enabled,
            destinations=tuple(dict.fromkeys(destinations)),
        )
        return self._made("audiences", made, now)

    def update_audience(self, audience: str, changes: Mapping[str, Any]) -> Audience:
        """Change fields and answer the audience.

        Raises:
            BadRequest: a field cannot be changed, or not so.
            NotFound: the workspace has no such audience.
            Conflict: the key is taken.
        """
        with self._sql.transaction():
            return self._changed("audiences", self.audience(audience), changes)

    def delete_audience(self, audience: str) -> Audience:
        """Remove an audience and answer it; nobody is told that they left.

        Raises:
            NotFound: the workspace has no such audience.
            Conflict: other audiences name it.
        """
        with self._sql.transaction():
            return self._removed("audiences", self.audience(audience))

    def computed_traits(self) -> tuple[ComputedTrait, ...]:
        """Answer all computed traits, oldest first."""
        return self._all("computed_traits", ComputedTrait)

    def computed_trait(self, trait: str) -> ComputedTrait:
        """Answer one computed trait by its id or key; raise `NotFound` where there is none."""
        for one in self.computed_traits():
            if trait in {one.id, one.key}:
                return one
        raise NotFound(
            f"There is no computed trait {trait[:80]!r}; GET /v1/computed-traits lists them."
        )

    def create_computed_trait(
        self,
        *,
        key: str,
        name: str,
        definition: str,
        now: int,
        description: str = "",
        enabled: bool = True,
    ) -> ComputedTrait:
        """Make a computed trait, whose definition is a computation; see `create_audience`."""
        made = ComputedTrait(
            self._new_id("trt_"), key, name, definition, description, enabled=enabled
        )
        return self._made("computed_traits", made, now)

    def update_computed_trait(self, trait: str, changes: Mapping[str, Any]) -> ComputedTrait:
        """Change fields and answer the computed trait; see `update_audience`."""
        with self._sql.transaction():
            return self._changed("computed_traits", self.computed_trait(trait), changes)

    def delete_computed_trait(self, trait: str) -> ComputedTrait:
        """Remove a computed trait and answer it."""
        with self._sql.transaction():
            return self._removed("computed_traits", self.computed_trait(trait))

    def time_zone(self) -> str:
        """Answer the IANA name of the zone whose calendar conditions mean."""
        return self._kept()[0]

    def set_time_zone(self, zone: str) -> str:
        """Have days, weeks and months be those of this zone; all is decided anew.

        Raises:
            BadRequest: there is no such zone.
        """
        try:
            zone_of(zone)
        except ValueError as error:
            raise BadRequest(f"time_zone: {error}") from error
        with self._sql.transaction():
            _, features = self._kept()
            self._keep(zone, features)
            version = self._next_version()
            for table in ("audiences", "computed_traits"):
                self._sql.execute(
                    f"UPDATE {table} SET since = ? WHERE workspace = ?",  # noqa: S608 - names above
                    (version, self._workspace),
                )
            self._grow()
        return zone

    def features(self) -> dict[str, int]:
        """Answer what is kept of events, to the version from which on it is kept."""
        return self._kept()[1]

    def _kept(self) -> tuple[str, dict[str, int]]:
        rows = self._sql.execute(
            "SELECT time_zone, features FROM audience_settings WHERE workspace = ?",
            (self._workspace,),
        )
        return (rows[0][0], json.loads(rows[0][1])) if rows else ("UTC", {})

    def _keep(self, zone: str, features: Mapping[str, int]) -> None:
        self._sql.execute(
            "INSERT INTO audience_settings (workspace, time_zone, features) VALUES (?, ?, ?)"
            " ON CONFLICT (workspace) DO UPDATE"
            " SET time_zone = excluded.time_zone, features = excluded.features",
            (self._workspace, zone, json.dumps(features)),
        )

    def _next_version(self) -> int:
        return self.version() + 1

    def _all(self, table: str, kind: type[Kept]) -> tuple[Kept, ...]:
        rows = self._sql.execute(
            f"SELECT {_COLUMNS} FROM {table} WHERE workspace = ? "  # noqa: S608 - names above
            "ORDER BY created_at, id",
            (self._workspace,),
        )
        return tuple(
            kind(id_, key, name, definition, description, bool(enabled), since)
            for id_, key, name, description, definition, enabled, since in rows
        )

    def _made(self, table: str, made: Kept, now: int) -> Kept:
        most = MAX_AUDIENCES if isinstance(made, Audience) else MAX_COMPUTED_TRAITS
        with self._sql.transaction():
            if self._count(table) >= most:
                raise Conflict(
                    f"The workspace has {most:,} of them, as many as it may; delete one first."
                )
            made = self._checked(replace(made, since=self._next_version()))
            self._write(table, made, now)
            self._grow()
        return made

    def _count(self, table: str) -> int:
        count = f"SELECT count(*) FROM {table} WHERE workspace = ?"  # noqa: S608 - names above
        return int(self._sql.execute(count, (self._workspace,))[0][0])

    def _changed(self, table: str, present: Kept, changes: Mapping[str, Any]) -> Kept:
        unknown = sorted(set(changes) - _CHANGEABLE)
        if unknown:
            raise BadRequest(f"{unknown[0]}: cannot be changed.")
        if "destinations" in changes:
            self._require_destinations(changes["destinations"])
            changes = {**changes, "destinations": tuple(dict.fromkeys(changes["destinations"]))}
        changed = self._checked(replace(present, **changes))
        if changed == present:
            return present
        if changed.definition != present.definition or changed.enabled > present.enabled:
            changed = replace(changed, since=self._next_version())
        self._write(table, changed, 0)
        self._grow()
        return changed

    def _removed(self, table: str, present: Kept) -> Kept:
        for one in self.audiences():
            if present.id in named(one.condition):
                raise Conflict(f"The audience {one.key!r} names it; change that one first.")
        self._sql.execute(
            f"DELETE FROM {table} WHERE workspace = ? AND id = ?",  # noqa: S608 - names above
            (self._workspace, present.id),
        )
        self._tell(present.id, ())
        self._grow()
        return present

    def _checked(self, one: Kept) -> Kept:
        """Answer it with ids where it names others; raise where it does not fit among them."""
        if not _KEY.fullmatch(one.key):
            raise BadRequest(
                f"key: {one.key[:80]!r} should be 1 to 100 letters, digits, '_' and '-'."
            )
        is_audience = isinstance(one, Audience)
        peers: Sequence[Audience | ComputedTrait] = [
            peer
            for peer in (self.audiences() if is_audience else self.computed_traits())
            if peer.id != one.id
        ]
        taken = next((peer for peer in peers if one.key in {peer.key, peer.id}), None)
        if taken is not None:
            raise Conflict(f"key: {one.key!r} is taken by {taken.id}; choose another.")
        if isinstance(one, Audience):
            one = with_ids(one, [peer for peer in peers if isinstance(peer, Audience)])
        require_fit([*peers, one])
        return one

    def _write(self, table: str, one: Audience | ComputedTrait, now: int) -> None:
        fields = (one.id, one.key, one.name, one.description, one.definition)
        self._sql.execute(
            _STORE.format(table=table),
            (self._workspace, *fields, int(one.enabled), one.since, now),
        )
        if isinstance(one, Audience):
            self._tell(one.id, one.destinations)

    def _require_destinations(self, destinations: Sequence[str]) -> None:
        present = self._sql.execute(
            "SELECT id FROM destinations WHERE workspace = ?", (self._workspace,)
        )
        missing = sorted({*destinations} - {id_ for (id_,) in present})
        if missing:
            raise BadRequest(
                f"destinations: there is no destination {missing[0][:80]!r};"
                " GET /v1/destinations lists them with their ids."
            )

    def _tell(self, audience: str, destinations: Sequence[str]) -> None:
        """Note which destinations alone are told of an audience; without any, all are."""
        key = (self._workspace, audience)
        self._sql.execute(
            "DELETE FROM audience_destinations WHERE workspace = ? AND audience = ?", key
        )
        if destinations:
            ids = json.dumps(destinations)
            self._sql.execute("INSERT INTO audience_destinations VALUES (?, ?, ?)", (*key, ids))

    def _grow(self) -> None:
        """Grow the version; what is newly kept of events is kept from there on."""
        self._grow_version()
        zone, present = self._kept()
        needed = features_of(self.audiences(), self.computed_traits(), zone)
        version = self.version()
        self._keep(zone, {id_: present.get(id_, version) for id_ in sorted(needed)})
        self._sql.execute(
            "INSERT INTO backfills (workspace, version, cursor, done, total, started_at)"
            " VALUES (?, ?, '', 0, -1, 0) ON CONFLICT (workspace) DO UPDATE"
            " SET version = excluded.version, cursor = '', done = 0, total = -1,"
            " started_at = 0, finished_at = NULL",
            (self._workspace, version),
        )
