"""The answer to a page's events keeps its visitor in a cookie."""

from __future__ import annotations

from collections.abc import Sequence

from headwater.api.collect_answer import Answer
from headwater.api.collect_head import Head
from headwater.collect.arrival import Arrival
from headwater.collect.visitor import set_cookie, visitor_of


def with_cookie(
    answer: Answer,
    name: str,
    arrivals: Sequence[Arrival],
    *,
    head: Head,
) -> Answer:
    """Answer the same, with the visitor's cookie where there is one to set.

    Args:
        answer: to a page of a browser, so its request had an `Origin`.
        name: the cookie's.
        arrivals: what the page's request brought.
        head: the request's.
    """
    visitor = visitor_of(arrivals)
    if visitor is None:
        return answer
    headers = head.headers
    is_forwarded = headers.get(b"x-forwarded-proto", b"") == b"https"
    cookie = set_cookie(
        name,
        visitor,
        origin=headers[b"origin"].decode("latin-1"),
        host=headers.get(b"host", b"").decode("latin-1"),
        is_secure=is_forwarded or head.scheme == "https",
    )
    if cookie is None:
        return answer
    named = [*answer.headers, (b"set-cookie", cookie.encode("latin-1"))]
    return Answer(answer.status, answer.body, named)
