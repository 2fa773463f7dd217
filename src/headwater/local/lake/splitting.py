"""Many events' JSON texts to columns at once: what `split_body` does, in a fraction of its time.

An event that Headwater wrote is cut where its fields stand (event_fields.py). One that is not just
as Headwater writes them goes through `split_body`, which is also what this is held against.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from headwater.lake.event_rows import bot, split_body
from headwater.lake.schema import EVENTS
from headwater.local.lake import text_arrays
from headwater.local.lake.arrow import arrow_schema
from headwater.local.lake.event_fields import KINDS, EventFields
from headwater.local.lake.joined_texts import JoinedTexts
from headwater.local.lake.rests import rests
from headwater.local.lake.text_arrays import Numbers

NOT_IN_TEXT = frozenset({"person", "via", "position"})
"""Columns that an event's text does not tell."""

# What a text need not tell may be missing in any of its columns.
_SCHEMA = pa.schema(
    [pa.field(one.name, one.type) for one in arrow_schema(EVENTS) if one.name not in NOT_IN_TEXT]
)

_TEXTS = {
    "messageId": "message_id",
    "userId": "user_id",
    "anonymousId": "anonymous_id",
    "groupId": "group_id",
    "sourceId": "source",
    "properties": "properties",
    "traits": "traits",
    "context": "context",
}
_TIMES = {
    "timestamp": "timestamp",
    "receivedAt": "received_at",
    "originalTimestamp": "original_timestamp",
    "sentAt": "sent_at",
}
_KINDS = pa.array(KINDS, pa.string())


class Split:
    """Some events, cut where their fields stand.

    Attributes:
        fields: where that is.
        others: the places of those that are not as usual, and are looked at one by one.
    """

    def __init__(self, bodies: JoinedTexts) -> None:
        """Cut one event at least."""
        self.fields = EventFields(bodies)
        self.others = np.flatnonzero(~self.fields.good)
        self._alone = [self.fields.whole(place).decode() for place in self.others.tolist()]

    def table(self) -> pa.Table:
        """Answer what `split_body` answers for each text, in the same order.

        Raises:
            msgspec.DecodeError: one of them is no JSON object.
        """
        fields = self.fields
        if not len(self.others):
            return pa.table(usual_columns(fields, np.arange(fields.count))).cast(_SCHEMA)
        good = np.flatnonzero(fields.good)
        usual = pa.table(usual_columns(fields, good)).cast(_SCHEMA)
        table = pa.concat_tables([usual, _one_by_one(self._alone)])
        return table.take(pa.array(np.argsort(np.concatenate([good, self.others]))))


def split(bodies: Sequence[bytes]) -> pa.Table:
    """Answer what `split_body` answers for each text, as a table in the same order.

    Raises:
        msgspec.DecodeError: one of them is no JSON object.
    """
    return Split(JoinedTexts.of(bodies)).table() if bodies else _SCHEMA.empty_table()


def usual_columns(fields: EventFields, rows: Numbers) -> dict[str, pa.Array]:
    """Answer the columns of these events, in this order; all of them must be good.

    What repeats a lot may come as a dictionary.
    """
    found = {column: fields.texts(name, rows) for name, column in _TEXTS.items()}
    found |= {column: fields.times[name].take(pa.array(rows)) for name, column in _TIMES.items()}
    kinds = pa.array(fields.kinds[rows].astype(np.int32))
    found["type"] = pa.DictionaryArray.from_arrays(kinds, _KINDS)
    found["name"] = fields.names(rows)
    found["bot"] = _bots(found["context"])
    found["rest"] = rests(fields, rows)
    return {name: found[name] for name in _SCHEMA.names}


def _bots(contexts: pa.Array) -> pa.Array:
    found = list(text_arrays.holding(b'"bot"', contexts))
    if not found:
        return pa.nulls(len(contexts), pa.string())
    marks: list[str | None] = [None] * len(contexts)
    for place in found:
        marks[place] = bot(contexts[place].as_py())
    return pa.array(marks, pa.string())


def _one_by_one(bodies: Sequence[str]) -> pa.Table:
    rows = [split_body(body) for body in bodies]
    columns = [pa.array([row[one.name] for row in rows], one.type) for one in _SCHEMA]
    return pa.Table.from_arrays(columns, schema=_SCHEMA)
