"""Who is asking: the admin key, the workspace that it is used on, and how often it may ask."""

from __future__ import annotations

from binascii import Error as NotBase64
from binascii import a2b_base64
from dataclasses import dataclass
from urllib.parse import parse_qsl

from headwater.actors.registry import (
    ALL_WORKSPACES,
    DEFAULT_WORKSPACE,
    ROLES,
    AdminKey,
    Registry,
    Role,
)
from headwater.api.admin_errors import SEGMENT_PREFIX
from headwater.api.asgi import App, Receive, Scope, Send, header
from headwater.api.encoded_path import decoded
from headwater.api.rate_limit import RateLimiter
from headwater.api.services import Services
from headwater.errors import BadRequest, Forbidden, NotFound, RateLimited, Unauthorized
from headwater.quantities import counted

WORKSPACE_HEADER = "Headwater-Workspace"

# What says nothing of any workspace.
PUBLIC_PATHS = frozenset({"/openapi.json"})


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever sent a request: a key, and the workspace that it is used on."""

    key: AdminKey
    workspace: str

    @property
    def may_see_all(self) -> bool:
        """Whether the key opens all workspaces."""
        return self.key.workspace == ALL_WORKSPACES

    def require(self, role: Role) -> None:
        """Raise `Forbidden` where the key's role is less than this."""
        if ROLES.index(self.key.role) < ROLES.index(role):
            raise Forbidden(
                f"This needs a key with role {role!r}; the key {self.key.name!r} "
                f"(…{self.key.last_four}) has role {self.key.role!r}."
            )


class Gate:
    """Lets requests with a known key pass, and puts their `Caller` into the scope's state."""

    def __init__(self, app: App, *, services: Services) -> None:
        self._app = app
        self._services = services
        self._rates = RateLimiter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one ASGI request."""
        if scope["type"] == "http" and scope["path"] not in PUBLIC_PATHS:
            caller = await self._caller(scope)
            scope = {**scope, "state": {**scope.get("state", {}), "caller": caller}}
        await self._app(scope, receive, send)

    async def _caller(self, scope: Scope) -> Caller:
        secret = secret_in(header(scope, b"authorization"))
        key = await self._services.registry.read(Registry.key, secret)
        if key is None:
            if secret.startswith("wk_"):
                raise Unauthorized(
                    "This is a write key, which only sends events to the tracking API's addresses, "
                    "such as /v1/track; here an admin key is needed (hw_…)."
                )
            raise Unauthorized("This admin key is not known, or was revoked.")
        self._count(key)
        workspace = self._workspace(scope, key)
        if key.workspace == ALL_WORKSPACES and workspace != DEFAULT_WORKSPACE:
            await self._require_workspace(workspace)
        return Caller(key, workspace)

    def _count(self, key: AdminKey) -> None:
        rate = self._services.requests_per_second
        try:
            self._rates.take(key.id, events=1, rate=rate, now=self._services.clock.now())
        except RateLimited as error:
            raise RateLimited(
                f"This admin key may make {counted(rate, 'request')} a second; wait, then ask "
                "again.",
                retry_after=error.retry_after,
            ) from error

    def _workspace(self, scope: Scope, key: AdminKey) -> str:
        named = _named_workspace(scope)
        if key.workspace == ALL_WORKSPACES:
            return named or DEFAULT_WORKSPACE
        if named not in {None, key.workspace}:
            raise Forbidden(f"This key opens workspace {key.workspace!r} and no other.")
        return key.workspace

    async def _require_workspace(self, workspace: str) -> None:
        if await self._services.registry.read(Registry.workspace, workspace) is None:
            raise NotFound(
                f"There is no workspace {workspace[:80]!r}; GET /v1/workspaces lists them."
            )


def secret_in(authorization: str | None) -> str:
    """Answer the admin key in an `Authorization` header: Bearer, or Basic as the user name.

    Raises:
        Unauthorized: there is none.
    """
    scheme, _, value = (authorization or "").strip().partition(" ")
    if scheme.lower() == "bearer" and value.strip():
        return value.strip()
    if scheme.lower() == "basic":
        try:
            user = a2b_base64(value.strip() + "==").decode().partition(":")[0]
        except (NotBase64, ValueError):
            user = ""
        if user:
            return user
    raise Unauthorized(
        "Send an admin key as 'Authorization: Bearer hw_…', or as the user of Basic "
        "authentication with an empty password."
    )


def _named_workspace(scope: Scope) -> str | None:
    """Answer the workspace that a request names: in its path, its header or its query."""
    if scope["path"].startswith(SEGMENT_PREFIX):
        try:
            return decoded(scope["path"].removeprefix(SEGMENT_PREFIX).partition("/")[0])
        except ValueError as error:
            raise BadRequest(f"The space in the path cannot be read: {error}.") from error
    in_header = header(scope, WORKSPACE_HEADER.lower().encode())
    query = parse_qsl(scope["query_string"].decode("latin-1"))
    in_query = next((value for name, value in query if name == "workspace"), None)
    if in_header and in_query and in_header != in_query:
        raise BadRequest(
            f"The header {WORKSPACE_HEADER} names {in_header[:80]!r} and the query "
            f"{in_query[:80]!r}; name one workspace."
        )
    return in_header or in_query
