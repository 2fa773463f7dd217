"""Middleware for WSGI applications: Django, Flask, Bottle, Pyramid."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Unpack
from urllib.parse import quote
from uuid import uuid4

from headwater.client.errors import ClientError
from headwater.client.middleware.cookie import set_cookie
from headwater.client.middleware.exchange import Request, Response
from headwater.client.middleware.options import Options, watching
from headwater.client.threaded import Client

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

logger = logging.getLogger("headwater.client")


class HeadwaterWSGI:
    """Tracks what a WSGI application answers, without delaying the answers.

    Args:
        app: the application.
        client: a `Client`. It stays yours to close.
        options: see `headwater.client.middleware.Watching`.

    Raises:
        InvalidSettings: an option cannot be.
    """

    def __init__(self, app: WSGIApplication, *, client: Client, **options: Unpack[Options]) -> None:
        self._app = app
        self._client = client
        self._watching = watching(options)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request by the application, and tell of it when it was sent."""
        request = _request(environ)
        if not self._watching.is_watched(request):
            return self._app(environ, start_response)
        began = time.perf_counter()
        visitor = self._watching.visitor(request)
        response: Response | None = None

        def start(
            status: str, headers: list[tuple[str, str]], *failure: Any
        ) -> Callable[[bytes], object]:
            nonlocal response, visitor
            kind = next((value for name, value in headers if name.lower() == "content-type"), "")
            response = Response(int(status[:3]), kind, time.perf_counter() - began)
            if self._watching.wants_cookie(request, response):
                visitor = visitor or str(uuid4())
                is_secure = request.scheme == "https"
                header = set_cookie(self._watching.cookie, visitor, is_secure=is_secure)
                headers = [*headers, ("Set-Cookie", header)]
            return start_response(status, headers, *failure)

        def tell() -> None:
            if response is not None:
                self._tell(request, response, visitor)

        return _Told(self._app(environ, start), tell)

    def _tell(self, request: Request, response: Response, visitor: str | None) -> None:
        try:
            call = self._watching.call(request, response, visitor)
            if call is not None:
                getattr(self._client, call.kind)(**call.arguments)
        except ClientError as error:
            logger.warning("A %s was not tracked: %s", request.method, error)
        except Exception:
            # The application has answered; what tracks it must not turn that into an error.
            logger.exception("A %s was not tracked.", request.method)


class _Told:
    """A body that calls back when the server has done with it (PEP 3333, `close`)."""

    def __init__(self, body: Iterable[bytes], tell: Callable[[], None]) -> None:
        self._body = body
        self._tell = tell

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._body)

    def close(self) -> None:
        """Let the application's own body close, and tell."""
        try:
            if hasattr(self._body, "close"):
                self._body.close()
        finally:
            self._tell()


def _request(environ: Mapping[str, Any]) -> Request:
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    # WSGI gives paths as latin-1 readings of bytes (PEP 3333, "Unicode Issues").
    path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
    return Request(
        method=environ["REQUEST_METHOD"],
        scheme=environ.get("wsgi.url_scheme", "http"),
        host=headers.get("host") or _host(environ),
        path=path.encode("latin-1").decode("utf-8", "replace") or "/",
        query=quote(environ.get("QUERY_STRING", ""), safe="%/:?#[]@!$&'()*+,;=~"),
        headers=headers,
        address=environ.get("REMOTE_ADDR") or None,
        state=environ,
    )


def _host(environ: Mapping[str, Any]) -> str:
    port = environ.get("SERVER_PORT", "80")
    usual = "443" if environ.get("wsgi.url_scheme") == "https" else "80"
    return f"{environ['SERVER_NAME']}{'' if port == usual else f':{port}'}"
