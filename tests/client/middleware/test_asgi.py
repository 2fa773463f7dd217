"""The ASGI middleware around real Starlette and FastAPI applications."""

from __future__ import annotations

import logging
import re
from typing import Any

import fastapi
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from headwater.client import AsyncClient
from headwater.client.middleware import HeadwaterASGI, Identity
from tests.client.middleware.conftest import Recorded

BROWSER = {
    "user-agent": "Mozilla/5.0",
    "accept-language": "de-AT,de;q=0.9",
    "referer": "https://news.example.com/",
}


async def home(request: Request) -> HTMLResponse:
    """A page; the query may say who is logged in."""
    if user := request.query_params.get("as"):
        request.scope["headwater.user_id"] = user
    return HTMLResponse("<h1>Tulips</h1>")


async def api(_: Request) -> JSONResponse:
    """Data."""
    return JSONResponse({"ok": True})


async def away(_: Request) -> RedirectResponse:
    """A redirect."""
    return RedirectResponse("/")


async def broken(_: Request) -> HTMLResponse:
    """A fault."""
    raise RuntimeError("out of tulips")


def browser(recorded: Recorded, **options: Any) -> TestClient:
    """Answer a browser in a shop that is watched."""
    app = Starlette(
        routes=[
            Route("/", home),
            Route("/tulips/röd", home),
            Route("/api", api),
            Route("/away", away),
            Route("/broken", broken),
            Route("/static/a.html", home),
        ],
        middleware=[Middleware(HeadwaterASGI, client=recorded.client, **options)],
    )
    return TestClient(
        app, base_url="https://shop.example.com", follow_redirects=False, headers=BROWSER
    )


def test_page_view_is_sent_with_its_context(recorded: Recorded) -> None:
    """An HTML page is one `page` event with address, referrer, campaign, locale and agent."""
    answer = browser(recorded).get(
        "/tulips/r%C3%B6d?utm_source=news&utm_campaign=may", headers={"cookie": "hw_anonymous_id=v"}
    )
    assert answer.text == "<h1>Tulips</h1>"
    (event,) = recorded.sent()
    assert event["type"] == "page"
    assert event["anonymousId"] == "v"
    assert "userId" not in event
    page = {
        "path": "/tulips/röd",
        "url": "https://shop.example.com/tulips/r%C3%B6d?utm_source=news&utm_campaign=may",
        "search": "?utm_source=news&utm_campaign=may",
        "referrer": "https://news.example.com/",
    }
    assert event["properties"] == page
    told = event["context"]
    assert told["page"] == page
    assert told["campaign"] == {"source": "news", "name": "may"}
    assert told["locale"] == "de-AT"
    assert told["userAgent"] == "Mozilla/5.0"
    assert told["ip"] == "testclient"


def test_new_visitor_gets_a_cookie_and_keeps_it(recorded: Recorded) -> None:
    """The first page sets a lasting first-party cookie; the next one comes by the same id."""
    visits = browser(recorded)
    first = visits.get("/")
    cookie = first.headers["set-cookie"]
    assert re.fullmatch(
        r"hw_anonymous_id=[0-9a-f-]{36}; Max-Age=34560000; Path=/; SameSite=Lax; Secure", cookie
    )
    second = visits.get("/")
    assert "set-cookie" not in second.headers
    one, two = recorded.sent()
    assert one["anonymousId"] == two["anonymousId"] == visits.cookies["hw_anonymous_id"]


@pytest.mark.parametrize("value", ["seg-1", "%22seg-1%22"])
def test_visitor_of_segments_script_is_taken_over(recorded: Recorded, value: str) -> None:
    """Where a site had analytics.js, its visitors are known by the same id."""
    answer = browser(recorded).get("/", headers={"cookie": f"ajs_anonymous_id={value}"})
    assert "set-cookie" not in answer.headers
    assert [event["anonymousId"] for event in recorded.sent()] == ["seg-1"]


def test_view_may_say_who_it_is(recorded: Recorded) -> None:
    """What a view leaves in the scope is the user id, beside the visitor's own id."""
    browser(recorded).get("/?as=user-1", headers={"cookie": "hw_anonymous_id=v"})
    (event,) = recorded.sent()
    assert (event["userId"], event["anonymousId"]) == ("user-1", "v")


