"""What an answer means."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.client.errors import KeyRefused, Refused
from headwater.client.retry import (
    MAX_RETRY_AFTER,
    Accepted,
    Again,
    Answer,
    No,
    NoAnswer,
    Rejection,
    Verdict,
    backoff,
    judge,
    masked,
    retry_after,
)

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def judged(status: int, body: bytes = b"", **headers: str) -> Verdict:
    """Answer the verdict on an answer; `retry_after` stands for the header."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = Answer(status, named, body)
    return judge(answer, url="http://h/v1/batch", write_key="wk_secret_123456", now=NOW)


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_success_is_accepted(status: int) -> None:
    """Any 2xx, as PROTOCOLS 1.5 has it."""
    assert judged(status) == Accepted()


def test_rejected_events_are_read_from_the_answer() -> None:
    """As Headwater's collector names them."""
    body = b'{"success":true,"rejected":[{"index":1,"messageId":"m","code":"c","message":"why"}]}'

    assert judged(200, body) == Accepted((Rejection(1, "c", "why"),))


@pytest.mark.parametrize(
    "body", [b'{"rejected":', b'{"rejected":7}', b'{"rejected":[{}]}', b'["rejected"]', b"ok"]
)
def test_any_other_answer_means_that_all_is_well(body: bytes) -> None:
    """Success is in the status; a body that is not Headwater's says nothing."""
    assert judged(200, body) == Accepted()


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 511, 599])
def test_what_may_pass_is_tried_again(status: int) -> None:
    """Time-outs, rate limits and failures of the server."""
    assert isinstance(judged(status), Again)


@pytest.mark.parametrize("status", [301, 308, 400, 402, 404, 405, 409, 410, 413, 422, 501, 505])
def test_what_will_not_pass_is_refused(status: int) -> None:
    """The same request would be answered the same way."""
    verdict = judged(status, location="https://elsewhere.example")

    assert isinstance(verdict, No)
    assert verdict.error.status == status
    assert not isinstance(verdict.error, KeyRefused)


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_named_but_not_shown(status: int) -> None:
    """The message says which key it was, where, and where to look; not the whole key."""
    verdict = judged(status)

    assert isinstance(verdict, No)
    assert isinstance(verdict.error, KeyRefused)
    text = str(verdict.error)
    assert "wk_s…" in text
    assert "http://h/v1/batch" in text
    assert "HEADWATER_WRITE_KEY" in text
    assert "wk_secret_123456" not in text


def test_the_servers_reason_is_passed_on() -> None:
    """The message of the error object is shown."""
    verdict = judged(400, b'{"code":"x","message":"batch is not a list"}')

    assert isinstance(verdict, No)
    assert "(batch is not a list)" in str(verdict.error)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[1]", b"{}", b'{"message": 1}', b"\xff", b"[" * 65_536]
)
def test_any_other_body_is_passed_over(body: bytes) -> None:
    """A proxy's page is no reason."""
    verdict = judged(400, body)

    assert isinstance(verdict, No)
    assert str(verdict.error).endswith("see the server's reason")


def test_a_redirect_says_where_to() -> None:
    """A redirected POST would become a GET, so it is not followed; the host is to be corrected."""
    verdict = judged(301, location="https://b.example/")

    assert isinstance(verdict, No)
    assert "https://b.example/" in str(verdict.error)


def test_no_answer_is_tried_again() -> None:
    """A server that is away may come back."""
    verdict = judge(NoAnswer("refused"), url="http://h", write_key="k", now=NOW)

    assert verdict == Again("refused")


def test_refusals_are_the_clients_own_errors() -> None:
    """One except clause finds them."""
    verdict = judged(418)

    assert isinstance(verdict, No)
    assert isinstance(verdict.error, Refused)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("7", 7.0),
        (" 7 ", 7.0),
        ("99999999999999999999", MAX_RETRY_AFTER),
        (format_datetime(NOW + timedelta(seconds=30), usegmt=True), 30.0),
        (format_datetime(NOW - timedelta(seconds=30), usegmt=True), 0.0),
        (format_datetime(NOW + timedelta(days=9), usegmt=True), MAX_RETRY_AFTER),
        ("Sun, 22 Nov 2026 09:30:10 -0000", 10.0),
        ("Sunday, 22-Nov-26 09:30:10 GMT", 10.0),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_read_in_both_forms(value: str | None, seconds: float | None) -> None:
    """Seconds and HTTP dates; what is neither counts as not given."""
    assert retry_after(value, NOW) == seconds


@given(st.text(max_size=40))
def test_no_retry_after_can_break_the_client(value: str) -> None:
    """Any header text gives None or a bounded wait."""
    seconds = retry_after(value, NOW)

    assert seconds is None or 0 <= seconds <= MAX_RETRY_AFTER


def test_the_verdict_carries_retry_after() -> None:
    """On any status that is tried again."""
    for status in (429, 503):
        verdict = judged(status, retry_after="12")
        assert isinstance(verdict, Again)
        assert verdict.after == 12.0


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_backoff_doubles_within_its_bounds(attempt: int, jitter: float) -> None:
    """Between half and all of the doubled wait, never more than the most."""
    wait = backoff(attempt, first=0.5, most=60, jitter=jitter)
    whole = min(0.5 * 2.0 ** min(attempt - 1, 30), 60)

    assert whole / 2 <= wait <= whole


def test_a_short_key_is_not_shown_at_all() -> None:
    """Four characters of a short key would be most of it."""
    assert masked("12345678") == "…"
    assert masked("123456789") == "1234…"
