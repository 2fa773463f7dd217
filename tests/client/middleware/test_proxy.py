"""The tracking API under an application's own path."""

from __future__ import annotations

import base64
import json
from typing import Any

import fastapi
import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from headwater.api.collect_routes import ROUTES
from headwater.client import InvalidSettings
from headwater.client.middleware import CollectProxy, collect_router

EVENT = {"type": "track", "event": "Signed Up", "anonymousId": "v"}


class Upstream(httpx.AsyncBaseTransport):
    """A server that keeps what it was asked, and answers as told."""

    def __init__(self, answer: httpx.Response | Exception | None = None) -> None:
        self.asked: list[httpx.Request] = []
        self._answer = answer

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Keep the request and answer."""
        await request.aread()
        self.asked.append(request)
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer or httpx.Response(200, json={"success": True})


def site(upstream: Upstream, **options: Any) -> TestClient:
    """Answer a browser on a FastAPI site with the router under /ingest."""
    app = fastapi.FastAPI()
    router = collect_router("http://inside:8080", transport=upstream, **options)
    app.include_router(router, prefix="/ingest")
    return TestClient(app, base_url="https://shop.example.com")


def test_event_is_handed_on_as_it_is() -> None:
    """Path, query, body and the visitor's address reach the server; the answer comes back."""
    limited = httpx.Response(
        429,
        json={"success": False},
        headers={"retry-after": "3", "access-control-allow-origin": "*", "set-cookie": "a=b"},
    )
    upstream = Upstream(limited)
    answer = site(upstream).post(
        "/ingest/v1/t?x=1%202",
        content=json.dumps(EVENT),
        headers={
            "content-type": "text/plain",
            "authorization": "Basic a2V5Og==",
            "x-forwarded-for": "203.0.113.7",
            "origin": "https://shop.example.com",
        },
    )
    assert (answer.status_code, answer.json()) == (429, {"success": False})
    assert answer.headers["retry-after"] == "3"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["set-cookie"] == "a=b"
    (request,) = upstream.asked
    assert str(request.url) == "http://inside:8080/v1/t?x=1%202"
    assert json.loads(request.content) == EVENT
    assert request.headers["content-type"] == "text/plain"
    assert request.headers["authorization"] == "Basic a2V5Og=="
    assert request.headers["x-forwarded-for"] == "203.0.113.7, testclient"


def test_key_stays_on_the_site() -> None:
    """With a key of its own, the site puts it in place of the browser's."""
    upstream = Upstream()
    site(upstream, write_key="secret").post(
        "/ingest/v1/batch", content="{}", headers={"authorization": "Basic bm9uZTo="}
    )
    sent = upstream.asked[0].headers["authorization"]
    assert base64.b64decode(sent.removeprefix("Basic ")) == b"secret:"


def test_cookies_of_the_application_stay_there() -> None:
    """Only the visitor's own ids are passed on; sessions never are."""
    upstream = Upstream()
    site(upstream).post(
        "/ingest/v1/t", content="{}", headers={"cookie": "session=s; hw_anonymous_id=v; a=b"}
    )
    assert upstream.asked[0].headers["cookie"] == "hw_anonymous_id=v"


@pytest.mark.parametrize("path", sorted(ROUTES))
def test_every_tracking_address_is_reached(path: str) -> None:
    """All that the server collects by, it collects by here."""
    upstream = Upstream()
    assert site(upstream).post(f"/ingest{path}", content="{}").status_code == 200


@pytest.mark.parametrize(
    "path", ["/v1/people", "/v1/keys", "/metrics", "/v1/t/../keys", "/mcp", "/", "/v1/tt"]
)
def test_the_rest_of_the_server_is_not_reached(path: str) -> None:
    """The admin API is not opened to the world by mounting the tracking API."""
    upstream = Upstream()
    assert site(upstream).get(f"/ingest{path}").status_code == 404
    assert upstream.asked == []


def test_server_that_is_away_is_asked_again_later() -> None:
    """503 with Retry-After: browsers' SDKs keep the event and come again."""
    answer = site(Upstream(httpx.ConnectError("refused"))).post("/ingest/v1/t", content="{}")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


def test_body_without_end_is_cut() -> None:
    """More than 1 MB is refused before it is in memory."""
    upstream = Upstream()
    answer = site(upstream).post("/ingest/v1/batch", content=b"x" * (1024 * 1024 + 1))
    assert answer.status_code == 413
    assert upstream.asked == []


def test_mounted_in_starlette() -> None:
    """It is an ASGI application, so any framework can mount it."""
    upstream = Upstream()
    proxy = CollectProxy("http://inside:8080", transport=upstream)
    with TestClient(Starlette(routes=[Mount("/ingest", proxy)])) as browser:
        assert browser.options("/ingest/v1/t").status_code == 200
    assert upstream.asked[0].method == "OPTIONS"
    assert upstream.asked[0].url.path == "/v1/t"


def test_host_must_be_an_address() -> None:
    """A host without a scheme is a mistake that is said at once."""
    with pytest.raises(InvalidSettings, match="give the server's address"):
        CollectProxy("localhost:8080")
