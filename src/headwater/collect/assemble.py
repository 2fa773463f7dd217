"""From a request's bytes to arrivals: each event read, completed, addressed, and written once."""

from __future__ import annotations

from collections.abc import Mapping
from operator import attrgetter
from typing import Any

import msgspec
from msgspec.structs import asdict

from headwater.collect import json_text
from headwater.collect.arrival import Arrival
from headwater.collect.calls import CALLS, WHO
from headwater.collect.enrich import Sender, complete
from headwater.collect.envelope import Envelope, Text
from headwater.collect.events import Fields, message_id, read_event
from headwater.collect.intake import Rejection
from headwater.collect.limits import Limits, check_depth, check_event
from headwater.collect.times import correct, in_written_form, read_time, write_time
from headwater.collect.visitor import daily_id
from headwater.errors import BadRequest
from headwater.ports import Random
from headwater.profiles.identifiers import IdentifierReader
from headwater.profiles.normalise import why_nobody
from headwater.profiles.suppression import SuppressionCheck
from headwater.workspace import WorkspaceConfig

_KEPT_OF_A_REFUSED_EVENT = 64 * 1024  # bytes
_SHOWN = 40  # characters of a value that is quoted
# What languages have for a time that nobody set (1970, or the year 1 in Go and .NET): as a time of
# sending it would put the event as far into the future.
_NEVER_SET = frozenset({0, -62_135_596_800_000})

# Refused because parsing was not to be tried, or of no use.
_UNPARSED = frozenset({"event_too_large", "malformed_json", "too_deep", "too_many_events"})


class Collected(msgspec.Struct, frozen=True):
    """What became of a request's events: in their order, each in one of the two.

    Attributes:
        suppressed: how many are in neither, as they are of people of whom nothing is kept.
    """

    arrivals: tuple[Arrival, ...]
    rejections: tuple[Rejection, ...]
    suppressed: int = 0


class Circumstances(msgspec.Struct, frozen=True):
    """What is the same for all events of a request.

    Attributes:
        source: the id of the source that the write key belongs to.
        sender: who sent the request.
        received_at: when it came, in milliseconds.
        random: names the events that have no messageId.
        daily_salt: of this day, to name those by who want nothing stored; None where the
            runtime has none, and then such events name nobody.
    """

    source: str
    sender: Sender
    received_at: int
    random: Random
    daily_salt: bytes | None = None


class Collector:
    """Turns requests into arrivals, by one version of a workspace's configuration."""

    def __init__(self, config: WorkspaceConfig, limits: Limits | None = None) -> None:
        self.config = config
        self._limits = limits or Limits()
        self._identifiers = IdentifierReader(config.identity)
        self.suppression = SuppressionCheck(config)
        self._suppresses = bool(self.suppression)
        self._encode = json_text.TextEncoder().encode
        # Rules may look for identifiers in fields that no event has.
        known = set(Fields.__struct_fields__).issuperset(self._identifiers.fields)
        self._naming = attrgetter(*self._identifiers.fields) if known else None

    def collect(self, envelope: Envelope, circumstances: Circumstances) -> Collected:
        """Answer the arrivals and rejections of a request; a bad event takes no other with it."""
        arrivals: list[Arrival] = []
        rejections: list[Rejection] = []
        assembly = _Assembly(envelope, circumstances)
        for index, raw in enumerate(envelope.events):
            try:
                if (arrival := self._arrival(raw, envelope, assembly)) is not None:
                    arrivals.append(arrival)
            except BadRequest as error:
                rejections.append(reject(bytes(raw), error, index=index, call=envelope.type))
        suppressed = len(envelope.events) - len(arrivals) - len(rejections)
        return Collected(tuple(arrivals), tuple(rejections), suppressed)

    def _arrival(self, raw: Text, envelope: Envelope, assembly: _Assembly) -> Arrival | None:
        limits = self._limits
        if envelope.sizes_unknown:
            check_event(raw, limits)
        if envelope.depths_unknown:
            check_depth(bytes(raw), limits.depth)
        kind, event = read_event(raw, envelope.type, may_hold_oddities=envelope.may_hold_oddities)
        timestamp = assembly.complete(kind, event)
        if kind == "alias" or self._naming is None:
            identifiers = self._identifiers.read(asdict(event))
        else:
            identifiers = self._identifiers.among(self._naming(event))
        if not identifiers:
            raise _nobody(kind, event)
        if self._suppresses and self.suppression.covers(identifiers):
            return None
        return Arrival(
            workspace=self.config.workspace,
            identifiers=identifiers,
            message_id=event.messageId or "",  # `complete` has given it one
            type=kind,
            timestamp=timestamp,
            received_at=assembly.received_at,
            body=self._encode(event),
        )


def reject(raw: bytes, error: BadRequest, *, index: int = 0, call: str | None = None) -> Rejection:
    """Answer the rejection of an event, or of what should have been one, for `error`'s reason.

    A single call says in its path which `call` it is; what is kept says it too, so that it can
    be sent through again.
    """
    if call and error.code not in _UNPARSED:
        raw = _with_type(raw, call)
    return Rejection(
        index=index,
        message_id=None if error.code in _UNPARSED else message_id(raw),
        code=error.code,
        message=error.message,
        body=raw[:_KEPT_OF_A_REFUSED_EVENT],
    )


