"""What a destination's answer means: one small set of values, and the usual reading of HTTP.

| Outcome            | What happens to the events                                               |
|--------------------|--------------------------------------------------------------------------|
| Delivered          | removed: done                                                            |
| RetryAfter         | kept, sent again later: the same events in the same request              |
| Rejected           | dead letters; a batch is halved first, so that only the bad event dies   |
| CredentialsRefused | kept; the lane pauses until the settings change or a later probe succeeds|
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from headwater.ports import AddressRefused, HttpFailure, HttpResponse


@dataclass(frozen=True, slots=True)
class Delivered:
    """The destination has the events."""


@dataclass(frozen=True, slots=True)
class RetryAfter:
    """It may succeed later; `seconds` is how long the destination asked to wait, if it did."""

    seconds: float | None
    reason: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """The request will never succeed.

    Attributes:
        whole: true where the refusal is not about one event of a batch, so that sending its
            parts alone would be refused as well.
    """

    reason: str
    whole: bool = False


@dataclass(frozen=True, slots=True)
class CredentialsRefused:
    """Nothing will be taken until somebody changes the settings; no event is at fault."""

    reason: str


Outcome = Delivered | RetryAfter | Rejected | CredentialsRefused

_CREDENTIALS = {
    401: "401 Unauthorized: the destination refused the credentials in the settings",
    403: "403 Forbidden: the destination refused the credentials in the settings",
    # Standard Webhooks: a receiver that answers 410 wants nothing more. Events are kept, as
    # whether that was meant is for a person to say.
    410: "410 Gone: the receiver asked to be sent nothing more; change the url or switch it off",
}
_LATER = frozenset({408, 425, 429})
# About the endpoint and never about one event of many.
_WHOLE = frozenset({404, 405, 415})


def read_status(response: HttpResponse, now: int) -> Outcome:
    """Answer what an HTTP status means where the destination has no rules of its own.

    Args:
        response: as the `Http` port gave it, redirects followed where that is allowed.
        now: milliseconds, for a `Retry-After` that is a date (RFC 9110, section 10.2.3).
    """
    status = response.status
    if 200 <= status < 300:
        return Delivered()
    if status in _CREDENTIALS:
        return CredentialsRefused(_CREDENTIALS[status])
    if status in _LATER or status >= 500:
        seconds = retry_after(response.headers.get("retry-after"), now)
        return RetryAfter(seconds, f"the destination answered {status}")
    if status < 400:
        where = response.headers.get("location", "elsewhere")
        return RetryAfter(None, f"the destination answered {status}: it moved to {where}")
    return Rejected(f"the destination answered {status}", whole=status in _WHOLE)


def read_failure(failure: HttpFailure) -> Outcome:
    """Answer what the lack of any response means."""
    if isinstance(failure, AddressRefused):
        return Rejected(
            f"{failure}; to send to private networks, allow them in the server's settings "
            "(allow_private_networks) and replay",
            whole=True,
        )
    return RetryAfter(None, f"no response: {failure}")


def retry_after(value: str | None, now: int) -> float | None:
    """Answer the seconds that a `Retry-After` asks for, never negative; None where unreadable."""
    if value is None:
        return None
    text = value.strip()
    try:
        seconds = float(text) if text.replace(".", "", 1).isdecimal() else _until(text, now)
    except (TypeError, ValueError, OverflowError):
        return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _until(text: str, now: int) -> float:
    moment: datetime = parsedate_to_datetime(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.timestamp() - now / 1000
