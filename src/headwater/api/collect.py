"""Segment's tracking API on the wire: a plain ASGI app, since every event comes this way.

What the answers mean, and why they are these: `docs/collect.md`. In short, 200 is durable, 4xx is
for the sender to correct (every SDK drops it at once), 429 and 503 are to be sent again later,
and there is never a redirect, which SDKs would take for success.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from functools import lru_cache
from time import perf_counter
from typing import Any, NamedTuple

from msgspec.structs import replace

from headwater.api.client_address import ClientAddress
from headwater.api.collect_answer import (
    ACCEPTED,
    SHOWN,
    Answer,
    Send,
    accepted,
    send_answer,
    send_preflight,
)
from headwater.api.collect_routes import ROUTES, Route
from headwater.api.collect_settings import CollectSettings
from headwater.api.cors import preflight_headers
from headwater.api.credentials import key_in_header, key_in_query
from headwater.api.doors import Doors, Workspace
from headwater.api.errors import MethodNotAllowed, error_answer
from headwater.api.pixel import event_in_query
from headwater.api.rate_limit import RateLimiter
from headwater.api.request_body import ClientGone, Receive, read_body
from headwater.api.visitor_cookie import with_cookie
from headwater.collect.assemble import Circumstances, Collected, reject
from headwater.collect.enrich import Sender
from headwater.collect.envelope import Envelope, open_batch, open_single, write_key
from headwater.collect.intake import Directory, Intake
from headwater.collect.limits import inflate
from headwater.errors import BadRequest, Unavailable
from headwater.ports import Clock, Random
from headwater.workspace import Source

Scope = MutableMapping[str, Any]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_DRAIN_SECONDS = 5

# Where a request that was taken already, but must be answered at length, keeps what was taken.
_TAKEN = "headwater.taken"


class _Taken(NamedTuple):
    """What is to be stored of a request, and what it is refused for after that, if it is."""

    headers: Mapping[bytes, bytes]
    workspace: Workspace
    source: Source
    collected: Collected
    refusal: BadRequest | None = None


class CollectApp:
    """Answers the addresses in `ROUTES`; every other request goes to `next_app`.

    Of a request's way only reading its body, storing and answering are awaited: a coroutine for
    each step between would cost a tenth of a request of one event.
    """

    def __init__(
        self,
        *,
        intake: Intake,
        directory: Directory,
        clock: Clock,
        random: Random,
        next_app: App,
        settings: CollectSettings | None = None,
        observe: Callable[[str, int, float], None] = lambda _path, _status, _seconds: None,
        daily_salt: Callable[[], bytes] | None = None,
        suppressed: Callable[[int], None] = lambda _events: None,
    ) -> None:
        """Prepare; `observe` is told path, status and seconds of each request answered here.

        `suppressed` is told how many events were dropped, as nothing is kept of their people.

        The status is 499 where the client went away before there was an answer. `daily_salt`
        answers today's, to name visitors by who want nothing stored.
        """
        settings = settings or CollectSettings()
        self._routes = dict(ROUTES)
        if settings.events_path:
            self._routes[settings.events_path] = Route("batch")
        self._visitor_cookie = settings.visitor_cookie
        self._daily_salt: Callable[[], bytes | None] = daily_salt or (lambda: None)
        self._intake = intake
        self._clock = clock
        self._random = random
        self._next_app = next_app
        self.observe = observe
        self._suppressed = suppressed
        self._limits = settings.limits
        self._client_address = ClientAddress(settings.trusted_proxies)
        self._rates = RateLimiter()
        self._doors = Doors(directory, self._limits)
        self._is_draining = False

    def drain(self) -> None:
        """From now on answer new requests 503, so that the server can stop; see `Retry-After`."""
        self._is_draining = True

    def may_begin(self, scope: Scope) -> bool:
        """Tell whether `begin` is for this request; told by its line and headers alone."""
        route = self._routes.get(scope["path"])
        return (
            route is not None
            and route.method == scope["method"] == "POST"
            and route.call != "metrics"
            and not self._is_draining
        )

    def begin(self, scope: Scope, body: bytes) -> Awaitable[None] | None:
        """Take a request's events at once; answer what to wait for until they are stored.

        For a server that need not make a task for each request: `accepted` is then the answer,
        and `observe` is to be told. None where anything is to be refused: the request is then
        to be answered by calling this app, which goes on from here.
        """
        headers: dict[bytes, bytes] = dict(scope["headers"])
        try:
            taken = self._take(self._routes[scope["path"]], scope, headers, body)
            scope[_TAKEN] = taken
            if not taken.collected.arrivals or taken.collected.rejections:
                return None
            return self._intake.receive(taken.workspace.config, taken.collected.arrivals)
        except Exception:  # noqa: BLE001 - calling the app comes to the same, and answers it
            return None

    def accepted(self, scope: Scope) -> tuple[Answer, bytes | None]:
        """Answer what a request that was begun is answered by once it is stored, and its origin."""
        taken: _Taken = scope.pop(_TAKEN)
        return self._accepted(taken, scope), taken.headers.get(b"origin")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one ASGI request."""
        route = self._routes.get(scope["path"]) if scope["type"] == "http" else None
        if route is None:
            await self._next_app(scope, receive, send)
            return
        started, status = perf_counter(), 499
        headers: dict[bytes, bytes] = dict(scope["headers"])
        origin = headers.get(b"origin")
        try:
            if scope["method"] == "OPTIONS":
                requested = headers.get(b"access-control-request-headers")
                await send_preflight(send, preflight_headers(origin, requested))
                status = 200
                return
            try:
                answer = await self._answer(route, scope, receive, headers)
            except ClientGone:
                return
            except Exception as error:  # noqa: BLE001 - whatever it was, the client gets an answer
                answer = self._refusal(route, error)
            await send_answer(send, answer, origin)
            status = answer.status
        finally:
            self.observe(scope["path"], status, perf_counter() - started)

    async def _answer(
        self, route: Route, scope: Scope, receive: Receive, headers: Mapping[bytes, bytes]
    ) -> Answer:
        if scope["method"] != route.method:
            raise MethodNotAllowed(scope["method"], allowed=route.method)
        if route.is_pixel:
            body = event_in_query(scope["query_string"])
        else:  # read before anything is refused, or the client would not see the refusal
            body = await read_body(receive, limit=self._limits.batch)
        if self._is_draining:
            raise Unavailable(
                "The server is stopping; send the same again soon.", retry_after=_DRAIN_SECONDS
            )
        if route.call == "metrics":
            return ACCEPTED
        taken = scope.pop(_TAKEN, None) or self._take(route, scope, headers, body)
        arrivals, rejections = taken.collected.arrivals, taken.collected.rejections
        config = taken.workspace.config
        if arrivals:
            await self._intake.receive(config, arrivals)
        if rejections:
            await self._keep_rejected(taken)
        if taken.refusal is not None:
            raise taken.refusal
        return SHOWN if route.is_pixel else self._accepted(taken, scope)

    def _accepted(self, taken: _Taken, scope: Scope) -> Answer:
        answer, headers = accepted(taken.collected.rejections), taken.headers
        if b"origin" not in headers or not self._visitor_cookie:
            return answer
        arrivals = taken.collected.arrivals
        return with_cookie(answer, self._visitor_cookie, arrivals, scope=scope, headers=headers)

    async def _keep_rejected(self, taken: _Taken) -> None:
        """Keep refused events for people to see, but for those of whom nothing is kept."""
        check, rejections = taken.workspace.collector.suppression, taken.collected.rejections
        kept = [one for one in rejections if not check.names_any(one.body)]
        self._suppressed(len(rejections) - len(kept))
        if kept:
            await self._intake.reject(taken.workspace.config.workspace, taken.source.id, kept)

    def _take(
        self, route: Route, scope: Scope, headers: Mapping[bytes, bytes], body: bytes
    ) -> _Taken:
        """Answer what to store of a request."""
        encoding = headers.get(b"content-encoding", b"").decode("latin-1").strip().lower()
        body = inflate(body, encoding=encoding, limit=self._limits.batch)
        key = key_in_header(headers.get(b"authorization")) or key_in_query(scope["query_string"])
        now = self._clock.now()
        found = self._doors.open(key, now) if key else None
        try:
            envelope = self._open(route, body)
        except BadRequest as error:
            if found is None:
                raise
            # Kept where its sender can find it, as nobody else is told.
            return _Taken(headers, *found, Collected((), (reject(body, error),)), error)
        if found is None:
            key = write_key(envelope)
            found = self._doors.open(key, now)
        workspace, source = found
        self._rates.take(key or "", events=len(envelope.events), rate=source.rate_limit, now=now)
        collected = workspace.collector.collect(
            envelope,
            Circumstances(
                source.id,
                self._sender(route, scope, headers),
                now,
                self._random,
                self._daily_salt(),
            ),
        )
        if collected.suppressed:
            self._suppressed(collected.suppressed)
        refusal = None
        if envelope.type and collected.rejections:
            refused = collected.rejections[0]
            refusal = BadRequest(refused.message, code=refused.code)
        return _Taken(headers, workspace, source, collected, refusal)

    def _open(self, route: Route, body: bytes) -> Envelope:
        if route.call == "batch":
            return open_batch(body, self._limits)
        return open_single(body, route.call, self._limits)

    def _sender(self, route: Route, scope: Scope, headers: Mapping[bytes, bytes]) -> Sender:
        client = scope.get("client")
        forwarded_for = None
        if b"x-forwarded-for" in headers:  # each proxy may have added a line of its own
            lines = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
            forwarded_for = b",".join(lines).decode("latin-1")
        ip = self._client_address.read(client[0] if client else None, forwarded_for)
        is_browser = route.is_pixel or b"origin" in headers
        purpose = headers.get(b"sec-purpose", b"")
        sender = _sender(ip, headers.get(b"user-agent", b""), is_browser, purpose)
        if location := scope.get("headwater.location"):
            return replace(sender, location=location)
        return sender

    def _refusal(self, route: Route, error: Exception) -> Answer:
        request_id = self._random.uuid()
        answer = error_answer(error, request_id=request_id)
        if route.is_pixel and answer.status < 500 and answer.status not in {405, 429}:
            # An email shows its picture, whatever is wrong with the address.
            return SHOWN
        headers = list(answer.headers)
        if self._is_draining:
            headers.append((b"connection", b"close"))  # a new one will find another server
        return Answer(answer.status, answer.body, headers)


# Connections are kept alive, so most requests are of a sender that was just here.
@lru_cache(maxsize=1024)
def _sender(ip: str | None, user_agent: bytes, is_browser: bool, purpose: bytes) -> Sender:  # noqa: FBT001 - cached by position
    agent = user_agent.decode("latin-1")
    return Sender(
        ip=ip,
        user_agent=agent or None,
        is_browser=is_browser or agent.startswith("Mozilla/"),
        purpose=purpose.decode("latin-1") or None,
    )