def test_callable_says_who_it_is(recorded: Recorded) -> None:
    """`identify` sees the request once it was answered; an `Identity` may bring its own id."""
    options = {"identify": lambda request: Identity(7, request.headers["x-device"])}
    browser(recorded, **options).get("/", headers={"x-device": "d-1"})
    (event,) = recorded.sent()
    assert (event["userId"], event["anonymousId"]) == ("7", "d-1")


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/api", {}),
        ("/away", {}),
        ("/nowhere", {}),
        ("/static/a.html", {}),
        ("/", {"sec-purpose": "prefetch;prerender"}),
        ("/", {"sec-fetch-dest": "iframe"}),
        ("/", {"x-requested-with": "XMLHttpRequest"}),
        ("/", {"hx-request": "true"}),
        ("/", {"sec-gpc": "1"}),
    ],
)
def test_what_is_no_page_view_is_left_out(
    recorded: Recorded, path: str, headers: dict[str, str]
) -> None:
    """Data, redirects, errors, prefetches, parts of pages and private visits are no page views."""
    answer = browser(recorded).get(path, headers=headers)
    assert recorded.sent() == []
    assert "set-cookie" not in answer.headers


def test_privacy_control_does_not_hide_who_logged_in(recorded: Recorded) -> None:
    """A known user's pages are counted; only their anonymous ones are private."""
    browser(recorded).get("/?as=user-1", headers={"sec-gpc": "1"})
    assert [event["userId"] for event in recorded.sent()] == ["user-1"]


def test_requests_are_sent_where_asked_for(recorded: Recorded) -> None:
    """With `requests`, every other answer of somebody known is a `Request Completed`."""
    visits = browser(recorded, requests=True, properties=lambda request: {"tier": "free"})
    visits.post("/nowhere", headers={"cookie": "hw_anonymous_id=v"})
    visits.get("/api")  # nobody: it has no cookie and sets none
    (event,) = recorded.sent()
    assert event["event"] == "Request Completed"
    duration = event["properties"].pop("duration_ms")
    assert duration >= 0
    assert event["properties"] == {
        "method": "POST",
        "path": "/nowhere",
        "status": 404,
        "tier": "free",
    }


def test_error_of_the_application_goes_its_own_way(recorded: Recorded) -> None:
    """An exception passes through, and no page view is claimed."""
    with pytest.raises(RuntimeError, match="out of tulips"):
        browser(recorded).get("/broken")
    assert recorded.sent() == []


def test_error_of_a_callable_breaks_no_page(
    recorded: Recorded, caplog: pytest.LogCaptureFixture
) -> None:
    """What tracks a page never turns it into an error; the fault is logged."""

    def identify(_: object) -> str:
        raise LookupError("no session")

    with caplog.at_level(logging.ERROR, "headwater.client"):
        answer = browser(recorded, identify=identify).get("/")
    assert answer.status_code == 200
    assert "no session" in caplog.text
    assert recorded.sent() == []


def test_closed_client_breaks_no_page(recorded: Recorded, caplog: pytest.LogCaptureFixture) -> None:
    """While the program ends, pages are still answered."""
    recorded.client.close()
    assert browser(recorded).get("/").status_code == 200
    assert "not tracked" in caplog.text


async def test_fastapi_with_the_async_client() -> None:
    """FastAPI's own `add_middleware`, and the client that is awaited."""
    import json

    import httpx

    events: list[dict[str, Any]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        events.extend(json.loads(request.content)["batch"])
        return httpx.Response(200)

    app = fastapi.FastAPI()

    @app.get("/", response_class=fastapi.responses.HTMLResponse)
    async def index() -> str:
        return "<h1>Tulips</h1>"

    transport = httpx.MockTransport(answer)
    async with AsyncClient("key", transport=transport, spool=None, gzip=False) as client:
        app.add_middleware(HeadwaterASGI, client=client)
        inside = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=inside, base_url="http://shop.local") as web:
            assert (await web.get("/")).status_code == 200
    assert [event["type"] for event in events] == ["page"]
