"""Sends a destination one test event, so that a mistake in its settings shows at once."""

from __future__ import annotations

import json
from dataclasses import dataclass

from headwater.api.services import Services
from headwater.collect.times import write_time
from headwater.destinations.configuration import destination_of
from headwater.destinations.destination import OutgoingEvent
from headwater.destinations.outcome import (
    CredentialsRefused,
    Delivered,
    Outcome,
    Rejected,
    RetryAfter,
    read_failure,
)
from headwater.ports import HttpFailure
from headwater.workspace import DestinationConfig

_NAMES: dict[type, str] = {
    Delivered: "delivered",
    RetryAfter: "retry_after",
    Rejected: "rejected",
    CredentialsRefused: "credentials_refused",
}
_SHOWN = 2000


@dataclass(frozen=True, slots=True)
class TestResult:
    """What became of a test event. `status` and `response` are None and empty without one."""

    outcome: str
    reason: str | None
    status: int | None
    response: str
    message_id: str


async def send_test(config: DestinationConfig, services: Services) -> TestResult:
    """Send a `track` of `Headwater Test`, and answer what the destination made of it.

    Raises:
        BadRequest: the stored settings are not valid any more.
    """
    now = services.clock.now()
    destination = destination_of(config.type)
    event = _event(services.random.uuid(), now)
    request = destination.build([event], destination.checked(config.settings), now)
    outcome: Outcome
    try:
        response = await services.http.send(request)
    except HttpFailure as failure:
        status, text, outcome = None, "", read_failure(failure)
    else:
        status, text = response.status, response.body[:_SHOWN].decode("utf-8", "replace")
        outcome = destination.read(response, services.clock.now())
    reason = None if isinstance(outcome, Delivered) else outcome.reason
    return TestResult(_NAMES[type(outcome)], reason, status, text, event.message_id)


def _event(message_id: str, now: int) -> OutgoingEvent:
    moment = write_time(now)
    event = {
        "type": "track",
        "event": "Headwater Test",
        "messageId": message_id,
        "userId": "headwater-test",
        "timestamp": moment,
        "receivedAt": moment,
        "properties": {"test": True},
        "context": {"library": {"name": "headwater"}},
        "integrations": {},
    }
    return OutgoingEvent(message_id, json.dumps(event))
