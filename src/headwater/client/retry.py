"""What an answer means, and how long to wait before the next attempt.

| answer                                    | verdict                                      |
|-------------------------------------------|----------------------------------------------|
| 2xx                                       | accepted, but for events that it names       |
| none (refused, reset, timed out)          | again, with exponential backoff              |
| 408, 429, 5xx                             | again, after `Retry-After` where it is given |
| 501, 505                                  | refused: the same request stays unanswerable |
| 401, 403                                  | refused, and so will be every batch          |
| other 4xx, 3xx                            | refused                                      |
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from headwater.client.errors import KeyRefused, Refused

MAX_RETRY_AFTER = 300.0
"""Seconds; a server that asks for more is asked again after this, as Segment's clients do."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said. `headers` have lower-case names."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """The server could not be reached, or did not answer in time."""

    reason: str


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why the server refused the event at this place of the batch."""

    index: int
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """Every event is the server's now, but for those that it rejected."""

    rejected: tuple[Rejection, ...] = ()


@dataclass(frozen=True, slots=True)
class Again:
    """The same events should be sent later, `after` seconds from now where the server said so."""

    reason: str
    after: float | None = None


@dataclass(frozen=True, slots=True)
class No:
    """These events will never be accepted as they are."""

    error: Refused


Verdict = Accepted | Again | No

_ADVICE = {
    400: "see the server's reason",
    404: "is this the address of a Headwater server?",
    405: "is this the address of a Headwater server?",
    413: "a proxy in front of the server may have a smaller limit: lower batch_bytes",
    501: "is this the address of a Headwater server?",
}


def judge(answer: Answer | NoAnswer, *, url: str, write_key: str, now: datetime) -> Verdict:
    """Answer what to do with the events of a request.

    Args:
        answer: what came back.
        url: where the request went, for messages.
        write_key: the key it carried; messages show its first characters only.
        now: the time, for a `Retry-After` that names a date.
    """
    if isinstance(answer, NoAnswer):
        return Again(answer.reason)
    status = answer.status
    if 200 <= status < 300:
        return Accepted(_rejected(answer.body))
    if status in {408, 429} or (status >= 500 and status not in {501, 505}):
        after = retry_after(answer.headers.get("retry-after"), now)
        return Again(f"{url} answered {status}", after)
    if status in {401, 403}:
        return No(
            KeyRefused(
                f"{url} does not accept the write key {masked(write_key)} ({status}): "
                f"check write_key= or HEADWATER_WRITE_KEY{_reason(answer.body)}",
                status=status,
            )
        )
    if 300 <= status < 400:
        advice = f"it redirects to {answer.headers.get('location', 'elsewhere')}: use that as host"
    else:
        advice = _ADVICE.get(status, "the request will not be repeated")
    return No(Refused(f"{url} answered {status}: {advice}{_reason(answer.body)}", status=status))


def retry_after(value: str | None, now: datetime) -> float | None:
    """Answer the seconds that a `Retry-After` asks for (RFC 9110 section 10.2.3), or None.

    Both of its forms are read, seconds and HTTP date; what is neither counts as not given.
    """
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), MAX_RETRY_AFTER)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max((moment - now).total_seconds(), 0.0), MAX_RETRY_AFTER)


def backoff(attempt: int, *, first: float, most: float, jitter: float) -> float:
    """Answer the seconds to wait after the failed attempt with this number, counted from 1.

    The wait doubles from `first` up to `most`; `jitter`, a random number in [0, 1), takes off up
    to half of it, so that clients that failed together do not come back together.
    """
    wait = min(first * 2.0 ** min(attempt - 1, 30), most)
    return wait * (1 - jitter / 2)


def masked(write_key: str) -> str:
    """Answer enough of a key to tell which one it is, and no more."""
    return f"{write_key[:4]}…" if len(write_key) > 8 else "…"


def _rejected(body: bytes) -> tuple[Rejection, ...]:
    """Answer what a batch's answer says of single events; other servers' answers say nothing."""
    if b'"rejected"' not in body:
        return ()
    try:
        return tuple(
            Rejection(int(each["index"]), str(each["code"]), str(each["message"]))
            for each in json.loads(body)["rejected"]
        )
    except (ValueError, LookupError, TypeError, RecursionError):
        return ()


def _reason(body: bytes) -> str:
    """Answer the server's own message, if the body is the error object that servers send."""
    try:
        message = json.loads(body[:65_536])["message"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return ""
    return f" ({message[:300]})" if isinstance(message, str) else ""
