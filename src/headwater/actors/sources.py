"""A workspace's sources and their write keys."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from headwater.actors.workspace_settings import WorkspaceSettings
from headwater.errors import BadRequest, Conflict, NotFound
from headwater.workspace import Source, WriteKey

MAX_SOURCES = 1000
MAX_OVERLAP_SECONDS = 90 * 24 * 3600

# What gets through a header, and through Basic authentication (settings.py reads presets alike).
_KEY_PATTERN = re.compile(r"[!#-+\--9;-~]{1,200}")
_CHANGEABLE = frozenset({"name", "enabled", "rate_limit"})


class Sources(WorkspaceSettings):
    """The part of a workspace's actor that owns its sources."""

    def sources(self) -> tuple[Source, ...]:
        """Answer all sources, oldest first, each with its write keys, newest first."""
        keys: dict[str, list[WriteKey]] = {}
        for source, key, expires_at in self._sql.execute(
            "SELECT source, key, expires_at FROM write_keys WHERE workspace = ? "
            "ORDER BY expires_at IS NOT NULL, created_at DESC, key",
            (self._workspace,),
        ):
            keys.setdefault(source, []).append(WriteKey(key, expires_at))
        rows = self._sql.execute(
            "SELECT id, name, enabled, rate_limit FROM sources WHERE workspace = ? "
            "ORDER BY created_at, id",
            (self._workspace,),
        )
        return tuple(
            Source(own, name, tuple(keys.get(own, ())), enabled=bool(enabled), rate_limit=rate)
            for own, name, enabled, rate in rows
        )

    def source(self, source: str) -> Source:
        """Answer one source; raise `NotFound` where the workspace has none of that id."""
        for one in self.sources():
            if one.id == source:
                return one
        raise NotFound(f"There is no source {source[:80]!r}; GET /v1/sources lists them.")

    def create_source(
        self, *, name: str, now: int, rate_limit: int = 0, write_key: str | None = None
    ) -> Source:
        """Make a source with one write key and answer it.

        Args:
            name: for people, to know it by.
            now: the time, in milliseconds.
            rate_limit: events a second that it may send; 0 is no limit.
            write_key: brought along (from Segment, say); drawn where None.

        Raises:
            BadRequest: the brought key is empty, too long or has odd characters.
            Conflict: the key is in use, or the workspace has as many sources as it may.
        """
        made = Source(self._new_id("src_"), name, (), rate_limit=rate_limit)
        with self._sql.transaction():
            if len(self.sources()) >= MAX_SOURCES:
                raise Conflict(
                    f"The workspace has {MAX_SOURCES} sources, as many as it may; "
                    "delete one, or send from one source with a property that tells them apart."
                )
            self._sql.execute(
                "INSERT INTO sources (workspace, id, name, enabled, rate_limit, created_at) "
                "VALUES (?, ?, ?, 1, ?, ?)",
                (self._workspace, made.id, name, rate_limit, now),
            )
            self._add_key(made.id, write_key or self._new_id("wk_"), now)
            self._grow_version()
        return self.source(made.id)

    def preset_source(self, write_key: str, *, name: str, now: int) -> Source:
        """Make sure that an operator's write key works; again is no change.

        One that was rotated away works again: whoever presets a key wants that.

        Raises:
            BadRequest: the key is empty, too long or has odd characters.
            Conflict: the key belongs to another workspace.
        """
        for one in self.sources():
            for key in one.write_keys:
                if key.key == write_key:
                    return one if key.expires_at is None else self._keep_key(one.id, write_key)
        return self.create_source(name=name, now=now, write_key=write_key)

    def update_source(self, source: str, changes: Mapping[str, Any]) -> Source:
        """Change `name`, `enabled` or `rate_limit` and answer the source.

        Raises:
            BadRequest: another field is named.
            NotFound: the workspace has no such source.
        """
        unknown = sorted(set(changes) - _CHANGEABLE)
        if unknown:
            raise BadRequest(f"A source's {unknown[0]!r} cannot be changed.")
        with self._sql.transaction():
            present = self.source(source)
            changed = replace(present, **changes)
            if changed == present:
                return present
            self._sql.execute(
                "UPDATE sources SET name = ?, enabled = ?, rate_limit = ? "
                "WHERE workspace = ? AND id = ?",
                (
                    changed.name,
                    int(changed.enabled),
                    changed.rate_limit,
                    self._workspace,
                    source,
                ),
            )
            self._grow_version()
        return changed

    def rotate_source(self, source: str, *, overlap_seconds: int, now: int) -> Source:
        """Give a source a new write key; the present one works for `overlap_seconds` more.

        Raises:
            BadRequest: the overlap is negative, or over 90 days.
            NotFound: the workspace has no such source.
        """
        if not 0 <= overlap_seconds <= MAX_OVERLAP_SECONDS:
            raise BadRequest(
                f"overlap_seconds is from 0 (the old key stops now) to {MAX_OVERLAP_SECONDS} "
                f"(90 days); {overlap_seconds} is not."
            )
        with self._sql.transaction():
            self.source(source)
            self._sql.execute(
                "UPDATE write_keys SET expires_at = ? "
                "WHERE workspace = ? AND source = ? AND expires_at IS NULL",
                (now + overlap_seconds * 1000, self._workspace, source),
            )
            self._sql.execute(
                "DELETE FROM write_keys WHERE workspace = ? AND source = ? AND expires_at <= ?",
                (self._workspace, source, now),
            )
            self._add_key(source, self._new_id("wk_"), now)
            self._grow_version()
        return self.source(source)

    def delete_source(self, source: str) -> Source:
        """Remove a source, and its keys with it; answer what was removed.

        Raises:
            NotFound: the workspace has no such source.
        """
        with self._sql.transaction():
            removed = self.source(source)
            for table, column in (("sources", "id"), ("write_keys", "source")):
                self._sql.execute(
                    f"DELETE FROM {table} WHERE workspace = ? "  # noqa: S608 - constants
                    f"AND {column} = ?",
                    (self._workspace, source),
                )
            self._grow_version()
        return removed

    def _keep_key(self, source: str, key: str) -> Source:
        with self._sql.transaction():
            self._sql.execute(
                "UPDATE write_keys SET expires_at = NULL "
                "WHERE workspace = ? AND source = ? AND key = ?",
                (self._workspace, source, key),
            )
            self._grow_version()
        return self.source(source)

    def _add_key(self, source: str, key: str, now: int) -> None:
        if not _KEY_PATTERN.fullmatch(key):
            raise BadRequest(
                "A write key is 1 to 200 printable ASCII characters without blanks, colons, "
                f"commas and quotes; {key[:80]!r} is not."
            )
        # The one look beyond the workspace: a key must lead to one source only.
        if self._sql.execute("SELECT 1 FROM write_keys WHERE key = ?", (key,)):
            raise Conflict("This write key is in use; leave write_key out and one is made.")
        self._sql.execute(
            "INSERT INTO write_keys (workspace, source, key, created_at) VALUES (?, ?, ?, ?)",
            (self._workspace, source, key, now),
        )
