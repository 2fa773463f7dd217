"""The MCP server over streamable HTTP at `/mcp`, with the same keys as the admin API.

Each request stands for itself: a server and its transport are made for it and end with it, so
there are no sessions to keep, and any of several servers may answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from headwater.api.asgi import App, Receive, Scope, Send
from headwater.api.ask import Asking, AskOrder
from headwater.api.authentication import Caller
from headwater.api.mcp_server import mcp_server
from headwater.api.mcp_tools import Ask
from headwater.api.services import Services
from headwater.errors import BadRequest, NotFound

PATH = "/mcp"


class McpApp:
    """Answers `/mcp`; every other request goes to `next_app`."""

    def __init__(self, next_app: App, *, services: Services) -> None:
        self._next_app = next_app
        self._asking = Asking(services)
        self._max_body_bytes = services.max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one ASGI request."""
        if scope["type"] != "http" or scope["path"].rstrip("/") != PATH:
            await self._next_app(scope, receive, send)
            return
        try:
            from mcp.server.streamable_http_manager import (  # noqa: PLC0415 - only where it is used
                StreamableHTTPSessionManager,
            )
            from mcp.server.transport_security import (  # noqa: PLC0415 - only where it is used
                TransportSecuritySettings,
            )
        except ImportError as error:
            raise NotFound("This server has no MCP: install the package 'mcp'.") from error
        manager = StreamableHTTPSessionManager(
            app=mcp_server(self._ask_for(scope["state"]["caller"])),
            json_response=True,
            stateless=True,
            # A page that rebinds its name to this address has no key.
            security_settings=TransportSecuritySettings(enable_dns_rebinding_protection=False),
            max_request_body_size=self._max_body_bytes,
        )
        async with manager.run():
            await manager.handle_request(scope, receive, send)

    def _ask_for(self, caller: Caller) -> Ask:
        async def ask(body: Mapping[str, Any], *, only_plan: bool) -> dict[str, Any]:
            order = order_of(body)
            view = await self._asking.ask(caller, order, only_plan=only_plan)
            return view.model_dump(mode="json")

        return ask


def order_of(body: Mapping[str, Any]) -> AskOrder:
    """Answer the order in a tool's arguments.

    Raises:
        BadRequest: it is none.
    """
    try:
        return AskOrder.model_validate(dict(body))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "arguments"
        raise BadRequest(f"{where}: {first['msg']}.") from error
