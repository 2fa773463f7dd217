"""What lets browsers of any site send events here.

Every call of a browser SDK is asked about first (a preflight), since it carries `Authorization`.
The answers must allow what it asks for, and every later answer, errors too, must repeat whom it
is for, or the SDK can read neither its status nor `Retry-After` (https://fetch.spec.whatwg.org/).
"""

from __future__ import annotations

import re

Headers = list[tuple[bytes, bytes]]

_METHODS = b"GET, POST, OPTIONS"

# Segment's browser SDK, then RudderStack's.
_ALLOWED = (
    "authorization, content-type, content-encoding, x-retry-count, x-requested-with, "
    "anonymousid, sentat, rsa-retry-attempt, rsa-retry-reason, rsa-since-last-attempt, "
    "rsa-since-first-attempt, rsa-recovered"
)
_NAME = rb"[A-Za-z0-9!#$%&'*+.^_`|~-]+"  # RFC 9110, section 5.6.2
_HEADER_NAMES = re.compile(rb"%b(?:[ \t]*,[ \t]*%b)*" % (_NAME, _NAME))
_LONGEST_REQUEST = 1000  # bytes

# Without `Vary`: of a request that names no origin nothing is kept by caches.
_FOR_ANYBODY = ((b"access-control-allow-origin", b"*"),)


def cors_headers(origin: bytes | None) -> Headers:
    """Answer the headers that each answer needs; `origin` is the request's own header."""
    if origin is None:
        return list(_FOR_ANYBODY)
    return [
        # Credentials forbid `*`, and the SDK may be set to send them.
        (b"access-control-allow-origin", origin),
        (b"access-control-allow-credentials", b"true"),
        (b"access-control-expose-headers", b"Retry-After, X-RateLimit-Reset, X-Request-Id"),
        (b"vary", b"origin"),
    ]


def preflight_headers(origin: bytes | None, requested: bytes | None) -> Headers:
    """Answer a preflight's headers; `requested` is `Access-Control-Request-Headers`."""
    allowed = _ALLOWED.encode()
    if requested and len(requested) <= _LONGEST_REQUEST and _HEADER_NAMES.fullmatch(requested):
        allowed += b", " + requested.lower()
    return [
        *cors_headers(origin),
        (b"access-control-allow-methods", _METHODS),
        (b"access-control-allow-headers", allowed),
        (b"access-control-max-age", b"86400"),
    ]
