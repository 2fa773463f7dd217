"""Admin keys over HTTP: who may use this API, and for what."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from headwater.actors.registry import ALL_WORKSPACES, Registry, Role
from headwater.api.access import Admin, Reader
from headwater.api.fields import IdPath, Instant, Name, Order, Text, View
from headwater.api.services import Services
from headwater.errors import Forbidden, NotFound


class KeyView(View):
    """What is known of an admin key; the key itself is told once, when it is made."""

    id: str
    workspace: str
    name: str
    role: Role
    last_four: str
    created_at: Instant
    revoked_at: Instant | None


class NewKeyView(KeyView):
    """A key that was just made: `key` is told now and never again."""

    key: str


class KeysView(View):
    """The keys that open this workspace, revoked ones too."""

    keys: list[KeyView]


class KeyOrder(Order):
    """A new key. `workspace` may be `*`, for all, where the key that asks opens all."""

    name: Name
    role: Role
    workspace: Annotated[Text, Field(min_length=1)] | None = None


def key_routes(services: Services) -> APIRouter:
    """Answer the routes under `/v1/keys`."""
    routes = APIRouter(prefix="/v1/keys", tags=["keys"])
    _making(routes, services)
    _revoking(routes, services)
    return routes


def _making(routes: APIRouter, services: Services) -> None:
    registry = services.registry

    @routes.get("")
    async def keys(caller: Reader) -> KeysView:
        """List the keys of this workspace, and those for all where the key that asks is one."""
        found = list(await registry.read(Registry.keys, caller.workspace))
        if caller.may_see_all:
            found += await registry.read(Registry.keys, ALL_WORKSPACES)
        return KeysView(keys=[KeyView.model_validate(one) for one in found])

    @routes.post("", status_code=201)
    async def create_key(caller: Admin, order: KeyOrder) -> NewKeyView:
        """Make a key; the answer is the only place where it is told."""
        workspace = order.workspace or caller.workspace
        if workspace != caller.workspace and not caller.may_see_all:
            raise Forbidden(
                f"This key opens workspace {caller.workspace!r}, so it can only make keys for it."
            )
        made, secret = await registry.write(
            Registry.create_key,
            workspace,
            name=order.name,
            role=order.role,
            now=services.clock.now(),
        )
        return NewKeyView(**KeyView.model_validate(made).__dict__, key=secret)


def _revoking(routes: APIRouter, services: Services) -> None:
    registry = services.registry

    @routes.delete("/{key}")
    async def revoke_key(caller: Admin, key: IdPath) -> KeyView:
        """Revoke a key; it opens nothing from now on."""
        scopes = [caller.workspace, *([ALL_WORKSPACES] if caller.may_see_all else [])]
        for scope in scopes:
            if any(one.id == key for one in await registry.read(Registry.keys, scope)):
                revoked = await registry.write(
                    Registry.revoke_key, scope, key, now=services.clock.now()
                )
                return KeyView.model_validate(revoked)
        raise NotFound(f"There is no key {key[:80]!r}; GET /v1/keys lists them.")
