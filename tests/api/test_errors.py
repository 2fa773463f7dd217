"""Errors as answers."""

from __future__ import annotations

import json
import logging

import pytest

from headwater.api.errors import MethodNotAllowed, error_answer
from headwater.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    HeadwaterError,
    NotFound,
    RateLimited,
    TooLarge,
    Unauthorized,
    Unavailable,
)


@pytest.mark.parametrize(
    ("error", "status", "code", "headers"),
    [
        (BadRequest("no"), 400, "invalid_request", {}),
        (BadRequest("no", code="own"), 400, "own", {}),
        (Unauthorized("no"), 401, "unauthorized", {"www-authenticate"}),
        (Forbidden("no"), 403, "forbidden", {}),
        (NotFound("no"), 404, "not_found", {}),
        (MethodNotAllowed("GET", allowed="POST"), 405, "method_not_allowed", {"allow"}),
        (Conflict("no"), 409, "conflict", {}),
        (TooLarge("no"), 413, "too_large", {}),
        (RateLimited("no"), 429, "rate_limited", {"retry-after", "x-ratelimit-reset"}),
        (Unavailable("no"), 503, "unavailable", {"retry-after", "x-request-id"}),
        (HeadwaterError("no"), 500, "internal_error", {"x-request-id"}),
        (ValueError("no"), 500, "internal_error", {"x-request-id"}),
    ],
)
def test_each_error_has_its_status_code_and_headers(
    error: Exception, status: int, code: str, headers: set[str]
) -> None:
    """The body is always JSON with `code` and `message`."""
    answer = error_answer(error, request_id="r1")

    assert answer.status == status
    body = json.loads(answer.body)
    assert set(body) == {"code", "message"}
    assert body["code"] == code
    names = {name.decode() for name, _ in answer.headers}
    assert names == {"content-type", *headers}


def test_a_mistake_is_logged_with_its_places_and_without_its_words(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What an exception says may be somebody's email address."""
    with pytest.raises(ValueError, match="ada") as raised:
        int("ada@example.com")

    with caplog.at_level(logging.ERROR):
        error_answer(raised.value, request_id="r1")

    (record,) = caplog.records
    assert "r1" in record.getMessage()
    assert "ValueError" in record.getMessage()
    assert "test_errors.py" in str(record.__dict__["places"])
    assert "ada" not in str(record.__dict__)
