"""Streamable HTTP by the official `mcp` package."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.api.asgi import Receive, Scope, Send
from headwater.api.mcp_server import mcp_server
from headwater.api.mcp_tools import Ask

if TYPE_CHECKING:
    from headwater.api.mcp_http import AnswerPost


def official() -> AnswerPost | None:
    """Answer what answers a POST by the package, or None where it is not installed.

    For each request a server and its transport are made, which end with it.
    """
    try:
        # Imported here, so that a server that nobody speaks MCP to needs none of it.
        from mcp.server.streamable_http_manager import (  # noqa: PLC0415 - see above
            StreamableHTTPSessionManager,
        )
        from mcp.server.transport_security import (  # noqa: PLC0415 - see above
            TransportSecuritySettings,
        )
    except ImportError:
        return None

    async def answer(
        scope: Scope, receive: Receive, send: Send, *, ask: Ask, max_body_bytes: int
    ) -> None:
        manager = StreamableHTTPSessionManager(
            app=mcp_server(ask),
            json_response=True,
            stateless=True,
            # It would want this server's names; `mcp_http` looks at what matters of `Origin`.
            security_settings=TransportSecuritySettings(enable_dns_rebinding_protection=False),
            max_request_body_size=max_body_bytes,
        )
        async with manager.run():
            await manager.handle_request(scope, receive, send)

    return answer