def _with_type(raw: bytes, call: str) -> bytes:
    """Answer an object's JSON text with a `type` behind all else, where the last one counts."""
    before = raw.rstrip()[:-1].rstrip()
    comma = b"" if before.endswith(b"{") else b","
    return before + comma + b'"type":"' + call.encode() + b'"}'


class _Assembly:
    """Completes events; what is the same for all of a request is worked out once."""

    def __init__(self, envelope: Envelope, circumstances: Circumstances) -> None:
        self.received_at = circumstances.received_at
        self._received_text = write_time(circumstances.received_at)
        self._circumstances = circumstances
        self._context = envelope.context
        self._integrations = envelope.integrations
        sent_at = _readable(envelope.sent_at)
        self._sent_text = None if sent_at is None else write_time(sent_at)
        # In milliseconds, by the one time of sending that most requests have.
        self._clock_is_off = correct(0, sent=sent_at, received=self.received_at)

    def complete(self, kind: str, event: Fields) -> int:
        """Make of what the client said all that is kept; answer when it happened, in ms."""
        timestamp = self._set_times(event)
        call, about = CALLS[kind], self._circumstances
        if event.type != kind:
            event.type = kind
        if not event.messageId:
            event.messageId = about.random.uuid()
        call.clear(event)
        context = event.context or {}
        if self._context:
            context = {**self._context, **context}
        if call.content == "properties":
            if event.properties is None:
                event.properties = {}
        elif call.content == "traits" and not event.traits:
            event.traits = _only_in_context(kind, context)
        event.context = completed = complete(
            context,
            sender=about.sender,
            properties=event.properties if kind == "page" else None,
        )
        if "cookieless" in completed and completed["cookieless"] is True:
            self._name_for_a_day(event, completed)
        if event.integrations is None or self._integrations:
            event.integrations = {**self._integrations, **(event.integrations or {})}
        event.sourceId = about.source
        return timestamp

    def _name_for_a_day(self, event: Fields, context: dict[str, Any]) -> None:
        """Name a visitor who wants nothing stored; their address is not kept either."""
        salt, sender = self._circumstances.daily_salt, self._circumstances.sender
        if salt is not None and not event.anonymousId:
            event.anonymousId = daily_id(
                salt, ip=sender.ip, user_agent=sender.user_agent, site=self._circumstances.source
            )
        context.pop("ip", None)

    def _set_times(self, event: Fields) -> int:
        clock_is_off, event.receivedAt = self._clock_is_off, self._received_text
        if event.sentAt is None or (own := _readable(event.sentAt)) is None:
            event.sentAt = self._sent_text
        else:
            event.sentAt = write_time(own)
            clock_is_off = correct(0, sent=own, received=self.received_at)
        given, name = event.timestamp, "timestamp"
        if given is None:
            given, name = event.originalTimestamp, "originalTimestamp"
        if given is None or given == "":
            event.timestamp, event.originalTimestamp = self._received_text, None
            return self.received_at
        try:
            original, event.originalTimestamp = in_written_form(given)
            timestamp = original + clock_is_off
            event.timestamp = write_time(timestamp) if clock_is_off else event.originalTimestamp
        except (ValueError, OverflowError) as error:
            raise BadRequest(
                f"{name} {_shown(given)} is no time between the years 1 and 9999"
                f"{' once sentAt has corrected it' if clock_is_off else ''}; send ISO 8601, such "
                f"as {self._received_text}.",
                code="invalid_timestamp",
            ) from error
        return timestamp


def _only_in_context(kind: str, context: Mapping[str, Any]) -> dict[str, Any]:
    """Answer the traits of an identify call that has none itself: RudderStack's SDKs do that."""
    given = context.get("traits") if kind == "identify" else None
    return given if isinstance(given, dict) else {}


def _readable(sent_at: Any) -> int | None:
    """Answer a time of sending, or None: it only corrects, so a wrong one refuses no event."""
    if sent_at is None:
        return None
    try:
        read = read_time(sent_at)
    except (ValueError, OverflowError):
        return None
    return None if read in _NEVER_SET else read


def _nobody(kind: str, event: Fields) -> BadRequest:
    named = ("userId", "previousId") if kind == "alias" else WHO
    given = {name: value for name in named if (value := getattr(event, name))}
    if not given:
        return BadRequest(
            "The event names nobody; send a userId or an anonymousId.", code="missing_identifier"
        )
    why = {name: reason for name, value in given.items() if (reason := why_nobody(value))}
    reasons = ", ".join(
        f"{name} {_shown(given[name])} {why.get(name, 'is blocked by the workspace')}"
        for name in why or given
    )
    real = "An alias needs two real ids." if kind == "alias" else "Send a real id, or none."
    return BadRequest(f"The event names nobody: {reasons}. {real}", code="missing_identifier")


def _shown(value: Any) -> str:
    written = str(value)
    return repr(written) if len(written) <= _SHOWN else f"{written[:_SHOWN]!r}…"
