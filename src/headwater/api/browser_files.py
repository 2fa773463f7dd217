"""The files that browsers fetch, and what is said with each; it needs nothing but Python itself."""

from __future__ import annotations

from importlib import resources

ENTRY = "standalone.js"
"""The file of analytics-next that begins."""

BUNDLES = "/analytics-next/bundles/"
"""Where its files are, that one among them."""

SCRIPT = b"text/javascript; charset=utf-8"
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
