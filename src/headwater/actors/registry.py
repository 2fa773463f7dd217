"""The actor that knows which workspaces there are, and whose admin keys open them."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import Any, Literal

from headwater.errors import BadRequest, Conflict, NotFound
from headwater.ports import Random, Sql

Role = Literal["read", "write", "admin"]

ROLES: tuple[Role, ...] = ("read", "write", "admin")
ALL_WORKSPACES = "*"
DEFAULT_WORKSPACE = "default"
WORKSPACE_PATTERN = r"^[a-z0-9][a-z0-9_-]{0,62}$"

# What gets through a header, and through Basic authentication (settings.py reads presets alike).
_KEY_PATTERN = re.compile(r"[!#-+\--9;-~]{8,200}")
_COLUMNS = "id, workspace, name, role, last_four, created_at, revoked_at"


@dataclass(frozen=True, slots=True)
class Workspace:
    """A workspace's name for people; its `id` is in paths, keys and file names."""

    id: str
    name: str
    created_at: int


@dataclass(frozen=True, slots=True)
class AdminKey:
    """What is known of an admin key: everything but the key.

    Attributes:
        workspace: the one that it opens, or `*` for all.
        last_four: the key's last characters, so that people recognise it.
        revoked_at: since when it opens nothing, in milliseconds; None while it does.
    """

    id: str
    workspace: str
    name: str
    role: Role
    last_four: str
    created_at: int
    revoked_at: int | None = None


