"""An event's stored JSON text to a row of the lake and back, byte by byte.

A column holds the value of a top-level field where its text follows from the value. In `rest`
stands the event with `null` for each of these; what has no column, or is written in a way that
does not follow, stays there. So `rest` is nearly the same for all events of a source, and a
dictionary makes it cost next to nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from headwater.collect.times import read_time, write_time

_encode = msgspec.json.Encoder().encode
_pieces = msgspec.json.Decoder(dict[str, msgspec.Raw])
_text = msgspec.json.Decoder(str)

# Field of the event to its column, by how the column's value is written.
_TEXTS = {
    "type": "type",
    "messageId": "message_id",
    "userId": "user_id",
    "anonymousId": "anonymous_id",
    "groupId": "group_id",
    "sourceId": "source",
}
_TIMES = {
    "timestamp": "timestamp",
    "receivedAt": "received_at",
    "originalTimestamp": "original_timestamp",
    "sentAt": "sent_at",
}
_OBJECTS = {"properties": "properties", "traits": "traits", "context": "context"}

# Which field of a call is its name. Elsewhere a field so called is no name, and stays in `rest`.
_NAMED = {"track": "event", "page": "name", "screen": "name"}

REQUIRED = ("type", "message_id", "timestamp", "received_at")
"""Columns that each row has, which the event's text tells if it is one of ours."""

WHOLE = " "
"""What a `rest` begins with that is followed by the whole event: it was not written by us."""

Row = dict[str, Any]
"""Column name to value: text, milliseconds, or None."""


def split_body(body: str) -> Row:
    """Answer the columns of `headwater.lake.schema.EVENTS` that an event's JSON text fills.

    Those are all but `person`, `via` and `position`, which are not in the text. A column that is
    required is None where the text does not tell it; the caller then fills it in.

    Raises:
        msgspec.DecodeError: the text is no JSON object.
    """
    pieces = {name: bytes(piece).decode() for name, piece in _pieces.decode(body).items()}
    row: Row = dict.fromkeys(_COLUMNS)
    whole = _joined(pieces) != body
    name_field = _NAMED.get(pieces.get("type", "").strip('"'))
    for field, piece in pieces.items():
        column = _column(field, name_field)
        if column is None or piece == "null":
            continue
        value, written = _read(field, piece)
        row[column] = value
        if written == piece:
            pieces[field] = "null"
    whole = whole or any(row[column] is None for column in REQUIRED)
    row["bot"] = bot(row["context"])
    row["rest"] = WHOLE + body if whole else _joined(pieces)
    return row


def bot(context: str | None) -> str | None:
    """Answer the JSON text of what a context marks its event as a bot's by, None for a human's.

    It is a column of its own because nearly every question leaves bots out: without it, each
    would have to read all contexts, which are most of a file's bytes. `join_body` needs it not.
    """
    if context is None or '"bot"' not in context:
        return None
    mark = _pieces_of(context).get("bot")
    text = None if mark is None else bytes(mark).decode()
    return None if text in {"null", "false"} else text


def _pieces_of(context: str) -> dict[str, msgspec.Raw]:
    try:
        return _pieces.decode(context)
    except msgspec.DecodeError:  # a context that is no object
        return {}


def join_body(row: Mapping[str, Any]) -> str:
    """Answer the event's JSON text, as it was given to `split_body`."""
    rest: str = row["rest"]
    if rest.startswith(WHOLE):
        return rest[len(WHOLE) :]
    pieces = {name: bytes(piece).decode() for name, piece in _pieces.decode(rest).items()}
    name_field = _NAMED.get(row["type"])
    for field, piece in pieces.items():
        column = _column(field, name_field)
        if piece == "null" and column is not None and row.get(column) is not None:
            pieces[field] = _written(field, row[column])
    return _joined(pieces)


def _column(field: str, name_field: str | None) -> str | None:
    if field == name_field:
        return "name"
    return _TEXTS.get(field) or _TIMES.get(field) or _OBJECTS.get(field)


def _read(field: str, piece: str) -> tuple[Any, str | None]:
    """Answer a field's value for its column, and how that value would be written."""
    if field in _OBJECTS:
        return piece, piece
    try:
        text = _text.decode(piece)
        value = read_time(text) if field in _TIMES else text
        return value, _written(field, value)
    except (msgspec.DecodeError, ValueError, OverflowError):
        return None, None  # a number for a text, or no time: `rest` keeps it


def _written(field: str, value: Any) -> str:
    if field in _OBJECTS:
        return str(value)
    text = write_time(value) if field in _TIMES else value
    return _encode(text).decode()


def _joined(pieces: Mapping[str, str]) -> str:
    return (
        "{" + ",".join(f"{_encode(name).decode()}:{piece}" for name, piece in pieces.items()) + "}"
    )


_COLUMNS = (*_TEXTS.values(), *_TIMES.values(), *_OBJECTS.values(), "name", "rest", "bot")
