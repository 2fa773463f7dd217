"""`mcp`: the MCP server over standard input and output, for programs that start it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from headwater.errors import HeadwaterError
from headwater.local.command_line.options import with_server
from headwater.local.command_line.remote import Remote
from headwater.local.command_line.trouble import Trouble

if TYPE_CHECKING:
    from headwater.api.mcp_tools import Ask


class Answered(HeadwaterError):
    """What the server answered instead of doing what was asked."""

    def __init__(self, content: Mapping[str, Any], status: int) -> None:
        super().__init__(str(content.get("message")), code=str(content.get("code", "error")))
        self.status = status
        self._content = content

    def as_json(self) -> dict[str, Any]:
        """Answer what the server answered."""
        return dict(self._content)


@with_server
def mcp(server: Remote) -> None:
    """Serve MCP over standard input and output: for agents that start this command.

    The tools are the plans of the language; they are carried out by the server that --url, the
    environment or --data name. The same server speaks MCP over HTTP at /mcp.

    Examples:
        headwater mcp
        headwater mcp --workspace agent-tom
    """

    async def ask(body: Mapping[str, Any], *, only_plan: bool) -> dict[str, Any]:
        return await asyncio.to_thread(_asked, server, body, only_plan=only_plan)

    asyncio.run(_serve(ask))


async def _serve(ask: Ask) -> None:
    # Both take longer to import than most commands run.
    from mcp.server.stdio import stdio_server  # noqa: PLC0415 - see above

    from headwater.api.mcp_server import mcp_server  # noqa: PLC0415 - see above

    served = mcp_server(ask)
    async with stdio_server() as (reading, writing):
        await served.run(reading, writing, served.create_initialization_options())


def _asked(server: Remote, body: Mapping[str, Any], *, only_plan: bool) -> dict[str, Any]:
    parameters = {"plan": "true"} if only_plan else {}
    try:
        answer: dict[str, Any] = server.ask("POST", "/v1/ask", parameters=parameters, body=body)
    except Trouble as trouble:
        raise Answered(trouble.content or {"message": str(trouble)}, 400) from trouble
    return answer
