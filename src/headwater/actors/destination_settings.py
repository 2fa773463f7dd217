"""A workspace's destinations: which are switched on, with which settings, for which events."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from headwater.actors.workspace_settings import WorkspaceSettings
from headwater.destinations import configuration
from headwater.errors import BadRequest, Conflict, NotFound
from headwater.workspace import DestinationConfig

MAX_DESTINATIONS = 200

_CHANGEABLE = frozenset({"name", "settings", "enabled", "types", "events", "filter", "people"})
_COLUMNS = "id, type, name, settings, enabled, types, events, filter, people"


class Destinations(WorkspaceSettings):
    """The part of a workspace's actor that owns its destinations."""

    def destinations(self) -> tuple[DestinationConfig, ...]:
        """Answer all destinations, oldest first, secrets included."""
        rows = self._sql.execute(
            f"SELECT {_COLUMNS} FROM destinations WHERE workspace = ? "  # noqa: S608 - constants
            "ORDER BY created_at, id",
            (self._workspace,),
        )
        return tuple(_destination(row) for row in rows)

    def destination(self, destination: str) -> DestinationConfig:
        """Answer one destination; raise `NotFound` where the workspace has none of that id."""
        for one in self.destinations():
            if one.id == destination:
                return one
        raise NotFound(
            f"There is no destination {destination[:80]!r}; GET /v1/destinations lists them."
        )

    def create_destination(
        self,
        *,
        destination_type: str,
        name: str,
        now: int,
        changes: Mapping[str, Any] | None = None,
    ) -> DestinationConfig:
        """Switch a destination on and answer it, secrets made where left out.

        Args:
            destination_type: its key in the table of destinations (`webhook`).
            name: for people, to know it by.
            now: the time, in milliseconds.
            changes: what differs from a `DestinationConfig` with nothing set.

        Raises:
            BadRequest: the type is unknown, or settings or filter are not valid.
            Conflict: the workspace has as many destinations as it may.
        """
        fresh = DestinationConfig(self._new_id("dst_"), destination_type, name)
        made = configuration.created(_changed(fresh, changes or {}), self._random)
        with self._sql.transaction():
            if len(self.destinations()) >= MAX_DESTINATIONS:
                raise Conflict(
                    f"The workspace has {MAX_DESTINATIONS} destinations, as many as it may; "
                    "delete one first."
                )
            self._store(made, now)
            self._grow_version()
        return made

    def update_destination(self, destination: str, changes: Mapping[str, Any]) -> DestinationConfig:
        """Change fields and answer the destination.

        `settings` are merged into the present ones: one that is None goes back to its default,
        a secret that is `HIDDEN` stays as it is.

        Raises:
            BadRequest: a field cannot be changed, or the result is not valid.
            NotFound: the workspace has no such destination.
        """
        with self._sql.transaction():
            present = self.destination(destination)
            changed = configuration.changed(_changed(present, changes), present)
            if changed == present:
                return present
            self._store(changed, 0)
            self._grow_version()
        return changed

    def delete_destination(self, destination: str) -> DestinationConfig:
        """Remove a destination; answer what was removed.

        Raises:
            NotFound: the workspace has no such destination.
        """
        with self._sql.transaction():
            removed = self.destination(destination)
            self._sql.execute(
                "DELETE FROM destinations WHERE workspace = ? AND id = ?",
                (self._workspace, destination),
            )
            self._grow_version()
        return removed

    def _store(self, one: DestinationConfig, now: int) -> None:
        """Write a row; an update keeps the time at which it was made."""
        self._sql.execute(
            f"INSERT INTO destinations (workspace, {_COLUMNS}, created_at) "  # noqa: S608 - same
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (workspace, id) DO UPDATE SET name = excluded.name, "
            "settings = excluded.settings, enabled = excluded.enabled, types = excluded.types, "
            "events = excluded.events, filter = excluded.filter, people = excluded.people",
            (
                self._workspace,
                one.id,
                one.type,
                one.name,
                json.dumps(dict(one.settings)),
                int(one.enabled),
                json.dumps(one.types),
                json.dumps(one.events),
                one.filter,
                json.dumps(one.people),
                now,
            ),
        )


def _changed(present: DestinationConfig, changes: Mapping[str, Any]) -> DestinationConfig:
    unknown = sorted(set(changes) - _CHANGEABLE)
    if unknown:
        raise BadRequest(f"A destination's {unknown[0]!r} cannot be changed.")
    fields = dict(changes)
    if "settings" in fields:
        fields["settings"] = {**present.settings, **fields["settings"]}
    for name in ("types", "events"):
        if name in fields:
            fields[name] = tuple(fields[name])
    if "people" in fields:
        fields["people"] = {name: tuple(ids) for name, ids in fields["people"].items()}
    return replace(present, **fields)


def _destination(row: tuple[Any, ...]) -> DestinationConfig:
    id_, type_, name, settings, enabled, types, events, condition, people = row
    return DestinationConfig(
        id_,
        type_,
        name,
        settings=json.loads(settings),
        enabled=bool(enabled),
        types=tuple(json.loads(types)),
        events=tuple(json.loads(events)),
        filter=condition,
        people={name: tuple(ids) for name, ids in json.loads(people).items()},
    )
