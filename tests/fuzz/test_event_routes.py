"""Whatever is sent to the event routes, the answer is no 5xx and says what was wrong."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.event_requests import event_requests
from tests.fuzz.wire import RawRequest, RawResponse, Wire
from tests.recorder import Recorder
from tests.server import Server


@pytest.fixture(scope="module")
def wire(server: Server) -> Iterator[Wire]:
    """A connection to a server that also delivers everything to a webhook."""
    with Recorder(keep=False) as recorder, Wire(server.port) as connection:
        server.add_webhook("recorder", recorder.url)
        yield connection


def assert_answered_well(request: RawRequest, response: RawResponse) -> None:
    """No 5xx; and an error in JSON says what was wrong, for programs and for people."""
    assert response.status < 500, f"{response.status} {response.body!r} to {request!r}"
    answer = response.json()
    if response.status >= 400 and answer is not None:
        assert isinstance(answer["code"], str), request
        assert isinstance(answer["message"], str), request


@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(requests=st.lists(event_requests(), min_size=1, max_size=3))
def test_no_request_is_answered_with_a_server_error(wire: Wire, requests: list[RawRequest]) -> None:
    """Arbitrary bytes, near-valid events, odd headers, methods and paths: never a 5xx."""
    for request in requests:
        assert_answered_well(request, wire.exchange(request))


def test_the_server_is_well_afterwards(server: Server, wire: Wire) -> None:
    """After all that a good event is stored and read back, and no error was logged."""
    response = server.send("/v1/track", {"userId": "well", "event": "Fine", "messageId": "fine"})

    assert response.status_code == 200
    assert [event["messageId"] for event in server.timeline("user_id:well")] == ["fine"]
    assert "Traceback" not in server.log.read_text(errors="replace")
