"""Segment's tracking API on the wire: a plain ASGI app, since every event comes this way.

What the answers mean, and why they are these: `docs/collect.md`. In short, 200 is durable, 4xx is
for the sender to correct (every SDK drops it at once), 429 and 503 are to be sent again later,
and there is never a redirect, which SDKs would take for success.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from time import perf_counter

import msgspec

from headwater.api.collect_answer import (
    ACCEPTED,
    SHOWN,
    Answer,
    Send,
    accepted,
    send_answer,
    send_preflight,
)
from headwater.api.collect_head import Head, HeadReader, Scope
from headwater.api.collect_routes import ROUTES, Route
from headwater.api.collect_settings import CollectSettings
from headwater.api.cors import preflight_headers
from headwater.api.credentials import key_in_token
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
from headwater.errors import BadRequest, Forbidden, Unauthorized, Unavailable
from headwater.ports import Clock, Random
from headwater.workspace import Source

App = Callable[[Scope, Receive, Send], Awaitable[None]]

_DRAIN_SECONDS = 5

TAKEN = "headwater.taken"
"""Where the scope of a request that was taken, but is answered at length, has its `Taken`."""


class Taken(msgspec.Struct):
    """What is to be stored of a request, and what it is refused for after that, if it is.

    Attributes:
        is_stored: its events are on the disk; what is left is to answer.
    """

    head: Head
    workspace: Workspace
    source: Source
    collected: Collected
    refusal: BadRequest | None = None
    is_stored: bool = False


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
        self._heads = HeadReader(settings.trusted_proxies)
        self._rates = RateLimiter()
        self._doors = Doors(directory, self._limits)
        self._is_draining = False

    def drain(self) -> None:
        """From now on answer new requests 503, so that the server can stop; see `Retry-After`."""
        self._is_draining = True

    def head(self, scope: Scope) -> Head | None:
        """Answer what a request says before its body, where `take` is for it; else None."""
        route = self._routes.get(scope["path"])
        if route is None or not route.method == scope["method"] == "POST":
            return None
        return None if route.call == "metrics" else self._heads.read(route, scope)

    def sender(self, head: Head, peer: str | None) -> Sender:
        """Answer who sent a request; `peer` is the address at the other end of the connection."""
        return self._heads.sender(head, peer)

    @property
    def largest_body(self) -> int:
        """The bytes of a body over which nothing of it is looked at."""
        return self._limits.batch

    def take(self, head: Head, sender: Sender, body: bytes) -> Taken | None:
        """Take a request's events at once, for a server that need not make a task for each.

        None where it is to be answered by calling this app instead, which says why.
        """
        if self._is_draining:
            return None
        try:
            return self._take(head, sender, body)
        except Exception:  # noqa: BLE001 - calling the app comes to the same, and answers it
            return None

    def store(self, taken: Taken) -> Awaitable[None] | None:
        """Answer what to wait for until what was taken is stored; `accepted` is then the answer.

        `observe` is then to be told. None where anything is to be refused: the app is then to be
        called with the taken in its scope, as `TAKEN`, and goes on from there.
        """
        if not taken.collected.arrivals or taken.collected.rejections:
            return None
        try:
            return self._intake.receive(taken.workspace.config, taken.collected.arrivals)
        except Exception:  # noqa: BLE001 - calling the app comes to the same, and answers it
            return None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one ASGI request."""
        route = self._route(scope) if scope["type"] == "http" else None
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
                answer = await self._answer(route, scope, receive)
            except ClientGone:
                return
            except Exception as error:  # noqa: BLE001 - whatever it was, the client gets an answer
                answer = self._refusal(route, error, origin)
            await send_answer(send, answer, origin)
            status = answer.status
        finally:
            self.observe(scope["path"], status, perf_counter() - started)

    def _route(self, scope: Scope) -> Route | None:
        path: str = scope["path"]
        route = self._routes.get(path)
        if route is None and path.startswith("//"):  # the host was set with a slash at its end
            return self._routes.get("/" + path.lstrip("/"))
        return route

    async def _answer(self, route: Route, scope: Scope, receive: Receive) -> Answer:
        if route.is_pixel and scope["method"] == "HEAD":
            return SHOWN  # nobody has seen it yet
        if scope["method"] != route.method:
            raise MethodNotAllowed(scope["method"], allowed=route.method, preflight=True)
        if route.is_pixel:
            body = event_in_query(scope["query_string"])
        else:  # read before anything is refused, or the client would not see the refusal
            body = await read_body(receive, limit=self._limits.batch)
        taken: Taken | None = scope.pop(TAKEN, None)
        if taken is None:
            if self._is_draining:
                raise Unavailable(
                    "The server is stopping; send the same again soon.", retry_after=_DRAIN_SECONDS
                )
            if route.call == "metrics":
                return ACCEPTED
            taken = self._taken(route, scope, body)
        arrivals, rejections = taken.collected.arrivals, taken.collected.rejections
        if arrivals and not taken.is_stored:
            await self._intake.receive(taken.workspace.config, arrivals)
        if rejections:
            await self._keep_rejected(taken)
        if taken.refusal is not None:
            raise taken.refusal
        return SHOWN if route.is_pixel else self.accepted(taken)

    def _taken(self, route: Route, scope: Scope, body: bytes) -> Taken:
        head, client = self._heads.read(route, scope), scope.get("client")
        return self._take(head, self._heads.sender(head, client[0] if client else None), body)

    def accepted(self, taken: Taken) -> Answer:
        """Answer what a request is answered by, all of whose events are stored."""
        answer, head = accepted(taken.collected.rejections), taken.head
        if head.origin is None or not self._visitor_cookie:
            return answer
        return with_cookie(answer, self._visitor_cookie, taken.collected.arrivals, head=head)

    async def _keep_rejected(self, taken: Taken) -> None:
        """Keep refused events for people to see, but for those of whom nothing is kept."""
        check, rejections = taken.workspace.collector.suppression, taken.collected.rejections
        kept = [one for one in rejections if not check.names_any(one.body)]
        self._suppressed(len(rejections) - len(kept))
        if kept:
            await self._intake.reject(taken.workspace.config.workspace, taken.source.id, kept)

    def _take(self, head: Head, sender: Sender, body: bytes) -> Taken:
        """Answer what to store of a request."""
        body = inflate(body, encoding=head.encoding, limit=self._limits.batch)
        key, now = head.key, self._clock.now()
        found = self._doors.open(key, now) if key else None
        try:
            envelope = self._open(head.route, body)
        except BadRequest as error:
            found = found or self._by_token(head, now)
            if found is None:
                raise
            # Kept where its sender can find it, as nobody else is told.
            return Taken(head, *found, Collected((), (reject(body, error),)), error)
        if found is None:
            key = write_key(envelope) or key_in_token(head.headers.get(b"authorization"))
            found = self._doors.open(key, now)
        workspace, source = found
        self._rates.take(key or "", events=len(envelope.events), rate=source.rate_limit, now=now)
        collected = workspace.collector.collect(
            envelope,
            Circumstances(source.id, sender, now, self._random, self._daily_salt()),
        )
        if collected.suppressed:
            self._suppressed(collected.suppressed)
        refusal = None
        if envelope.type and collected.rejections:
            refused = collected.rejections[0]
            refusal = BadRequest(refused.message, code=refused.code)
        return Taken(head, workspace, source, collected, refusal)

    def _by_token(self, head: Head, now: int) -> tuple[Workspace, Source] | None:
        """Answer whom a Bearer token lets in, where the body cannot say whose it is."""
        token = key_in_token(head.headers.get(b"authorization"))
        try:
            return self._doors.open(token, now) if token else None
        except (Forbidden, Unauthorized):
            return None

    def _open(self, route: Route, body: bytes) -> Envelope:
        if route.call == "batch":
            return open_batch(body, self._limits)
        return open_single(body, route.call, self._limits)

    def _refusal(self, route: Route, error: Exception, origin: bytes | None) -> Answer:
        request_id = self._random.uuid()
        answer = error_answer(error, request_id=request_id)
        if route.is_pixel and answer.status < 500 and answer.status not in {405, 429}:
            # An email shows its picture, whatever is wrong with the address.
            return SHOWN
        headers = list(answer.headers)
        if origin is not None:
            # A browser would ask the site's visitor for a name and a password.
            headers = [header for header in headers if header[0] != b"www-authenticate"]
        if self._is_draining:
            headers.append((b"connection", b"close"))  # a new one will find another server
        return Answer(answer.status, answer.body, headers)
