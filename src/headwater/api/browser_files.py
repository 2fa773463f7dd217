"""The files that browsers fetch, and what is said with each; it needs nothing but Python itself."""

from __future__ import annotations

from importlib import resources

from headwater import __version__

ENTRY = "standalone.js"
"""The file of analytics-next that begins."""

BUNDLES = "/analytics-next/bundles/"
"""Where its files are, that one among them."""

SCRIPT = b"text/javascript; charset=utf-8"
TEXT = b"text/plain; charset=utf-8"
SHORT = b"public, max-age=300"  # so that a change reaches visitors within minutes
LONG = b"public, max-age=31536000, immutable"  # their names change with their content


def headers(content_type: bytes, caching: bytes) -> list[tuple[bytes, bytes]]:
    """Answer what is said with each of these files."""
    return [
        (b"content-type", content_type),
        (b"cache-control", caching),
        (b"access-control-allow-origin", b"*"),
        (b"cross-origin-resource-policy", b"cross-origin"),
        (b"x-content-type-options", b"nosniff"),
    ]


def snippet() -> bytes:
    """Answer the text of the browser snippet."""
    # Under a name that a Worker's upload takes.
    return (resources.files("headwater.api") / "static" / "hw.js.txt").read_bytes()


def welcome() -> bytes:
    """Answer what people read who open the server's address."""
    return _WELCOME.encode()


_WELCOME = f"""Headwater {__version__} is running.

Send an event, with a write key (`headwater source list` shows them):
  POST /v1/track, and the rest of Segment's tracking API

Look at people, deliveries and settings, with an admin key:
  headwater status
  headwater who user_id:42
  the admin API, which /openapi.json describes

For machines that watch this one: /health
"""
