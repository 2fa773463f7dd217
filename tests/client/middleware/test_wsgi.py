"""The WSGI middleware around real Flask and Django applications."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import django
import django.conf
import flask
import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.urls import path
from werkzeug.test import Client, EnvironBuilder, TestResponse

from headwater.client.middleware import HeadwaterWSGI
from tests.client.middleware.conftest import Recorded


class Browser(Client):
    """Reads every answer to its end, and then closes it, as servers do."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Make one request."""
        return super().open(*args, **kwargs, buffered=True)


def flask_app() -> flask.Flask:
    """A shop in Flask."""
    app = flask.Flask("shop")

    @app.get("/")
    def index() -> str:
        if user := flask.request.args.get("as"):
            flask.request.environ["headwater.user_id"] = user
        return "<h1>Tulips</h1>"

    @app.get("/stream")
    def stream() -> flask.Response:
        return flask.Response((part for part in ("<h1>", "Tulips", "</h1>")), mimetype="text/html")

    @app.get("/api")
    def api() -> dict[str, bool]:
        return {"ok": True}

    return app


def index(request: HttpRequest) -> HttpResponse:
    """A page in Django."""
    if user := request.GET.get("as"):
        request.META["headwater.user_id"] = user  # it is the environ
    return HttpResponse("<h1>Tulips</h1>")


urlpatterns = [path("", index), path("tulips/<str:name>", lambda request, name: index(request))]


@pytest.fixture(scope="module")
def django_app() -> Any:
    """Django, set up with this module for its addresses."""
    if not django.conf.settings.configured:
        django.conf.settings.configure(
            ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="tests", USE_TZ=True
        )
        django.setup()
    return WSGIHandler()


def test_flask_page_view(recorded: Recorded) -> None:
    """A page of Flask's is a `page` event, and sets the visitor's cookie."""
    browser = Browser(HeadwaterWSGI(flask_app(), client=recorded.client))
    first = browser.get(
        "/?utm_source=news&q=a b",
        base_url="https://shop.example.com",
        headers={"Referer": "https://news.example.com/", "User-Agent": "Mozilla/5.0"},
        environ_overrides={"REMOTE_ADDR": "203.0.113.7"},
    )
    assert first.text == "<h1>Tulips</h1>"
    cookie = first.headers["set-cookie"]
    assert re.match(r"hw_anonymous_id=[0-9a-f-]{36}; Max-Age=34560000; Path=/", cookie)
    second = browser.get("/?as=user-1", base_url="https://shop.example.com")
    assert "set-cookie" not in second.headers
    one, two = recorded.sent()
    assert one["context"]["ip"] == "203.0.113.7"
    assert one["context"]["campaign"] == {"source": "news"}
    assert one["properties"]["url"] == "https://shop.example.com/?utm_source=news&q=a%20b"
    assert two["userId"] == "user-1"
    assert one["anonymousId"] == two["anonymousId"]


def test_django_page_view(recorded: Recorded, django_app: Any) -> None:
    """A page of Django's too; its request's META is where a view says who is logged in."""
    browser = Browser(HeadwaterWSGI(django_app, client=recorded.client))
    assert browser.get("/tulips/röd?as=user-1").text == "<h1>Tulips</h1>"
    (event,) = recorded.sent()
    assert event["userId"] == "user-1"
    assert event["properties"]["path"] == "/tulips/röd"
    assert event["properties"]["url"] == "http://localhost/tulips/r%C3%B6d?as=user-1"


def test_streamed_page_is_told_of_when_it_is_closed(recorded: Recorded) -> None:
    """A body that is made while it is sent stays so, and is counted once."""
    app = HeadwaterWSGI(flask_app(), client=recorded.client)
    assert Browser(app).get("/stream").text == "<h1>Tulips</h1>"
    assert [event["type"] for event in recorded.sent()] == ["page"]


def test_requests_are_sent_where_asked_for(recorded: Recorded) -> None:
    """With `requests`, data is told of too, and paths can be left out."""
    app = HeadwaterWSGI(flask_app(), client=recorded.client, requests=True, exclude=["/secret*"])
    browser = Browser(app)
    browser.set_cookie("hw_anonymous_id", "v")
    browser.get("/api")
    browser.get("/secret/api")
    (event,) = recorded.sent()
    assert event["properties"]["path"] == "/api"
    assert event["properties"]["status"] == 200


def test_body_is_closed_also_when_the_application_fails(recorded: Recorded) -> None:
    """The application's own `close` runs, and its errors pass through."""
    closed = []

    class Body:
        def __iter__(self) -> Iterator[bytes]:
            raise RuntimeError("cut off")

        def close(self) -> None:
            closed.append(True)

    def app(environ: Any, start_response: Any) -> Any:
        start_response("200 OK", [("Content-Type", "text/html")])
        return Body()

    environ = EnvironBuilder().get_environ()
    body: Any = HeadwaterWSGI(app, client=recorded.client)(environ, lambda *_: print)
    with pytest.raises(RuntimeError, match="cut off"):
        list(body)
    body.close()
    assert closed == [True]
    assert [event["type"] for event in recorded.sent()] == ["page"]
