"""The one place where an error becomes an answer: `{"code": …, "message": …}` and a status.

Error bodies are always JSON with both keys: RudderStack's Python SDK fails on any other.
"""

from __future__ import annotations

import json
import logging
import traceback
from dataclasses import dataclass

from headwater.errors import HeadwaterError, RateLimited, Unauthorized, Unavailable

_log = logging.getLogger("headwater.api")


class MethodNotAllowed(HeadwaterError):
    """The address exists, but not for this method."""

    status = 405
    code = "method_not_allowed"

    def __init__(
        self, given: str, *, allowed: str, where: str = "this address", preflight: bool = False
    ) -> None:
        """`preflight` is whether browsers' OPTIONS is answered there too."""
        super().__init__(f"{given} is not for {where}; use {allowed}.")
        self.allow = f"{allowed}, OPTIONS" if preflight else allowed


@dataclass(frozen=True, slots=True)
class ErrorAnswer:
    """An error as HTTP has it; header names in lower case, content type among them."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


def error_answer(error: Exception, *, request_id: str) -> ErrorAnswer:
    """Answer what the caller gets for an error; see `told` for a mistake of the server's."""
    error = told(error, request_id=request_id)
    headers = [(b"content-type", b"application/json")]
    if error.status >= 500:
        headers.append((b"x-request-id", request_id.encode()))
    if isinstance(error, (RateLimited, Unavailable)):
        wait = str(int(error.retry_after)).encode()
        headers.append((b"retry-after", wait))
        if isinstance(error, RateLimited):
            headers.append((b"x-ratelimit-reset", wait))
    if isinstance(error, MethodNotAllowed):
        headers.append((b"allow", error.allow.encode()))
    if isinstance(error, Unauthorized):
        headers.append((b"www-authenticate", b'Basic realm="headwater", charset="UTF-8"'))
    body = json.dumps(error.as_json(), ensure_ascii=True).encode()
    return ErrorAnswer(error.status, tuple(headers), body)


def told(error: Exception, *, request_id: str) -> HeadwaterError:
    """Answer the error that the caller is told of.

    One that is not a `HeadwaterError` is a mistake in the server: it is logged under the request
    id with the places it went through, without its message, which may hold personal data.
    """
    if isinstance(error, HeadwaterError):
        return error
    _log_mistake(error, request_id)
    return HeadwaterError(
        f"The server made a mistake; its log has more under request {request_id}."
    )


def _log_mistake(error: Exception, request_id: str) -> None:
    places = [
        f"{place.filename}:{place.lineno} in {place.name}"
        for place in traceback.extract_tb(error.__traceback__)
    ]
    _log.error(
        "request %s failed with %s at %s",
        request_id,
        type(error).__name__,
        places[-1] if places else "an unknown place",
        extra={"request_id": request_id, "error": type(error).__name__, "places": places},
    )
