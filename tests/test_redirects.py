"""Which redirects are followed, and with which headers: the tables of `redirects`."""

from __future__ import annotations

import pytest

from headwater.ports import HttpFailure, HttpRequest, HttpResponse
from headwater.redirects import Origin, location, onward

HERE = Origin("https", "here.example", None)
HEADERS = {"Authorization": "secret", "Content-Type": "text/plain", "Webhook-Id": "1"}


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT"])
@pytest.mark.parametrize("status", [200, 300, 301, 302, 303, 304, 305, 307, 308, 404])
def test_who_follows_what(method: str, status: int) -> None:
    """GET and HEAD follow every redirect; what carries a body only those that repeat it."""
    followed = {307, 308} | ({301, 302, 303} if method in ("GET", "HEAD") else set())
    answered = location(HttpRequest(method, "/"), HttpResponse(status, {"location": "/new"}))

    assert answered == ("/new" if status in followed else None)


def test_without_a_location_there_is_nothing_to_follow() -> None:
    """The response is the answer."""
    assert location(HttpRequest("GET", "/"), HttpResponse(301)) is None


def test_all_headers_go_along_within_an_origin() -> None:
    """The same place may see what it was shown before."""
    request = HttpRequest("POST", "https://here.example/a", HEADERS, b"body")
    following = onward(request, "https://here.example/b", before=HERE, after=HERE)

    assert following == HttpRequest("POST", "https://here.example/b", HEADERS, b"body")


@pytest.mark.parametrize(
    "after", [Origin("https", "there.example", None), Origin("https", "here.example", 8443)]
)
def test_no_secret_goes_to_another_origin(after: Origin) -> None:
    """Another host or port sees what says how to read the body, and the signature."""
    request = HttpRequest("POST", "https://here.example/a", HEADERS, b"body")

    assert onward(request, "u", before=HERE, after=after).headers == {
        "Content-Type": "text/plain",
        "Webhook-Id": "1",
    }


def test_no_way_leads_from_https_to_http() -> None:
    """What was encrypted stays so."""
    request = HttpRequest("GET", "https://here.example/a")
    with pytest.raises(HttpFailure, match="from https to http"):
        onward(request, "u", before=HERE, after=Origin("http", "here.example", None))
