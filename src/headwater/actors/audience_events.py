"""`Audience Entered` and `Audience Exited`: memberships told as events in their own right.

The shape is Segment's (https://segment.com/docs/engage/audiences/), so that what understands
theirs understands these.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import msgspec

from headwater.actors.identity_state import Root
from headwater.audiences.audience import Audience
from headwater.audiences.program import OWN_MESSAGES
from headwater.collect.arrival import Arrival
from headwater.collect.times import write_time

ENTERED, EXITED = "Audience Entered", "Audience Exited"


def membership_event(
    audience: Audience, actor: str, root: Root, *, entered: bool, at: int, number: int, now: int
) -> Arrival:
    """Answer the event that tells of a membership.

    Args:
        audience: that was entered, or left.
        actor: the person's.
        root: the person.
        entered: rather than left.
        at: the instant at which it became so, in milliseconds: the event's time.
        number: of the person's memberships that were told; so a turn that is repeated because
            its first try was lost makes the same message.
        now: when it was worked out, in milliseconds.
    """
    workspace, _, via = actor.partition("/")
    word = "entered" if entered else "exited"
    happened, told = write_time(at), write_time(now)
    digest = sha256(actor.encode()).hexdigest()[:12]
    message_id = f"{OWN_MESSAGES}{audience.id}:{word}:{at}:{number}:{digest}"
    event: dict[str, Any] = {
        "type": "track",
        "event": ENTERED if entered else EXITED,
        "messageId": message_id,
        **_who(root, via),
        "properties": {
            "audience_key": audience.key,
            "audience_id": audience.id,
            "audience_name": audience.name,
            audience.key: entered,
        },
        "context": {
            "personas": {
                "computation_class": "audience",
                "computation_id": audience.id,
                "computation_key": audience.key,
                "namespace": "users",
                "space_id": workspace,
            },
            **_traits(root),
        },
        "integrations": {},
        "timestamp": happened,
        "originalTimestamp": happened,
        "sentAt": told,
        "receivedAt": told,
    }
    body = msgspec.json.encode(event).decode()
    return Arrival(workspace, (via,), message_id, "track", at, now, body)


def _who(root: Root, via: str) -> dict[str, Any]:
    """Answer the ids that destinations know people by; one that has neither gets what there is."""
    found: dict[str, Any] = {}
    for field, type_ in (("userId", "user_id"), ("anonymousId", "anonymous_id")):
        value = _value_of(root, type_, via)
        if value is not None:
            found[field] = value
    return found or {"anonymousId": via}


def _traits(root: Root) -> dict[str, Any]:
    email = _value_of(root, "email", "")
    return {} if email is None else {"traits": {"email": email}}


def _value_of(root: Root, type_: str, preferred: str) -> str | None:
    names = sorted(name for name in root.ids if name.startswith(f"{type_}:"))
    if not names:
        return None
    return (preferred if preferred in names else names[0]).partition(":")[2]
