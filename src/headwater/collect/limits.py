"""How large and how deep a request may be, measured on its bytes, before anything is parsed.

A parser that meets 500 KB of `[` or a gzip bomb has already lost: so sizes are compared, gzip is
inflated no further than the limit, and nesting is counted from the brackets alone.
"""

from __future__ import annotations

import zlib
from collections.abc import Sized
from dataclasses import dataclass
from itertools import accumulate

from headwater.errors import BadRequest, TooLarge

GZIP_MAGIC = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"
_GZIP_WINDOW = 31  # zlib's "expect a gzip header" (zlib manual, inflateInit2)

# Opening brackets count +1 and closing ones -1 when the bytes are read as signed.
_STEPS = bytes.maketrans(b"{[}]", b"\x01\x01\xff\xff")
_NEITHER_BRACKET_NOR_QUOTE = bytes(byte for byte in range(256) if byte not in b'{}[]"')


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may hold. Sizes are in bytes, after decompression.

    Attributes:
        batch: the body of `/v1/batch`; Segment's 500 KB.
        event: one event, alone or in a batch; Segment's 32 KB.
        envelope: what a single call may add to its event (`writeKey`, `sentAt`).
        events: how many events a batch may hold; Segment's 2500.
        depth: how many objects and lists may be inside each other in one event.
    """

    batch: int = 500 * 1024
    event: int = 32 * 1024
    envelope: int = 1024
    events: int = 2500
    depth: int = 64

    @property
    def single(self) -> int:
        """The largest body of a single call, in bytes."""
        return self.event + self.envelope


def inflate(body: bytes, *, encoding: str, limit: int) -> bytes:
    """Answer the body as the client wrote it, without gzip and byte order mark.

    A gzip body is recognised by its first bytes too, because some SDKs forget the header.

    Raises:
        BadRequest: `unsupported_encoding` or `invalid_gzip`.
        TooLarge: `body_too_large`, for over `limit` bytes; inflating stops there.
    """
    if encoding not in {"", "identity", "gzip", "x-gzip"}:
        raise BadRequest(
            f"Content-Encoding {encoding[:40]!r} is not understood; send gzip or none.",
            code="unsupported_encoding",
        )
    if encoding.endswith("gzip") or body.startswith(GZIP_MAGIC):
        body = _gunzip(body, limit=limit)
    check_body(body, limit=limit)
    return body.removeprefix(_BOM)


def _gunzip(body: bytes, *, limit: int) -> bytes:
    parts: list[bytes] = []
    room = limit + 1
    while body and room > 0:
        member = zlib.decompressobj(_GZIP_WINDOW)
        try:
            part = member.decompress(body, room)
        except zlib.error as error:
            raise BadRequest(
                f"The body is announced as gzip, but cannot be read as such ({error}).",
                code="invalid_gzip",
            ) from error
        room -= len(part)
        parts.append(part)
        if not member.eof and room > 0:
            raise BadRequest(
                "The gzip body ends too early; was it cut off on its way?", code="invalid_gzip"
            )
        body = member.unused_data
    return b"".join(parts)


def check_body(body: bytes, *, limit: int) -> None:
    """Raise `TooLarge` (`body_too_large`) for a body of over `limit` bytes."""
    if len(body) > limit:
        raise body_too_large(limit)


def body_too_large(limit: int) -> TooLarge:
    """Answer the error for a body of over `limit` bytes."""
    return TooLarge(
        f"The body is over {limit} bytes; send fewer or smaller events in one request.",
        code="body_too_large",
    )


def check_event(raw: Sized, limits: Limits, *, envelope: int = 0) -> None:
    """Raise `BadRequest` (`event_too_large`) for an event that is over its limit."""
    if len(raw) > limits.event + envelope:
        raise BadRequest(
            f"The event has {len(raw)} bytes; the limit is {limits.event}. "
            "Send large values by reference (a URL) instead.",
            code="event_too_large",
        )


def depth(body: bytes) -> int:
    """Answer how many objects and lists are inside each other, exactly, without parsing.

    For bytes that are not JSON the answer is what a reader gets that counts brackets outside of
    double quotes and skips the byte after each backslash before a quote or backslash.
    """
    if b"\\" in body:
        body = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    steps = body.translate(_STEPS, _NEITHER_BRACKET_NOR_QUOTE)
    # Where all quotes stand in pairs, there is no bracket between two that belong together.
    if steps.count(b'""') * 2 == steps.count(b'"'):
        steps = steps.translate(None, b'"')
    else:
        steps = b"".join(steps.split(b'"')[::2])
    return max(accumulate(memoryview(steps).cast("b"), initial=0))


def check_depth(raw: bytes, limit: int) -> None:
    """Raise `BadRequest` (`too_deep`) where more than `limit` objects and lists are nested."""
    # Nothing is nested deeper than there are opening brackets, and counting those is quick.
    if raw.count(b"{") + raw.count(b"[") > limit and (found := depth(raw)) > limit:
        raise BadRequest(
            f"Objects and lists are nested {found} deep; the limit is {limit}. "
            "Flatten the properties.",
            code="too_deep",
        )
