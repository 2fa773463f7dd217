"""Which redirects a request to the outside follows, and what goes along; on every runtime."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from headwater.ports import HttpFailure, HttpRequest, HttpResponse

MOST = 3
"""Redirects that one request follows."""

# RFC 9110, section 15.4: these two repeat the request; the others may turn a POST into a GET, which
# would drop the body and look like success.
_REPEATING = frozenset({307, 308})
_ALWAYS_FOLLOWED = frozenset({301, 302, 303, 307, 308})
# To another origin go only headers that cannot hold a secret of the first.
_FOR_ANY_ORIGIN = frozenset(
    {"accept", "content-type", "user-agent", "webhook-id", "webhook-signature", "webhook-timestamp"}
)


@dataclass(frozen=True, slots=True)
class Origin:
    """The part of a url that says whom one talks to; `scheme` and `host` in lower case."""

    scheme: str
    host: str
    port: int | None


def location(request: HttpRequest, response: HttpResponse) -> str | None:
    """Answer where a response sends the request on to; None where it is the answer."""
    followed = _ALWAYS_FOLLOWED if request.method in ("GET", "HEAD") else _REPEATING
    return response.headers.get("location") if response.status in followed else None


def onward(request: HttpRequest, url: str, *, before: Origin, after: Origin) -> HttpRequest:
    """Answer the request that follows a redirect to `url`.

    Raises:
        HttpFailure: the redirect leads from https to http.
    """
    if before.scheme == "https" and after.scheme == "http":
        raise HttpFailure(f"{before.host} redirects from https to http, which is not followed")
    headers: Mapping[str, str] = request.headers
    if before != after:
        headers = {
            name: value for name, value in headers.items() if name.lower() in _FOR_ANY_ORIGIN
        }
    return replace(request, url=url, headers=headers)
