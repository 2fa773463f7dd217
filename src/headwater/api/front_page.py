"""What is at `/`, for whoever opens the server's address: a page, a text, or JSON.

It asks nothing of anybody else, needs no JavaScript, and tells nothing that needs a key.
"""

from __future__ import annotations

import json
import re
from html import escape
from importlib import resources
from string import Template

from headwater import __version__
from headwater.api.asgi import Scope, header

HTML = b"text/html; charset=utf-8"
JSON = b"application/json"
TEXT = b"text/plain; charset=utf-8"

HEADERS = (
    (b"vary", b"accept"),
    (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'"),
    (b"referrer-policy", b"no-referrer"),
)
"""What is said with it beside what every file has."""

_HOST = re.compile(r"[A-Za-z0-9.-]+(:\d+)?|\[[0-9A-Fa-f:.]+\](:\d+)?")

_TEXT = Template("""Headwater $version is running.

Send an event, with a write key (`headwater source list` shows them):
  curl -u WRITE_KEY: $url/v1/track -H 'Content-Type: application/json' \\
    -d '{"userId": "user-1", "event": "Signed Up"}'

Look at people, deliveries and settings, with an admin key:
  headwater status
  headwater who user_id:user-1
  the admin API, which $url/openapi.json describes

For machines that watch this one: /health, /ready
""")


def front_page(scope: Scope, *, script_path: str) -> tuple[bytes, bytes]:
    """Answer the content, and its type: HTML for browsers, JSON for who asks for it, else text.

    Args:
        scope: of the request; the page's examples name the address that it was asked at.
        script_path: the browser snippet's address.
    """
    url = origin(scope)
    accepted = header(scope, b"accept") or ""
    if "text/html" in accepted:
        page = Template((resources.files(__package__) / "static" / "front_page.html").read_text())
        parts = {"version": __version__, "url": url, "script": f"{url}{script_path}"}
        return page.substitute({name: escape(part) for name, part in parts.items()}).encode(), HTML
    if "json" in accepted:
        told = {
            "name": "Headwater",
            "version": __version__,
            "events": f"{url}/v1/batch",
            "ask": f"{url}/v1/ask",
            "openapi": f"{url}/openapi.json",
            "health": f"{url}/health",
            "ready": f"{url}/ready",
        }
        return json.dumps(told).encode(), JSON
    return _TEXT.substitute(version=__version__, url=url).encode(), TEXT


def origin(scope: Scope) -> str:
    """Answer the address that a request was sent to, as its client has it, without a path."""
    forwarded = (header(scope, b"x-forwarded-proto") or "").partition(",")[0].strip()
    protocol = forwarded if forwarded in {"http", "https"} else scope.get("scheme", "http")
    host = header(scope, b"host") or ""
    return f"{protocol}://{host if _HOST.fullmatch(host) else 'localhost'}"
