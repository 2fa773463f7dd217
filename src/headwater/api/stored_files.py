"""Files that lie in a bucket, over HTTP: whole, or the range that was asked for (RFC 9110, 14)."""

from __future__ import annotations

import re

from fastapi import Response
from fastapi.responses import StreamingResponse

from headwater.exports.stored import StoredFile

MEDIA_TYPE = "application/octet-stream"

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def stored_response(file: StoredFile, asked: str | None) -> Response:
    """Answer a file; `asked` is the request's `Range`, of which only single ranges are known.

    Any other is answered with all of the file, as RFC 9110 allows.
    """
    found = _RANGE.fullmatch(asked or "")
    if found is None or found[0] == "bytes=-":
        return _some(file, 0, file.size, status=200)
    start, end = _limits(found[1], found[2], file.size)
    if start >= end:
        return Response(status_code=416, headers={"content-range": f"bytes */{file.size}"})
    return _some(file, start, end, status=206)


def _limits(first: str, last: str, size: int) -> tuple[int, int]:
    if not first:  # the last so many bytes
        return max(0, size - int(last)), size
    return int(first), min(size, int(last) + 1) if last else size


def _some(file: StoredFile, start: int, end: int, *, status: int) -> Response:
    headers = {"accept-ranges": "bytes", "content-length": str(end - start)}
    if status == 206:
        headers["content-range"] = f"bytes {start}-{end - 1}/{file.size}"
    return StreamingResponse(
        file.read(start, end), status_code=status, headers=headers, media_type=MEDIA_TYPE
    )
