"""Every error that a caller of Headwater can be answered with.

    HeadwaterError                 500
    ├── BadRequest                 400  malformed or invalid input
    ├── Unauthorized               401  no key, or a key that is not known
    ├── Forbidden                  403  a key whose role does not allow this
    ├── NotFound                   404
    ├── Conflict                   409  true now, may change: say what to change
    ├── TooLarge                   413  body over its limit
    ├── RateLimited                429  with the seconds to wait
    ├── NotHere                    501  done by Headwater, but not where this server runs
    └── Unavailable                503  draining or full: come back

An error says what was wrong, with which input, and what to do. It becomes
``{"code": …, "message": …}`` in one place, `api/errors.py`; a stack trace never leaves the process.
"""

from __future__ import annotations

from typing import Any


class HeadwaterError(Exception):
    """Something went wrong inside the server; the log has more under the same request id."""

    status = 500
    code = "internal_error"

    def __init__(self, message: str | None = None, *, code: str | None = None) -> None:
        self.message = message or (self.__doc__ or "").strip()
        if code is not None:
            self.code = code
        super().__init__(self.message)

    def as_json(self) -> dict[str, Any]:
        """Answer the body that callers get: `code` for programs, `message` for people."""
        return {"code": self.code, "message": self.message}


class NotHere(HeadwaterError):
    """This server does not do that where it runs."""

    status = 501
    code = "not_here"


class BadRequest(HeadwaterError):
    """The request is not valid."""

    status = 400
    code = "invalid_request"


class Unauthorized(HeadwaterError):
    """The request carries no key, or one that this server does not know."""

    status = 401
    code = "unauthorized"


class Forbidden(HeadwaterError):
    """The key is known, but its role does not allow this."""

    status = 403
    code = "forbidden"


class NotFound(HeadwaterError):
    """There is nothing under that name."""

    status = 404
    code = "not_found"


class Conflict(HeadwaterError):
    """The request contradicts what is stored."""

    status = 409
    code = "conflict"


class TooLarge(HeadwaterError):
    """The body is over its limit."""

    status = 413
    code = "too_large"


class RateLimited(HeadwaterError):
    """Too many requests with this key."""

    status = 429
    code = "rate_limited"

    def __init__(self, message: str | None = None, *, retry_after: int = 1) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(HeadwaterError):
    """The server is starting, draining or full; the same request will work later."""

    status = 503
    code = "unavailable"

    def __init__(self, message: str | None = None, *, retry_after: int = 1) -> None:
        super().__init__(message)
        self.retry_after = retry_after
