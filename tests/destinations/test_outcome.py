"""How answers are read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.destinations.outcome import (
    CredentialsRefused,
    Delivered,
    Outcome,
    Rejected,
    RetryAfter,
    read_failure,
    read_status,
    retry_after,
)
from headwater.ports import AddressRefused, HttpFailure, HttpResponse

NOW = 1_445_412_480_000  # Wed, 21 Oct 2015 07:28:00 GMT


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        *[(status, Delivered) for status in (200, 201, 202, 204, 299)],
        *[(status, CredentialsRefused) for status in (401, 403, 410)],
        *[(status, RetryAfter) for status in (408, 425, 429, 500, 501, 502, 503, 504, 599)],
        *[(status, RetryAfter) for status in (301, 302, 304, 308)],
        *[(status, Rejected) for status in (400, 402, 404, 405, 409, 413, 415, 422, 451)],
    ],
)
def test_status(status: int, kind: type[Outcome]) -> None:
    """Each status has one meaning."""
    assert type(read_status(HttpResponse(status), NOW)) is kind


def test_refusals_of_the_endpoint_are_whole() -> None:
    """An address that is not there refuses a batch as a whole; halving it would only ask more."""
    assert read_status(HttpResponse(404), NOW) == Rejected(
        "the destination answered 404", whole=True
    )
    assert read_status(HttpResponse(400), NOW) == Rejected("the destination answered 400")


def test_redirect_says_where_to() -> None:
    """A redirect that is not followed is kept for retry, and its target is told."""
    outcome = read_status(HttpResponse(302, {"location": "https://new.example/"}), NOW)

    assert outcome == RetryAfter(
        None, "the destination answered 302: it moved to https://new.example/"
    )


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("0", 0.0),
        ("120", 120.0),
        (" 1.5 ", 1.5),
        ("Wed, 21 Oct 2015 07:28:30 GMT", 30.0),
        ("Wed, 21 Oct 2015 07:27:00 GMT", 0.0),
        ("Wednesday, 21-Oct-15 07:29:00 GMT", 60.0),
        ("-5", None),
        ("soon", None),
        ("", None),
        ("9" * 400, None),
    ],
)
def test_retry_after(value: str | None, seconds: float | None) -> None:
    """Seconds and dates are understood; the past is now, and nonsense is nothing."""
    assert retry_after(value, NOW) == seconds


@given(st.text(max_size=40))
def test_retry_after_never_fails(value: str) -> None:
    """Whatever a destination writes there, the answer is usable."""
    seconds = retry_after(value, NOW)

    assert seconds is None or 0 <= seconds < float("inf")


def test_retry_after_is_honoured_on_any_retryable_status() -> None:
    """429 and 503 both say when to come back."""
    for status in (429, 503):
        outcome = read_status(HttpResponse(status, {"retry-after": "7"}), NOW)

        assert isinstance(outcome, RetryAfter)
        assert outcome.seconds == 7.0


def test_no_response_is_tried_again() -> None:
    """A connection that failed says nothing about the events."""
    assert read_failure(HttpFailure("it broke")) == RetryAfter(None, "no response: it broke")


def test_refused_address_says_how_to_allow_it() -> None:
    """An address behind the guard stays refused; the reason tells what helps."""
    outcome = read_failure(AddressRefused("10.0.0.1 is refused: its address is private"))

    assert isinstance(outcome, Rejected)
    assert outcome.whole
    assert "10.0.0.1" in outcome.reason
    assert "allow_private_networks" in outcome.reason
