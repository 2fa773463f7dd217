"""The six calls, the same on both clients: only how an event is put away differs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Generic, TypedDict, TypeVar, Unpack
from uuid import uuid4

from headwater.client.errors import InvalidEvent
from headwater.client.event import Identifier, build, encode
from headwater.spec.event import SemanticEvent

Answer = TypeVar("Answer")
Object = Mapping[str, Any]


class Extras(TypedDict, total=False):
    """What every call takes besides its own arguments.

    Attributes:
        context: what surrounds the event: `ip`, `locale`, `campaign`, … (PROTOCOLS 1.11).
        timestamp: when it happened, if not now; a naive datetime is local time.
        integrations: which destinations may have it, as in `{"All": False, "Webhook": True}`.
        message_id: your own id for the event; the server takes the same id once.
    """

    context: Object | None
    timestamp: datetime | str | None
    integrations: Object | None
    message_id: str | None


class Calls(ABC, Generic[Answer]):
    """Segment's six calls. Each answers the event's messageId (awaited, on the async client).

    An event that could never be accepted raises `InvalidEvent` here, where the mistake is.
    Arguments stand in the order of Segment's own Python library.
    """

    @abstractmethod
    def _put(self, message_id: str, body: bytes) -> Answer: ...

    def track(
        self,
        user_id: Identifier | None = None,
        event: str | SemanticEvent | None = None,
        properties: Object | None = None,
        *,
        anonymous_id: Identifier | None = None,
        **extras: Unpack[Extras],
    ) -> Answer:
        """Say that a person did something: `track("user-1", "Order Completed", {...})`.

        In place of a name it takes what `headwater.spec` answers; `properties` and `context`
        given beside that are added to it.
        """
        if isinstance(event, SemanticEvent):
            properties = _added(event.properties, properties)
            extras["context"] = _added(event.context, extras.get("context"))
            event = event.name
        return self._call(
            "track",
            {"userId": user_id, "anonymousId": anonymous_id},
            {"event": _name("track", "event", event), "properties": properties or {}},
            extras,
        )

    def identify(
        self,
        user_id: Identifier | None = None,
        traits: Object | None = None,
        *,
        anonymous_id: Identifier | None = None,
        **extras: Unpack[Extras],
    ) -> Answer:
        """Say who a person is: `identify("user-1", {"email": "ada@example.com"})`."""
        people = {"userId": user_id, "anonymousId": anonymous_id}
        return self._call("identify", people, {"traits": traits or {}}, extras)

    def page(
        self,
        user_id: Identifier | None = None,
        category: str | None = None,
        name: str | None = None,
        properties: Object | None = None,
        *,
        anonymous_id: Identifier | None = None,
        **extras: Unpack[Extras],
    ) -> Answer:
        """Say that a person saw a page of a web site."""
        people = {"userId": user_id, "anonymousId": anonymous_id}
        fields = {"category": category, "name": name, "properties": properties or {}}
        return self._call("page", people, fields, extras)

    def screen(
        self,
        user_id: Identifier | None = None,
        category: str | None = None,
        name: str | None = None,
        properties: Object | None = None,
        *,
        anonymous_id: Identifier | None = None,
        **extras: Unpack[Extras],
    ) -> Answer:
        """Say that a person saw a screen of an app."""
        people = {"userId": user_id, "anonymousId": anonymous_id}
        fields = {"category": category, "name": name, "properties": properties or {}}
        return self._call("screen", people, fields, extras)

    def group(
        self,
        user_id: Identifier | None = None,
        group_id: Identifier | None = None,
        traits: Object | None = None,
        *,
        anonymous_id: Identifier | None = None,
        **extras: Unpack[Extras],
    ) -> Answer:
        """Say that a person belongs to an account, and what is known of the account."""
        if group_id is None:
            raise InvalidEvent("group: group_id is missing: give the id of the account")
        people = {"userId": user_id, "anonymousId": anonymous_id, "groupId": group_id}
        return self._call("group", people, {"traits": traits or {}}, extras)

    def alias(
        self,
        previous_id: Identifier | None = None,
        user_id: Identifier | None = None,
        **extras: Unpack[Extras],
    ) -> Answer:
        """Say that two ids are one person: `alias("the-old-id", "the-new-id")`."""
        if previous_id is None or user_id is None:
            missing = "previous_id" if previous_id is None else "user_id"
            raise InvalidEvent(
                f"alias: {missing} is missing: give both, as in alias(previous_id, user_id)"
            )
        return self._call("alias", {"previousId": previous_id, "userId": user_id}, {}, extras)

    def _call(
        self,
        call: str,
        identifiers: Mapping[str, Identifier | None],
        fields: Mapping[str, object],
        extras: Extras,
    ) -> Answer:
        if identifiers.get("userId") is None and identifiers.get("anonymousId") is None:
            raise InvalidEvent(
                f"{call}: user_id and anonymous_id are both missing: give at least one, "
                "or the event belongs to nobody"
            )
        _check(call, fields, extras)
        message_id = extras.get("message_id")
        event = build(
            call,
            now=datetime.now(UTC),
            message_id=str(uuid4()) if message_id is None else message_id,
            timestamp=extras.get("timestamp"),
            context=extras.get("context"),
            integrations=extras.get("integrations"),
            identifiers=identifiers,
            fields=fields,
        )
        return self._put(event["messageId"], encode(event))


def _name(call: str, field: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise InvalidEvent(
            f"{call}: {field} is missing or not text: give a name such as 'Order Completed'"
        )
    return value


def _added(own: Object, given: Object | None) -> Object | None:
    # What is no dict is refused where all arguments are.
    return {**own, **given} if isinstance(given, Mapping) else given or own


def _check(call: str, fields: Mapping[str, object], extras: Extras) -> None:
    unknown = sorted(set(extras) - set(Extras.__annotations__))
    if unknown:
        known = ", ".join(Extras.__annotations__)
        raise TypeError(f"{call}() takes no argument {unknown[0]!r}; besides its own: {known}")
    objects = {name: fields[name] for name in ("properties", "traits") if name in fields}
    objects |= {name: extras.get(name) for name in ("context", "integrations")}
    for name, value in objects.items():
        if value is not None and not isinstance(value, Mapping):
            raise InvalidEvent(f"{call}: {name} is of type {type(value).__name__}: give a dict")
    for name in ("category", "name"):
        if fields.get(name) is not None:
            _name(call, name, fields[name])
