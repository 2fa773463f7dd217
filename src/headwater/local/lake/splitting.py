"""Many events' JSON texts to columns at once: what `split_body` does, in a fraction of its time.

An event that Headwater wrote is cut by its parser and checked by its lengths (event_fields.py).
One that is not just as Headwater writes them goes through `split_body`, which is also what this is
held against.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from headwater.lake.event_rows import REQUIRED, bot, split_body
from headwater.lake.schema import EVENTS
from headwater.local.lake import text_arrays
from headwater.local.lake.arrow import arrow_schema
from headwater.local.lake.event_fields import EventFields
from headwater.local.lake.rests import rests
from headwater.local.lake.tail import Tail

AT_ONCE = 1_000
"""Events that are split together: their texts, more than once, fit a processor's cache."""

_NOT_IN_TEXT = frozenset({"person", "via", "position"})

# What a text need not tell may be missing in any of its columns.
_SCHEMA = pa.schema(
    [pa.field(one.name, one.type) for one in arrow_schema(EVENTS) if one.name not in _NOT_IN_TEXT]
)

_COLUMNS = {
    "type": "type",
    "messageId": "message_id",
    "timestamp": "timestamp",
    "receivedAt": "received_at",
    "originalTimestamp": "original_timestamp",
    "sentAt": "sent_at",
    "userId": "user_id",
    "anonymousId": "anonymous_id",
    "groupId": "group_id",
    "sourceId": "source",
    "properties": "properties",
    "traits": "traits",
    "context": "context",
}


class Splitter:
    """Splits events.

    Attributes:
        alone: how many were not as usual, and looked at one by one.
    """

    def __init__(self) -> None:
        self.alone = 0

    def split(self, bodies: Sequence[bytes]) -> pa.Table:
        """Answer what `split_body` answers for each text, as a table in the same order.

        Raises:
            msgspec.DecodeError: one of them is no JSON object.
        """
        parts = [
            self._some(bodies[start : start + AT_ONCE]) for start in range(0, len(bodies), AT_ONCE)
        ]
        return pa.concat_tables(parts) if parts else _SCHEMA.empty_table()

    def _some(self, bodies: Sequence[bytes]) -> pa.Table:
        events = EventFields(bodies)
        good = events.good
        if good.all():
            return _table(events)
        others = np.flatnonzero(~good)
        self.alone += len(others)
        table = pa.concat_tables(
            [
                _table(events).filter(pa.array(good)),
                _alone([bodies[place].decode() for place in others.tolist()]),
            ]
        )
        places = np.concatenate([np.flatnonzero(good), others])
        return table.take(pa.array(np.argsort(places)))


def _table(events: EventFields) -> pa.Table:
    """Answer the columns; of an event that is not good they mean nothing."""
    found = {column: events.arrays[name] for name, column in _COLUMNS.items()}
    found["name"] = pc.coalesce(events.arrays["event"], events.arrays["name"])
    found["bot"] = _bots(events.arrays["context"])
    found["rest"] = rests(events)
    return pa.Table.from_arrays([found[name] for name in _SCHEMA.names], schema=_SCHEMA)


def _bots(contexts: pa.Array) -> pa.Array:
    found = list(text_arrays.holding(b'"bot"', contexts))
    if not found:
        return pa.nulls(len(contexts), pa.string())
    marks: list[str | None] = [None] * len(contexts)
    for place in found:
        marks[place] = bot(contexts[place].as_py())
    return pa.array(marks, pa.string())


def _alone(bodies: Sequence[str]) -> pa.Table:
    rows = [split_body(body) for body in bodies]
    columns = [pa.array([row[one.name] for row in rows], one.type) for one in _SCHEMA]
    return pa.Table.from_arrays(columns, schema=_SCHEMA)


def lake_table(splitter: Splitter, rows: Tail, people: Sequence[str]) -> pa.Table:
    """Answer the rows of the lake that events of the database make, in their order.

    `people` has the root identifier that each is of.
    """
    split = splitter.split(rows.bodies)
    columns = dict(zip(split.column_names, split.columns, strict=True))
    # Of a text that is not as ours are, what it does not tell the columns beside it do.
    told: dict[str, Sequence[Any]] = {
        "message_id": rows.message_ids,
        "type": rows.types,
        "timestamp": rows.timestamps,
        "received_at": rows.timestamps,
    }
    for name in REQUIRED:
        if columns[name].null_count:
            there = pa.array(told[name], columns[name].type)
            columns[name] = pc.coalesce(columns[name], there)
    columns["person"] = pa.array(people, pa.string())
    columns["via"] = pa.array(rows.vias, pa.string())
    columns["position"] = pa.array(rows.positions, pa.int64())
    schema = arrow_schema(EVENTS)
    return pa.Table.from_arrays([columns[name] for name in schema.names], schema=schema)
