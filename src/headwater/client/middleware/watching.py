"""What of an application's traffic becomes an event, and whose it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import translate
from functools import cached_property
from typing import Any

from headwater.client.errors import InvalidSettings
from headwater.client.middleware.exchange import Request, Response, context

STATE_KEY = "headwater.user_id"
"""Where a view may leave the id of whoever is logged in, in ASGI's scope or WSGI's environ."""

ADOPTED_COOKIES = ("ajs_anonymous_id",)
"""Cookies of other libraries whose visitors are taken over, as they are known by that id."""

NOT_PAGES = (
    "/favicon.ico",
    "/robots.txt",
    "/static/*",
    "/assets/*",
    "/health",
    "/healthz",
    "/ready",
    "/readyz",
    "/metrics",
)
"""Paths that nobody visits. A `*` stands for anything, slashes too."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who made a request: at least one of the two."""

    user_id: str | int | None = None
    anonymous_id: str | None = None


Identify = Callable[[Request], "Identity | str | int | None"]


@dataclass(frozen=True, slots=True)
class Call:
    """One call to a client: `track` or `page`, with its arguments."""

    kind: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Watching:
    """The settings of a middleware.

    Attributes:
        identify: answers who made a request, once it was answered: an `Identity`, a user id, or
            None for somebody unknown. Without it, whatever a view left under
            `headwater.user_id` in the scope or environ.
        pages: send `page` for each HTML page that was answered to a browser.
        requests: send `Request Completed` for every other request, too.
        exclude: paths that are not watched, `*` standing for anything.
        cookie: the name of the cookie with the anonymous id.
        set_cookie: give a visitor without one a new one with their first page.
        respect_privacy_control: leave out whoever sends Global Privacy Control (`Sec-GPC: 1`,
            https://w3c.github.io/gpc/) without being logged in, and set them no cookie.
        properties: answers properties of your own for a request.
    """

    identify: Identify | None = None
    pages: bool = True
    requests: bool = False
    exclude: Sequence[str] = NOT_PAGES
    cookie: str = "hw_anonymous_id"
    set_cookie: bool = True
    respect_privacy_control: bool = True
    properties: Callable[[Request], Mapping[str, Any]] | None = None

    def __post_init__(self) -> None:
        """Refuse what could never work.

        Raises:
            InvalidSettings: `exclude` is text, or the cookie has no name that cookies may have.
        """
        if isinstance(self.exclude, str):
            raise InvalidSettings(f"exclude is text: give a list, as in [{self.exclude!r}]")
        if not re.fullmatch(r"[\w!#$%&'*+.^`|~-]+", self.cookie):
            raise InvalidSettings(f"cookie: {self.cookie!r} is no name for a cookie")

    @cached_property
    def _excluded(self) -> re.Pattern[str]:
        return re.compile("|".join(translate(path) for path in self.exclude) or r"(?!)")

    def is_watched(self, request: Request) -> bool:
        """Answer whether anything may come of a request."""
        return (
            (self.pages or self.requests)
            and not self._excluded.match(request.path)
            and "prefetch"
            not in request.headers.get("sec-purpose", request.headers.get("purpose", ""))
        )

    def visitor(self, request: Request) -> str | None:
        """Answer the anonymous id that a request brings in a cookie."""
        names = (self.cookie, *ADOPTED_COOKIES)
        return next((value for name in names if (value := request.cookie(name))), None)

    def is_page(self, request: Request, response: Response) -> bool:
        """Answer whether a person sees what was answered as a page of its own."""
        asked_for = request.headers.get("sec-fetch-dest", "document")
        return (
            request.method == "GET"
            and response.status < 300
            and response.content_type.partition(";")[0].strip().lower() == "text/html"
            and asked_for == "document"
            and request.headers.get("x-requested-with", "").lower() != "xmlhttprequest"
            and "hx-request" not in request.headers
        )

    def wants_cookie(self, request: Request, response: Response) -> bool:
        """Answer whether the answer should give the visitor an anonymous id."""
        return (
            self.set_cookie
            and self.pages
            and self.is_page(request, response)
            and self.visitor(request) is None
            and not self._is_private(request)
        )

    def call(self, request: Request, response: Response, visitor: str | None) -> Call | None:
        """Answer what to tell of an exchange, and None where there is nothing to tell.

        Args:
            request: what came in.
            response: how it was answered.
            visitor: the anonymous id that was brought, or that was given with the answer.
        """
        is_page = self.is_page(request, response)
        if not (self.pages if is_page else self.requests):
            return None
        identity = self._identity(request, visitor)
        if identity is None or (identity.user_id is None and self._is_private(request)):
            return None
        own = dict(self.properties(request)) if self.properties else {}
        told = context(request)
        who = {"user_id": identity.user_id, "anonymous_id": identity.anonymous_id}
        if is_page:
            return Call("page", {**who, "properties": {**told["page"], **own}, "context": told})
        properties = {
            "method": request.method,
            "path": request.path,
            "status": response.status,
            "duration_ms": round(response.seconds * 1000, 1),
            **own,
        }
        event = {"event": "Request Completed", "properties": properties}
        return Call("track", {**who, **event, "context": told})

    def _identity(self, request: Request, visitor: str | None) -> Identity | None:
        said = self.identify(request) if self.identify else request.state.get(STATE_KEY)
        if not isinstance(said, Identity):
            said = Identity(user_id=said)
        known = Identity(said.user_id, said.anonymous_id or visitor)
        return known if known.user_id is not None or known.anonymous_id else None

    def _is_private(self, request: Request) -> bool:
        return self.respect_privacy_control and request.headers.get("sec-gpc") == "1"
