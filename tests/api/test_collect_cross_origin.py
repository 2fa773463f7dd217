"""What a browser asks before and after it sends events to another origin."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.memory_intake import EVENT, KEY, Site, basic


@pytest.mark.parametrize("path", ["/v1/track", "/v1/t", "/v1/b", "/v1/m"])
async def test_preflights_are_answered_without_a_key(site: Site, path: str) -> None:
    """Both vendors' browser SDKs, and whatever headers a site adds to them."""
    answer = await site.ask(
        path,
        method="OPTIONS",
        headers={
            "Origin": "https://shop.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,x-retry-count,X-Own",
        },
    )

    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == "https://shop.example"
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert answer.headers["access-control-max-age"] == "86400"
    allowed = set(answer.headers["access-control-allow-headers"].split(", "))
    rudder = {"anonymousid", "sentat", "rsa-retry-attempt", "rsa-recovered"}
    assert {"authorization", "content-type", "x-retry-count"} | rudder <= allowed
    assert "authorization,x-retry-count,x-own" in answer.headers["access-control-allow-headers"]


async def test_a_preflight_that_asks_for_nonsense_gets_the_usual_headers(site: Site) -> None:
    """Nothing but header names is repeated."""
    headers = {"Access-Control-Request-Headers": "a b"}

    answer = await site.ask("/v1/track", method="OPTIONS", headers=headers)

    assert "a b" not in answer.headers["access-control-allow-headers"]


@pytest.mark.parametrize(
    ("path", "method", "body", "headers", "status"),
    [
        ("/v1/track", "POST", EVENT, KEY, 200),
        ("/v1/track", "POST", {}, KEY, 400),
        ("/v1/track", "POST", EVENT, {}, 401),
        ("/v1/track", "POST", EVENT, basic("off:"), 403),
        ("/v1/track", "GET", b"", KEY, 405),
        ("/v1/batch", "POST", b" " * 600_000, KEY, 413),
        ("/v1/pixel/page", "GET", b"", {}, 200),
    ],
)
async def test_every_answer_can_be_read_by_the_page_that_asked(
    site: Site, path: str, method: str, body: Any, headers: Any, status: int
) -> None:
    """CORS headers are on errors too, and let the SDK see how long to wait."""
    with_origin = {**headers, "Origin": "https://shop.example"}

    answer = await site.ask(path, body, method=method, headers=with_origin)
    assert answer.status == status
    assert answer.headers["access-control-allow-origin"] == "https://shop.example"
    assert "Retry-After" in answer.headers["access-control-expose-headers"]
    assert answer.headers["content-length"] == str(len(answer.body))

    answer = await site.ask(path, body, method=method, headers=headers)
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("headers", [{}, basic("nobody:")])
async def test_no_page_makes_its_visitor_asked_for_a_password(site: Site, headers: Any) -> None:
    """Browsers do that for a challenge, to a page of the same origin at least."""
    page = {**headers, "Origin": "https://shop.example"}

    to_page = await site.ask("/v1/track", EVENT, headers=page)
    to_program = await site.ask("/v1/track", EVENT, headers=headers)

    assert (to_page.status, to_program.status) == (401, 401)
    assert "www-authenticate" not in to_page.headers
    assert to_program.headers["www-authenticate"].startswith("Basic ")  # RFC 9110, section 15.5.2
