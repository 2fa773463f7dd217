"""Facts recorded: as events in Segment's shape, through the same door as all others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from headwater.api.acts.asked import Asked
from headwater.collect import json_text
from headwater.collect.assemble import Circumstances, Collector
from headwater.collect.enrich import Sender
from headwater.collect.envelope import Envelope
from headwater.collect.times import write_time
from headwater.errors import BadRequest
from headwater.language.plan_parts import Ago, Moment, On
from headwater.language.plan_people import Fact, Identify, Record

SOURCE = "language"
"""The `sourceId` of events that came as sentences."""

_SENDER = Sender(ip=None, user_agent="headwater-language/1", is_browser=False)
_DAYS = {"month": 30, "year": 365}


async def record(plan: Record, asked: Asked) -> dict[str, Any]:
    """Record what happened; answer the events' ids once they are on the disk."""
    events = [event for fact in plan.facts for event in _events(fact, asked)]
    return {"recorded": await send(events, asked)}


async def identify(plan: Identify, asked: Asked) -> dict[str, Any]:
    """Set traits of a person; answer the event's id once it is on the disk."""
    fact = Fact(who=plan.who, call="identify", traits=plan.traits)
    return {"recorded": await send(list(_events(fact, asked)), asked)}


async def send(events: Sequence[dict[str, Any]], asked: Asked) -> list[dict[str, Any]]:
    """Store events durably; answer each one's id, type and name.

    Raises:
        BadRequest: one of them is refused; then none is stored.
        Unavailable: nothing of it is promised.
    """
    named = [
        {**event, "messageId": f"{asked.id}-{number}"}
        for number, event in enumerate(events, start=1)
    ]
    envelope = Envelope(type=None, events=[json_text.encode(one).encode() for one in named])
    circumstances = Circumstances(SOURCE, _SENDER, asked.now, asked.services.random)
    # Not the one of when the order came: somebody may have been suppressed since.
    config = asked.services.config(asked.config.workspace) or asked.config
    collected = Collector(config).collect(envelope, circumstances)
    if collected.rejections:
        first = collected.rejections[0]
        raise BadRequest(first.message, code=first.code)
    if collected.suppressed:
        raise BadRequest(
            "Nothing is kept of this person: they are suppressed. 'headwater unsuppress' lifts it.",
            code="suppressed",
        )
    await asked.services.intake.receive(config, collected.arrivals)
    return [
        {
            key: value
            for key, value in (
                ("message_id", one["messageId"]),
                ("type", one["type"]),
                ("name", one.get("event") or one.get("name") or one.get("groupId")),
                ("who", collected.arrivals[number].identifiers[0]),
            )
            if value is not None
        }
        for number, one in enumerate(named)
    ]


def _events(fact: Fact, asked: Asked) -> Iterator[dict[str, Any]]:
    person = asked.who(fact.who)
    base: dict[str, Any] = {"type": fact.call, **who_fields(person)}
    base["timestamp"] = write_time(moment(fact.when, asked))
    if fact.campaign:
        base["context"] = {**base.get("context", {}), "campaign": dict(fact.campaign)}
    if fact.call == "identify":
        yield {**base, "traits": _with_address(person, fact.traits)}
        return
    if fact.call == "group":
        yield {**base, "groupId": fact.name, "traits": dict(fact.traits)}
        return
    name = {"track": "event"}.get(fact.call, "name")
    for _ in range(fact.times):
        yield {**base, name: fact.name, "properties": dict(fact.properties)}
    if fact.traits:
        yield {**base, "type": "identify", "traits": _with_address(person, fact.traits)}


def _with_address(person: str, traits: dict[str, Any]) -> dict[str, Any]:
    type_, _, value = person.partition(":")
    return {type_: value, **traits} if type_ in {"email", "phone"} else dict(traits)


def who_fields(identifier: str) -> dict[str, Any]:
    """Answer the fields of an event that name a person by one identifier."""
    type_, _, value = identifier.partition(":")
    if type_ == "user_id":
        return {"userId": value}
    if type_ == "anonymous_id":
        return {"anonymousId": value}
    external = {"id": value, "type": type_, "collection": "users", "encoding": "none"}
    return {"context": {"externalIds": [external]}}


def moment(when: Moment | None, asked: Asked) -> int:
    """Answer when something happened, in milliseconds.

    A day that is counted back is at the same time of day; one of the calendar at noon, in the
    workspace's zone, or now where it is today.
    """
    if when is None:
        return asked.now
    if isinstance(when, On):
        day = datetime.fromisoformat(when.on).replace(hour=12, tzinfo=asked.zone)
        at = int(day.timestamp() * 1000)
        return min(at, asked.now) if day.date() == asked.today else at
    return _back(when, asked)


def _back(when: Ago, asked: Asked) -> int:
    now = datetime.fromtimestamp(asked.now / 1000, UTC)
    if when.unit in {"second", "minute", "hour"}:
        return int((now - timedelta(**{f"{when.unit}s": when.ago})).timestamp() * 1000)
    days = when.ago * {"day": 1, "week": 7, **_DAYS}[when.unit]
    # On the wall clock, so that a change to summer time in between moves nothing.
    return int((now.astimezone(asked.zone) - timedelta(days=days)).timestamp() * 1000)
