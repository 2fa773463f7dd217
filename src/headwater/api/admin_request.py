"""What every request to the admin API must be before anything of it is looked at."""

from __future__ import annotations

from headwater.api.admin_errors import PUBLIC_PREFIXES, NotAcceptable, UnsupportedMediaType
from headwater.api.asgi import App, Message, Receive, Scope, Send, header
from headwater.api.request_body import read_body
from headwater.collect.limits import depth
from headwater.errors import BadRequest, TooLarge

_WITH_BODY = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_MAX_DEPTH = 64
_EVENT_STREAM = "/v1/tail"
_LIVE = "/live"
_WITH_PAGE = "/v1/erasures/"
_SEGMENTS = frozenset(
    {f"application/vnd.segment.{one}+json" for one in ("v1", "v1beta", "v1alpha")}
)
_WITH_CSV = frozenset({"/v1/questions", "/v1/sql"})


class RequestLimits:
    """Refuses bodies that are too large, too deep or no JSON, and answers nobody could read."""

    def __init__(self, app: App, *, max_body_bytes: int) -> None:
        self._app = app
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one ASGI request."""
        if scope["type"] == "http":
            _check_accept(scope)
            if scope["method"] in _WITH_BODY:
                receive = replayed(await self._body(scope, receive), receive)
        await self._app(scope, receive, send)

    async def _body(self, scope: Scope, receive: Receive) -> bytes:
        try:
            body = await read_body(receive, limit=self._max_body_bytes)
        except TooLarge as error:
            raise TooLarge(
                f"The body is over {self._max_body_bytes} bytes, the limit here."
            ) from error
        if body:
            _check_media_type(scope)
            if (found := depth(body)) > _MAX_DEPTH:
                raise BadRequest(
                    f"Objects and lists are nested {found} deep; the limit is {_MAX_DEPTH}."
                )
        return body


def replayed(body: bytes, receive: Receive) -> Receive:
    """Answer a `receive` that hands over a body that was read already."""
    is_done = False

    async def replay() -> Message:
        nonlocal is_done
        if is_done:
            return await receive()
        is_done = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def _check_media_type(scope: Scope) -> None:
    given = header(scope, b"content-type") or ""
    media_type = given.partition(";")[0].strip().lower()
    known = {"application/json"}
    if scope["path"].startswith(PUBLIC_PREFIXES):
        known |= _SEGMENTS
    if media_type not in known:
        raise UnsupportedMediaType(
            f"Content-Type is {given[:80]!r}; send JSON, as application/json."
        )
    encoding = (header(scope, b"content-encoding") or "identity").strip().lower()
    if encoding != "identity":
        raise UnsupportedMediaType(
            f"Content-Encoding {encoding[:80]!r} is not read here; send the body as it is."
        )


def _check_accept(scope: Scope) -> None:
    accepted = header(scope, b"accept")
    if accepted is None or not accepted.strip():
        return
    streams = scope["path"] == _EVENT_STREAM or scope["path"].endswith(_LIVE)
    made = "text/event-stream" if streams else "application/json"
    wanted = {made, f"{made.partition('/')[0]}/*", "*/*", "application/json"}
    if scope["path"].startswith(PUBLIC_PREFIXES):
        wanted |= _SEGMENTS
    if scope["path"] in _WITH_CSV:
        wanted.add("text/csv")
    if scope["path"].startswith(_WITH_PAGE):
        wanted.add("text/html")
    for part in accepted.split(","):
        media_type, *parameters = (one.strip().lower() for one in part.split(";"))
        refused = any(one in {"q=0", "q=0.0", "q=0.00", "q=0.000"} for one in parameters)
        if media_type in wanted and not refused:
            return
    raise NotAcceptable(f"Accept is {accepted[:80]!r}; the answer here is {made}.")