def hash_of(key: str) -> str:
    """Answer what is stored in a key's place: its SHA-256 in hexadecimal."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


class Registry:
    """Workspaces and admin keys over `Sql`. Times are milliseconds since 1970-01-01 UTC."""

    def __init__(self, sql: Sql, *, random: Random) -> None:
        """Work on a database in which `registry.sql` has been applied."""
        self._sql = sql
        self._random = random

    def workspaces(self) -> tuple[Workspace, ...]:
        """Answer all workspaces by id."""
        rows = self._sql.execute(
            "SELECT workspace, name, created_at FROM workspaces ORDER BY workspace"
        )
        return tuple(Workspace(*row) for row in rows)

    def workspace(self, workspace: str) -> Workspace | None:
        """Answer one workspace, or None where there is none of that id."""
        rows = self._sql.execute(
            "SELECT workspace, name, created_at FROM workspaces WHERE workspace = ?", (workspace,)
        )
        return Workspace(*rows[0]) if rows else None

    def create_workspace(self, workspace: str, *, name: str | None = None, now: int) -> Workspace:
        """Make a workspace and answer it.

        Raises:
            BadRequest: the id is not one that paths and file names can hold.
            Conflict: there is one of that id.
        """
        if not re.fullmatch(WORKSPACE_PATTERN, workspace):
            raise BadRequest(
                f"A workspace's id is 1 to 63 characters of a-z, 0-9, '_' and '-', starting with "
                f"a letter or digit; {workspace[:80]!r} is not. Example: 'shop-eu'."
            )
        with self._sql.transaction():
            if self.workspace(workspace):
                raise Conflict(f"There is a workspace {workspace!r} already; choose another id.")
            made = Workspace(workspace, name or workspace, now)
            self._sql.execute(
                "INSERT INTO workspaces (workspace, name, created_at) VALUES (?, ?, ?)",
                (made.id, made.name, made.created_at),
            )
        return made

    def keys(self, workspace: str) -> tuple[AdminKey, ...]:
        """Answer the keys made for exactly this workspace (or `*`), newest first, revoked too."""
        rows = self._sql.execute(
            f"SELECT {_COLUMNS} FROM admin_keys WHERE workspace = ? "  # noqa: S608 - constants
            "ORDER BY created_at DESC, id",
            (workspace,),
        )
        return tuple(_key(row) for row in rows)

    def key(self, secret: str) -> AdminKey | None:
        """Answer the key that this secret is, or None for an unknown or revoked one.

        It is found by its hash, so how long the search takes tells nothing about other keys.
        """
        hashed = hash_of(secret)
        rows = self._sql.execute(
            f"SELECT {_COLUMNS}, hash FROM admin_keys "  # noqa: S608 - constants
            "WHERE hash = ? AND revoked_at IS NULL",
            (hashed,),
        )
        if rows and hmac.compare_digest(rows[0][-1], hashed):
            return _key(rows[0][:-1])
        return None

    def create_key(
        self, workspace: str, *, name: str, role: Role, now: int, secret: str | None = None
    ) -> tuple[AdminKey, str]:
        """Make a key for a workspace, or for all (`*`); answer it and its secret, told only now.

        Args:
            workspace: the one that it opens, or `*`.
            name: for people, to know it by.
            role: what it may do.
            now: the time, in milliseconds.
            secret: preset by the operator; drawn where None.

        Raises:
            BadRequest: an unknown role, or a preset that is too short or has odd characters.
            Conflict: this secret is a key already, perhaps a revoked one.
            NotFound: there is no such workspace.
        """
        if role not in ROLES:
            raise BadRequest(f"A key's role is one of {', '.join(ROLES)}; {role!r} is not.")
        if secret is None:
            secret = "hw_" + (self._random.uuid() + self._random.uuid()).replace("-", "")
        elif not _KEY_PATTERN.fullmatch(secret):
            raise BadRequest(
                "A preset admin key is 8 to 200 printable ASCII characters without blanks, "
                "colons, commas and quotes."
            )
        with self._sql.transaction():
            self._require_scope(workspace)
            return self._store_key(workspace, name, role, secret, now), secret

    def preset_key(self, secret: str, *, now: int) -> AdminKey:
        """Make sure that an operator's key opens all workspaces as admin; again is no change.

        Raises:
            BadRequest: it is too short or has odd characters.
            Conflict: it was revoked, or is known with less than that.
        """
        present = self.key(secret)
        if present is None:
            return self.create_key(
                ALL_WORKSPACES, name="preset", role="admin", now=now, secret=secret
            )[0]
        if present.workspace != ALL_WORKSPACES or present.role != "admin":
            raise Conflict(
                f"The preset admin key is key {present.id!r} with role {present.role!r} for "
                f"workspace {present.workspace!r}; preset another one."
            )
        return present

    def revoke_key(self, workspace: str, key: str, *, now: int) -> AdminKey:
        """End a key of exactly this workspace (or `*`) at once; again is no change.

        Raises:
            NotFound: the workspace has no such key.
            Conflict: it is the last admin key for all workspaces.
        """
        with self._sql.transaction():
            found = next((one for one in self.keys(workspace) if one.id == key), None)
            if found is None:
                raise NotFound(f"There is no key {key[:80]!r}; GET /v1/keys lists them.")
            if found.revoked_at is None:
                self._require_another_admin(found)
                self._sql.execute(
                    "UPDATE admin_keys SET revoked_at = ? WHERE workspace = ? AND id = ?",
                    (now, workspace, key),
                )
        return next(one for one in self.keys(workspace) if one.id == key)

    def _store_key(self, workspace: str, name: str, role: Role, secret: str, now: int) -> AdminKey:
        hashed = hash_of(secret)
        if self._sql.execute("SELECT 1 FROM admin_keys WHERE hash = ?", (hashed,)):
            raise Conflict("This admin key is known already, or was revoked; choose another.")
        key = AdminKey(
            "key_" + self._random.uuid().replace("-", ""), workspace, name, role, secret[-4:], now
        )
        self._sql.execute(
            "INSERT INTO admin_keys (workspace, id, hash, last_four, name, role, created_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (workspace, key.id, hashed, key.last_four, name, role, now),
        )
        return key

    def _require_scope(self, workspace: str) -> None:
        if workspace != ALL_WORKSPACES and self.workspace(workspace) is None:
            raise NotFound(
                f"There is no workspace {workspace[:80]!r}; GET /v1/workspaces lists them."
            )

    def _require_another_admin(self, key: AdminKey) -> None:
        """Keep the operator from locking everybody out."""
        others = [
            one
            for one in self.keys(ALL_WORKSPACES)
            if one.role == "admin" and one.revoked_at is None and one.id != key.id
        ]
        if key.workspace == ALL_WORKSPACES and key.role == "admin" and not others:
            raise Conflict(
                "This is the last admin key for all workspaces; make another with "
                'POST /v1/keys {"workspace": "*", "role": "admin"} first.'
            )


def _key(row: tuple[Any, ...]) -> AdminKey:
    return AdminKey(*row)
