"""The shapes of Segment's Profile API: what people, accounts and events look like on its wire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from headwater.api.fields import written
from headwater.api.segment_pages import Cursor
from headwater.profiles.people import Account, Person, Trait

_UNKNOWN_SOURCE = ""


class Traits(BaseModel):
    """Traits by name; with `verbose` each is `{value, source_id, updated_at}`."""

    traits: dict[str, Any]
    cursor: Cursor


class ExternalIds(BaseModel):
    """External ids."""

    data: list[dict[str, Any]]
    cursor: Cursor


class Events(BaseModel):
    """Events."""

    data: list[dict[str, Any]]
    cursor: Cursor


class Metadata(BaseModel):
    """When a profile was made and last changed, and by what."""

    metadata: dict[str, str | None]


class Links(BaseModel):
    """Accounts of a user, or users of an account."""

    data: list[dict[str, Any]]
    cursor: Cursor


def trait(one: Trait, sources: Mapping[str, str] | None) -> Any:
    """Answer a trait's value; where sources are given, by messageId, also where it came from."""
    if sources is None:
        return one.value
    source = sources.get(one.message_id, _UNKNOWN_SOURCE)
    return detailed(one.value, source=source, updated_at=written(one.timestamp))


def detailed(
    value: Any, *, updated_at: str | None, source: str = _UNKNOWN_SOURCE
) -> dict[str, Any]:
    """Answer a value with where it came from and when."""
    return {"value": value, "source_id": source, "updated_at": updated_at}


def external_id(collection: str, type_: str, value: str, *, at: int) -> dict[str, Any]:
    """Answer one external id."""
    return {
        "source_id": _UNKNOWN_SOURCE,
        "collection": collection,
        "id": value,
        "type": type_,
        "created_at": written(at),
        "encoding": "none",
    }


def external_ids(profile: Person | Account) -> list[dict[str, Any]]:
    """Answer all external ids of a profile."""
    if isinstance(profile, Account):
        return [external_id("accounts", "group_id", profile.id, at=profile.first_seen)]
    return [
        external_id("users", one.type, one.value, at=one.first_seen) for one in profile.identifiers
    ]


def event(one: Mapping[str, Any], profile: Person | Account) -> dict[str, Any]:
    """Answer an event of a profile's timeline."""
    shown = {
        "external_ids": _event_ids(one),
        "context": one.get("context") or {},
        "type": one.get("type"),
        "message_id": one.get("messageId"),
        "source_id": one.get("sourceId") or _UNKNOWN_SOURCE,
        "timestamp": one.get("timestamp"),
        "properties": one.get("properties") or {},
        "event": one.get("event") or one.get("name"),
        "related": {"accounts" if isinstance(profile, Account) else "users": profile.id},
    }
    if "traits" in one:
        shown["traits"] = one["traits"]
    return shown


def metadata(
    profile: Person | Account,
    *,
    first: Sequence[Mapping[str, Any]],
    last: Sequence[Mapping[str, Any]],
) -> Metadata:
    """Answer a profile's metadata; `first` and `last` hold its first and last event."""
    first_event = first[0] if first else {}
    last_event = last[0] if last else {}
    first_id, last_id = first_event.get("messageId"), last_event.get("messageId")
    if isinstance(profile, Person):
        first_id, last_id = profile.first_message_id, profile.last_message_id
    return Metadata(
        metadata={
            "created_at": written(profile.first_seen),
            "updated_at": written(profile.last_seen),
            "expires_at": None,
            "first_message_id": first_id,
            "first_source_id": first_event.get("sourceId") or _UNKNOWN_SOURCE,
            "last_message_id": last_id,
            "last_source_id": last_event.get("sourceId") or _UNKNOWN_SOURCE,
        }
    )


def account_link(group_id: str, at: int) -> dict[str, Any]:
    """Answer the link from a user to an account that they were last put in at a time."""
    return {
        "to_collection": "accounts",
        "external_ids": [external_id("accounts", "group_id", group_id, at=at)],
    }


def user_link(person: Person) -> dict[str, Any]:
    """Answer the link from an account to one of its users."""
    return {"to_collection": "users", "external_ids": external_ids(person)}


def _event_ids(one: Mapping[str, Any]) -> list[dict[str, Any]]:
    ids = [("user_id", one.get("userId")), ("anonymous_id", one.get("anonymousId"))]
    custom = (one.get("context") or {}).get("externalIds")
    ids += [
        (str(each.get("type")), each.get("id"))
        for each in (custom if isinstance(custom, list) else ())
        if isinstance(each, dict)
    ]
    unique = dict.fromkeys((type_, str(value)) for type_, value in ids if value is not None)
    return [
        {"collection": "users", "type": type_, "id": value, "encoding": "none"}
        for type_, value in unique
    ]
