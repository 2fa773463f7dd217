"""Webhook: events as signed JSON to any address.

By default in batches of the shape that Segment's own `/v1/batch` takes, so that the receiver may
be another Segment-compatible server; or one request an event, its body the event.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from headwater.destinations.destination import Destination, Limits, OutgoingEvent, Settings
from headwater.destinations.setting import Setting
from headwater.destinations.standard_webhooks import check_secret, new_secret, signed_headers
from headwater.ports import HttpRequest

# Segment's limit for a batch body is 500 KB (PROTOCOLS.md, 1.5); the rest is for the envelope.
_BATCH_BYTES = 490_000
_HEADER_SAFE = re.compile(r"[\x21-\x7e]{1,200}")


def _limits(settings: Settings) -> Limits:
    if settings["format"] == "event":
        return Limits(events=1, bytes=_BATCH_BYTES, concurrency=16)
    return Limits(events=settings["batch_size"], bytes=_BATCH_BYTES, concurrency=4)


def _build(events: Sequence[OutgoingEvent], settings: Settings, now: int) -> HttpRequest:
    if settings["format"] == "event":
        webhook_id, body = _event_id(events[0].message_id), events[0].body.encode()
    else:
        webhook_id, body = _batch_id(events), _batch_body(events, now)
    secrets = [settings["secret"], settings["previous_secret"]]
    signature = signed_headers(
        [secret for secret in secrets if secret is not None],
        webhook_id=webhook_id,
        seconds=now // 1000,
        body=body,
    )
    own = {"content-type": "application/json", "user-agent": "Headwater", **signature}
    headers = {name: value for name, value in own.items() if name not in _names(settings)}
    return HttpRequest(
        method="POST",
        url=settings["url"],
        headers={**headers, **settings["headers"]},
        body=body,
        timeout=float(settings["timeout"]),
    )


def _names(settings: Settings) -> set[str]:
    return {name.lower() for name in settings["headers"]}


def _event_id(message_id: str) -> str:
    if _HEADER_SAFE.fullmatch(message_id):
        return message_id
    return f"event_{_digest([message_id])}"


def _batch_id(events: Sequence[OutgoingEvent]) -> str:
    """Depend on nothing but the messages, so that the same batch sent again keeps its id."""
    return f"batch_{_digest([event.message_id for event in events])}"


def _digest(message_ids: Sequence[str]) -> str:
    return hashlib.sha256(msgspec.json.encode(message_ids)).hexdigest()[:32]


def _batch_body(events: Sequence[OutgoingEvent], now: int) -> bytes:
    items = ",".join(_without_sent_at(event.body) for event in events)
    moment = datetime.fromtimestamp(now / 1000, UTC).isoformat(timespec="milliseconds")
    sent_at = moment.replace("+00:00", "Z")
    return f'{{"batch":[{items}],"sentAt":"{sent_at}"}}'.encode()


def _without_sent_at(body: str) -> str:
    """Drop the first sender's `sentAt`: a receiver would take our delay for its clock skew."""
    if '"sentAt"' not in body:
        return body
    event = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    if event.pop("sentAt", None) is None:
        return body
    return msgspec.json.encode(event).decode()


WEBHOOK = Destination(
    key="webhook",
    title="Webhook",
    settings=(
        Setting("url", "URL", "Where events are sent, by POST.", type="url", required=True),
        Setting(
            "format",
            "Format",
            "batch: several events a request, as Segment's /v1/batch takes them; "
            "event: one event a request.",
            type="choice",
            choices=("batch", "event"),
            default="batch",
        ),
        Setting(
            "secret",
            "Signing secret",
            "Signs each request by the Standard Webhooks scheme. Made for you if left out.",
            required=True,
            secret=True,
            check=check_secret,
            generate=new_secret,
        ),
        Setting(
            "previous_secret",
            "Previous signing secret",
            "Signs as well while receivers change over to a new secret.",
            secret=True,
            check=check_secret,
        ),
        Setting(
            "headers",
            "Headers",
            "Sent along, such as Authorization.",
            type="headers",
            secret=True,
            default={},
        ),
        Setting(
            "batch_size",
            "Batch size",
            "The most events in one request, where the format is batch.",
            type="whole_number",
            minimum=1,
            maximum=1000,
            default=100,
        ),
        Setting(
            "timeout",
            "Timeout",
            "Seconds for the whole exchange, redirects included.",
            type="whole_number",
            minimum=1,
            maximum=60,
            default=15,
        ),
    ),
    limits=_limits,
    build=_build,
)
