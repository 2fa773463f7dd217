"""`Audience Entered` and `Audience Exited`: memberships told as events in their own right.

The shape is Segment's (https://segment.com/docs/engage/audiences/), so that what understands
theirs understands these.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from typing import Any

import msgspec

from headwater.actors.identity_state import Root
from headwater.audiences.audience import Audience
from headwater.audiences.program import OWN_MESSAGES
from headwater.collect.arrival import Arrival
from headwater.collect.times import write_time

ENTERED, EXITED = "Audience Entered", "Audience Exited"

_encoder = msgspec.json.Encoder()


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
    happened = write_time(at)
    told = happened if now == at else write_time(now)
    message_id = f"{OWN_MESSAGES}{audience.id}:{word}:{at}:{number}:{_digest(actor)}"
    properties, personas, choices = _of_audience(
        audience.id, audience.key, audience.name, audience.destinations, workspace, entered
    )
    who, traits = _person(root, via)
    # In the order in which collected events are written: the lake reads those by the thousand.
    body = (
        f'{{"type":"track","messageId":{_text(message_id)},'
        f'"timestamp":"{happened}","originalTimestamp":"{happened}",'
        f'"sentAt":"{told}","receivedAt":"{told}",{who}'
        f'"event":"{ENTERED if entered else EXITED}","properties":{properties},'
        f'"context":{{"personas":{personas}{traits}}},"integrations":{choices}}}'
    )
    return Arrival(workspace, (via,), message_id, "track", at, now, body)


@lru_cache(maxsize=4096)
def _of_audience(
    id_: str,
    key: str,
    name: str,
    destinations: tuple[str, ...],
    workspace: str,
    entered: bool,  # noqa: FBT001 - a cache knows calls by their arguments' places
) -> tuple[str, str, str]:
    """Answer what is the same in all events of an audience, as JSON.

    These are properties, personas, and integrations: where some destinations alone are told.

    Written once: an event touches ten audiences at times, and may enter some of them.
    """
    properties = {
        "audience_key": key,
        "audience_id": id_,
        "audience_name": name,
        key: entered,
    }
    personas = {
        "computation_class": "audience",
        "computation_id": id_,
        "computation_key": key,
        "namespace": "users",
        "space_id": workspace,
    }
    choices = {"All": False, **dict.fromkeys(destinations, True)} if destinations else {}
    return _text(properties), _text(personas), _text(choices)


def _text(value: Any) -> str:
    return _encoder.encode(value).decode()


def _person(root: Root, via: str) -> tuple[str, str]:
    """Answer the JSON of the ids that destinations know people by, and of the email's trait.

    Of several ids of a type it is the one that the person goes by, or the first; who has neither
    of the two that destinations expect goes by what there is.
    """
    first: dict[str, str] = {}
    for name in sorted(root.ids):
        type_, _, value = name.partition(":")
        first.setdefault(type_, value)
    email = first.get("email")
    type_, _, value = via.partition(":")
    if via in root.ids:
        first[type_] = value
    who = "".join(
        [f'"{field}":{_text(first[type_])},' for field, type_ in _FIELDS if type_ in first]
    )
    traits = "" if email is None else f',"traits":{{"email":{_text(email)}}}'
    return who or f'"anonymousId":{_text(via)},', traits


_FIELDS = (("userId", "user_id"), ("anonymousId", "anonymous_id"))


@lru_cache(maxsize=1024)
def _digest(actor: str) -> str:
    """Answer a short text for an actor; one who enters an audience often enters others, too."""
    return sha256(actor.encode()).hexdigest()[:12]
