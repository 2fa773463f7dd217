"""An MCP server out of the official `mcp` package, over whatever answers orders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater import __version__
from headwater.api.mcp_tools import INSTRUCTIONS, Ask, as_text, call, descriptions

if TYPE_CHECKING:
    from mcp.server import Server


def mcp_server(ask: Ask) -> Server[Any]:
    """Answer a server whose tools are the plans, for one caller.

    Raises:
        ImportError: the package `mcp` is not installed.
    """
    # Imported here, so that a server that speaks no MCP needs none of it.
    import mcp_types as types  # noqa: PLC0415 - see above
    from mcp.server import Server, ServerRequestContext  # noqa: PLC0415 - see above

    async def list_tools(
        _: ServerRequestContext[Any], __: types.PaginatedRequestParams | None
    ) -> types.ListToolsResult:
        tools = [types.Tool.model_validate(one) for one in descriptions()]
        return types.ListToolsResult(tools=tools)

    async def call_tool(
        _: ServerRequestContext[Any], params: types.CallToolRequestParams
    ) -> types.CallToolResult:
        answer, is_error = await call(params.name, params.arguments or {}, ask)
        content: list[types.ContentBlock] = [types.TextContent(type="text", text=as_text(answer))]
        return types.CallToolResult(content=content, structured_content=answer, is_error=is_error)

    return Server(
        "headwater",
        version=__version__,
        title="Headwater",
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )
