"""Where a write key stands in a request, outside of its body."""

from __future__ import annotations

from binascii import a2b_base64
from functools import lru_cache
from urllib.parse import parse_qsl

# The same few keys come with every request; what they are in plain is kept, of so many.
_KEPT = 1024
_LONGEST_KEPT = 200  # bytes


def key_in_header(authorization: bytes | None) -> str | None:
    """Answer the write key in an `Authorization` header, or None where it has none.

    `Basic base64("key:")` with or without the colon. A Bearer token is not looked at here; see
    `key_in_token`.
    """
    if not authorization:
        return None
    is_short = len(authorization) <= _LONGEST_KEPT
    return _kept_basic_user(authorization) if is_short else _basic_user(authorization)


def _basic_user(authorization: bytes) -> str | None:
    scheme, _, value = authorization.partition(b" ")
    if scheme.lower() != b"basic":
        return None
    try:
        decoded = a2b_base64(value.strip() + b"==").decode()
    except ValueError:
        return None
    return decoded.partition(":")[0] or None


_kept_basic_user = lru_cache(maxsize=_KEPT)(_basic_user)


def key_in_token(authorization: bytes | None) -> str | None:
    """Answer the write key that is sent as a Bearer token, or None where there is none.

    Only where there is no key anywhere else: analytics-node with OAuth sends a token that is none,
    and the key in the body.
    """
    scheme, _, value = (authorization or b"").strip().partition(b" ")
    if scheme.lower() != b"bearer":
        return None
    return value.strip().decode("latin-1") or None


def key_in_query(query: bytes) -> str | None:
    """Answer the `writeKey` of a query string (beacons and pixels can send no header)."""
    if b"writeKey" not in query:
        return None
    for name, value in parse_qsl(query.decode("latin-1")):
        if name == "writeKey":
            return value
    return None
