"""The MCP server over streamable HTTP at `/mcp`, with the same keys as the admin API.

Each request stands for itself, so there are no sessions to keep, and any of several servers may
answer. The official package `mcp` answers where it is installed; elsewhere, such as on Cloudflare,
`mcp_stateless` does, which says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from pydantic import ValidationError

from headwater.api.admin_errors import MCP_PATH
from headwater.api.asgi import App, Receive, Scope, Send, header
from headwater.api.ask import Asking, AskOrder
from headwater.api.authentication import Caller
from headwater.api.errors import MethodNotAllowed, told
from headwater.api.mcp_official import official
from headwater.api.mcp_stateless import answer_post
from headwater.api.mcp_tools import Ask
from headwater.api.services import Services
from headwater.errors import BadRequest, Forbidden


class AnswerPost(Protocol):
    """Answers a POST of an MCP client."""

    async def __call__(
        self, scope: Scope, receive: Receive, send: Send, *, ask: Ask, max_body_bytes: int
    ) -> None:
        """Send the whole answer."""
        ...


class McpApp:
    """Answers `/mcp`; every other request goes to `next_app`."""

    def __init__(self, next_app: App, *, services: Services) -> None:
        self._next_app = next_app
        self._asking = Asking(services)
        self._max_body_bytes = services.max_body_bytes
        self._answer: AnswerPost | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one ASGI request."""
        if scope["type"] != "http" or scope["path"].rstrip("/") != MCP_PATH:
            await self._next_app(scope, receive, send)
            return
        _check(scope)
        if self._answer is None:
            self._answer = official() or answer_post
        ask = self._ask_for(scope["state"]["caller"], scope["state"]["request_id"])
        await self._answer(scope, receive, send, ask=ask, max_body_bytes=self._max_body_bytes)

    def _ask_for(self, caller: Caller, request_id: str) -> Ask:
        async def ask(body: Mapping[str, Any], *, only_plan: bool) -> dict[str, Any]:
            try:
                order = order_of(body)
                view = await self._asking.ask(caller, order, only_plan=only_plan)
            except Exception as error:
                raise told(error, request_id=request_id) from error
            return view.model_dump(mode="json")

        return ask


def _check(scope: Scope) -> None:
    """Raise what refuses a request whatever is in it.

    MCP wants `Origin` looked at, as a page whose name is made to lead here may send requests. What
    a browser adds to those by itself are credentials of Basic authentication, so a page has to
    know its key and send it as a bearer token. On Cloudflare no name but the Worker's leads to it.
    """
    if scope["method"] != "POST":
        raise MethodNotAllowed(scope["method"], allowed="POST", where=MCP_PATH)
    authorization = header(scope, b"authorization") or ""
    if header(scope, b"origin") and not authorization.lower().startswith("bearer "):
        raise Forbidden(
            f"A page asks {MCP_PATH} with its key as 'Authorization: Bearer hw_…': this request "
            "has an Origin, and browsers send the credentials of Basic authentication unasked."
        )


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
