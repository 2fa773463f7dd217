"""Where a write key stands in a request, outside of its body."""

from __future__ import annotations

from binascii import a2b_base64
from urllib.parse import parse_qsl


def key_in_header(authorization: bytes | None) -> str | None:
    """Answer the write key in an `Authorization` header, or None where it has none.

    `Basic base64("key:")` with or without the colon. A Bearer token is not a write key: the key
    then stands in the body (analytics-node with OAuth).
    """
    if not authorization:
        return None
    scheme, _, value = authorization.partition(b" ")
    if scheme.lower() != b"basic":
        return None
    try:
        decoded = a2b_base64(value.strip() + b"==").decode()
    except ValueError:
        return None
    return decoded.partition(":")[0] or None


def key_in_query(query: bytes) -> str | None:
    """Answer the `writeKey` of a query string (beacons and pixels can send no header)."""
    if b"writeKey" not in query:
        return None
    for name, value in parse_qsl(query.decode("latin-1")):
        if name == "writeKey":
            return value
    return None
