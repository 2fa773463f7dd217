"""The outermost layer of the admin API: an id for each request, and no error left uncaught."""

from __future__ import annotations

from headwater.api.admin_errors import admin_error_answer
from headwater.api.asgi import App, Message, Receive, Scope, Send
from headwater.api.errors import ErrorAnswer
from headwater.api.request_body import ClientGone
from headwater.ports import Random


class Guard:
    """Puts `Request-Id` on every answer, and answers what the inner layers raise."""

    def __init__(self, app: App, *, random: Random) -> None:
        self._app = app
        self._random = random

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one ASGI request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = self._random.uuid()
        scope = {**scope, "state": {**scope.get("state", {}), "request_id": request_id}}
        has_started = False

        async def send_with_id(message: Message) -> None:
            nonlocal has_started
            if message["type"] == "http.response.start":
                has_started = True
                headers = [*message.get("headers", ()), (b"request-id", request_id.encode())]
                message = {**message, "headers": headers}
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        except ClientGone:
            return  # nobody is there to be answered
        except Exception as error:  # noqa: BLE001 - whatever it was, the caller gets an answer
            # Logged there. Once an answer has started it can only be cut off, which the server
            # does where an app returns early; raised, its log would show what people sent.
            answer = admin_error_answer(error, path=scope["path"], request_id=request_id)
            if not has_started:
                await send_answer(answer, send_with_id)


async def send_answer(answer: ErrorAnswer, send: Send) -> None:
    """Send an error as a whole ASGI response."""
    length = (b"content-length", str(len(answer.body)).encode())
    await send(
        {
            "type": "http.response.start",
            "status": answer.status,
            "headers": [*answer.headers, length],
        }
    )
    await send({"type": "http.response.body", "body": answer.body})
