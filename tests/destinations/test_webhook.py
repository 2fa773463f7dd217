"""The webhook's requests: exact, and verifiable with somebody else's code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from headwater.destinations import DESTINATIONS
from headwater.destinations.destination import OutgoingEvent
from headwater.ports import HttpRequest, HttpResponse

WEBHOOK = DESTINATIONS["webhook"]
GOLDEN: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "golden" / "webhook.json").read_text("utf-8")
)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"


def outgoing(event: dict[str, Any]) -> OutgoingEvent:
    """An event as the lanes hand it over."""
    text = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
    return OutgoingEvent(event["messageId"], text)


def build(*ids: str, now: int = 0, **settings: Any) -> HttpRequest:
    """A request with events of these ids."""
    checked = WEBHOOK.checked({"url": "http://example.com/", "secret": SECRET, **settings})
    return WEBHOOK.build([outgoing({"messageId": id_}) for id_ in ids], checked, now)


@pytest.mark.parametrize("case", GOLDEN["requests"], ids=lambda case: case["name"])
def test_golden_requests(case: dict[str, Any]) -> None:
    """These events and settings make exactly this request."""
    settings = WEBHOOK.checked(case["settings"])

    request = WEBHOOK.build([outgoing(event) for event in case["events"]], settings, case["now"])

    expected = case["request"]
    assert dict(request.headers) == expected["headers"]
    assert json.loads(request.body) == expected["body"]
    assert (request.method, request.url, request.timeout) == (
        expected["method"],
        expected["url"],
        expected["timeout"],
    )


@pytest.mark.parametrize("case", GOLDEN["replies"], ids=lambda case: str(case["status"]))
def test_golden_replies(case: dict[str, Any]) -> None:
    """These answers mean this."""
    outcome = WEBHOOK.read(HttpResponse(case["status"], case.get("headers", {})), 0)

    assert type(outcome).__name__ == case["outcome"]
    assert getattr(outcome, "seconds", None) == case.get("seconds")


@pytest.mark.parametrize("case", GOLDEN["requests"], ids=lambda case: case["name"])
def test_signature_is_verified_by_the_reference_library(
    case: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Receivers that use the scheme's own library accept the request, and notice a change."""
    monkeypatch.setattr("standardwebhooks.webhooks.Webhook._Webhook__verify_timestamp", _any_time)
    settings = WEBHOOK.checked(case["settings"])
    request = WEBHOOK.build([outgoing(event) for event in case["events"]], settings, case["now"])
    secrets = {settings["secret"], settings["previous_secret"]} - {None}

    for secret in secrets:
        Webhook(secret).verify(request.body, dict(request.headers))
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(request.body + b" ", dict(request.headers))


def _any_time(_self: Webhook, header: str) -> Any:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(int(header), UTC)


def test_batch_keeps_its_id_and_signs_anew() -> None:
    """Sent again, a batch has the same id and a new timestamp, as the scheme demands."""
    first, again = build("a", "b", now=1000), build("a", "b", now=9000)

    assert first.headers["webhook-id"] == again.headers["webhook-id"]
    assert first.headers["webhook-timestamp"] != again.headers["webhook-timestamp"]
    assert first.headers["webhook-signature"] != again.headers["webhook-signature"]


@given(st.lists(st.text(max_size=5), min_size=1, max_size=4), st.data())
def test_other_batches_have_other_ids(ids: list[str], data: st.DataObject) -> None:
    """Only the same messages in the same order share an id."""
    other = data.draw(st.lists(st.text(max_size=5), min_size=1, max_size=4))

    same = build(*ids).headers["webhook-id"] == build(*other).headers["webhook-id"]

    assert same is (ids == other)


def test_batch_may_be_sent_to_a_segment_compatible_server() -> None:
    """The body has the shape of Segment's /v1/batch and stays below its 500 KB."""
    limits = WEBHOOK.limits(WEBHOOK.checked({"url": "http://example.com/", "secret": SECRET}))
    request = build("a", "b", now=1_700_000_000_000)

    assert json.loads(request.body) == {
        "batch": [{"messageId": "a"}, {"messageId": "b"}],
        "sentAt": "2023-11-14T22:13:20.000Z",
    }
    assert limits.bytes + 100 < 500_000


def test_numbers_pass_through_unchanged() -> None:
    """An event's own text is kept, so that no number loses digits on the way."""
    body = '{"messageId":"a","sentAt":"x","n":12345678901234567890.10,"big":1e400}'
    settings = WEBHOOK.checked({"url": "http://example.com/", "secret": SECRET})

    request = WEBHOOK.build([OutgoingEvent("a", body)], settings, 0)

    assert b'"n":12345678901234567890.10,"big":1e400' in request.body
    assert b'"sentAt":"x"' not in request.body


def test_batch_size_is_a_setting() -> None:
    """And the format `event` is one event a request whatever it says."""
    settings = WEBHOOK.checked({"url": "http://e.com/", "secret": SECRET, "batch_size": 7})

    assert WEBHOOK.limits(settings).events == 7
    assert WEBHOOK.limits({**settings, "format": "event"}).events == 1
