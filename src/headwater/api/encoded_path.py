"""Paths whose parts may hold any character: `/`, `:` and `+` of a value stay inside its part.

ASGI hands over the path decoded, where `user_id:a%2Fb` cannot be told from two parts
(https://asgi.readthedocs.io/en/latest/specs/www.html, `raw_path`). So routes are matched on an
encoded path, in one canonical spelling, and each parameter is decoded by itself.
"""

from __future__ import annotations

from urllib.parse import quote, unquote, unquote_to_bytes

from headwater.api.asgi import App, Receive, Scope, Send

_PLAIN = ":@!$&'()*,;=~"  # of what RFC 3986, section 3.3, allows; some read a bare + as a blank


class EncodedPath:
    """Gives an ASGI app the encoded path as its path."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one ASGI request."""
        if scope["type"] == "http":
            scope = {**scope, "path": _canonical(_raw_path(scope))}
        await self._app(scope, receive, send)


def decoded(part: str) -> str:
    """Answer a path parameter's value; raise ValueError where it is no UTF-8."""
    try:
        return unquote(part, errors="strict")
    except UnicodeDecodeError as error:
        raise ValueError("it is not percent-encoded UTF-8") from error


def encoded(value: str) -> str:
    """Answer a value as it is written in a path."""
    return quote(value, safe=_PLAIN)


def _raw_path(scope: Scope) -> bytes:
    raw: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
    return raw.split(b"?")[0]


def _canonical(raw: bytes) -> str:
    return "/".join(quote(unquote_to_bytes(part), safe=_PLAIN) for part in raw.split(b"/"))
