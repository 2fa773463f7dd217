"""The envelope of a request: its events still as bytes, and what it says about all of them.

A batch is cut without parsing its events, so that the size of each is known first, and one that
cannot be parsed takes no other with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import msgspec

from headwater.collect import json_text
from headwater.collect.limits import Limits, check_body, check_depth, check_event, depth
from headwater.errors import BadRequest, Unauthorized

# A batch and its list are two levels around an event. Deeper than this, cutting itself would be
# unsafe on a small stack, so the whole batch is refused.
_AROUND_AN_EVENT = 2
_CUTTABLE_DEPTHS = 4


Text = bytes | msgspec.Raw
"""An event's JSON text; of a batch a view of its place there: a copy costs a tenth of parsing."""


class Envelope(msgspec.Struct, frozen=True):
    """A request's events, uncut from their bytes, and what is said once for all of them.

    Attributes:
        type: the events' type where the address gives it; None where each event says its own.
        events: each event's JSON text.
        depths_unknown: an event may be nested too deep; each must be looked at.
        sizes_unknown: an event may be too large; likewise.
        may_hold_oddities: an event may hold what `json_text.settle` is for; likewise.
        write_key: as the body has it.
        sent_at: as the body has it.
        context: goes under each event's own.
        integrations: goes under each event's own.
    """

    type: str | None
    events: Sequence[Text]
    depths_unknown: bool = False
    sizes_unknown: bool = True
    may_hold_oddities: bool = True
    write_key: str | None = None
    sent_at: Any = None
    context: Mapping[str, Any] = msgspec.field(default_factory=dict)
    integrations: Mapping[str, Any] = msgspec.field(default_factory=dict)


class _Batch(msgspec.Struct):
    batch: Any = None
    writeKey: Any = None  # noqa: N815 - the name on the wire
    sentAt: Any = None  # noqa: N815 - the name on the wire
    context: Any = None
    integrations: Any = None


class _Keyed(msgspec.Struct):
    writeKey: Any = None  # noqa: N815 - the name on the wire


class _CutBatch(_Batch):
    batch: list[msgspec.Raw] | None = None


_cutter = msgspec.json.Decoder(_CutBatch)
_batch_decoder = msgspec.json.Decoder(_Batch)
_key_decoder = msgspec.json.Decoder(_Keyed)


def open_single(body: bytes, call: str, limits: Limits) -> Envelope:
    """Answer the envelope of a single call; the body is the event.

    Raises:
        BadRequest: `event_too_large` or `too_deep`.
    """
    check_event(body, limits, envelope=limits.envelope)
    check_depth(body, limits.depth)
    return Envelope(type=call, events=(body,), sizes_unknown=False)


def open_batch(body: bytes, limits: Limits) -> Envelope:
    """Answer the envelope of a batch, its events cut but not parsed.

    Raises:
        BadRequest: `malformed_json`, `invalid_utf8`, `number_out_of_range`, `invalid_batch`,
            `too_many_events` or `too_deep`, for what concerns the batch as a whole.
        TooLarge: `body_too_large`.
    """
    check_body(body, limit=limits.batch)
    found = depth(body)
    if found > limits.depth * _CUTTABLE_DEPTHS:
        raise BadRequest(
            f"Objects and lists are nested {found} deep; the limit is {limits.depth}.",
            code="too_deep",
        )
    cut = _cut(body)
    if len(cut.batch or ()) > limits.events:
        raise BadRequest(
            f"The batch has {len(cut.batch or ())} events; the limit is {limits.events}.",
            code="too_many_events",
        )
    return Envelope(
        type=None,
        events=cut.batch or (),
        sizes_unknown=max(map(len, cut.batch or ()), default=0) > limits.event,
        depths_unknown=found > limits.depth + _AROUND_AN_EVENT,
        may_hold_oddities=json_text.may_hold_oddities(body),
        write_key=_text(cut.writeKey),
        sent_at=cut.sentAt,
        context=_object(cut.context, "context"),
        integrations=_object(cut.integrations, "integrations"),
    )


def _cut(body: bytes) -> _CutBatch:
    try:
        cut = _cutter.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        mended = json_text.mend(body)
        if mended is None:
            raise _uncuttable(body, error) from error
        try:
            cut = _cutter.decode(mended)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as again:
            raise _uncuttable(mended, again) from again
    if cut.batch is None:
        raise BadRequest('The body has no "batch"; send a list of events.', code="invalid_batch")
    return cut


def _uncuttable(body: bytes, error: Exception) -> BadRequest:
    if not isinstance(error, msgspec.ValidationError):
        return json_text.unreadable(error, empty=not body.strip())
    try:
        _batch_decoder.decode(body)
    except msgspec.ValidationError as again:
        if "out of range" in str(again):
            return json_text.unreadable(again)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as again:
        return json_text.unreadable(again)
    return BadRequest(
        'The body must be an object whose "batch" is a list of events.', code="invalid_batch"
    )


def _object(value: Any, name: str) -> Mapping[str, Any]:
    if isinstance(value, dict):
        return cast("Mapping[str, Any]", json_text.settle(value))
    if value is None or value == []:  # PHP writes an empty object as an empty list
        return {}
    raise BadRequest(f'"{name}" of the batch must be an object.', code="invalid_batch")


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def write_key(envelope: Envelope) -> str | None:
    """Answer the write key that the body carries: the batch's own, or that of its events.

    Raises:
        Unauthorized: events of one batch carry different keys.
    """
    if envelope.write_key is not None:
        return envelope.write_key
    keys = {key for raw in envelope.events if (key := _key_of(raw)) is not None}
    if len(keys) > 1:
        raise Unauthorized(
            "The events of this batch carry different write keys; send a batch for each.",
            code="several_write_keys",
        )
    return keys.pop() if keys else None


def _key_of(raw: Text) -> str | None:
    try:
        return _text(_key_decoder.decode(raw).writeKey)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None  # what is wrong with this event is said when it is parsed
