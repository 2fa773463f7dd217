"""Many events' JSON texts to columns at once: what `split_body` does, by DuckDB.

It is several times as quick, and holds no lock of Python's meanwhile. An event that is not just
as Headwater writes them goes through `split_body`, which is also what this is held against.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import resources

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from headwater.lake.event_rows import REQUIRED, split_body
from headwater.lake.schema import EVENTS
from headwater.local.lake.arrow import arrow_schema
from headwater.local.lake.tail import EventRow

_NOT_IN_TEXT = frozenset({"person", "via", "position"})

# What a text need not tell may be missing in any of its columns.
_SCHEMA = pa.schema(
    [pa.field(one.name, one.type) for one in arrow_schema(EVENTS) if one.name not in _NOT_IN_TEXT]
)


@cache
def _statement() -> str:
    return resources.files(__package__).joinpath("split.sql").read_text("utf-8")


class Splitter:
    """Splits events; for one thread.

    Attributes:
        alone: how many were not as usual, and looked at one by one.
    """

    def __init__(self) -> None:
        self.alone = 0
        self._engine = duckdb.connect(config={"threads": 1})
        self._engine.execute("SET TimeZone = 'UTC'")

    def split(self, kinds: Sequence[str], bodies: Sequence[str]) -> pa.Table:
        """Answer what `split_body` answers for each text, as a table in the same order.

        Args:
            kinds: each event's type.
            bodies: as many texts.

        Raises:
            msgspec.DecodeError: one of them is no JSON object.
        """
        texts = {
            "place": pa.array(range(len(bodies)), pa.int32()),
            "kind": pa.array(kinds, pa.string()),
            "body": pa.array(bodies, pa.string()),
        }
        self._engine.register("bodies", pa.table(texts))
        found = self._engine.sql(_statement()).to_arrow_table().combine_chunks()
        self._engine.unregister("bodies")
        if pc.all(found.column("good")).as_py() is not False:
            return _shaped(found)
        good = found.filter(found.column("good"))
        known = set(good.column("place").to_pylist())
        others = [place for place in range(len(bodies)) if place not in known]
        self.alone += len(others)
        table = pa.concat_tables([_shaped(good), _alone([bodies[place] for place in others])])
        places = pa.array([*good.column("place").to_pylist(), *others], pa.int32())
        return table.take(pc.sort_indices(places))

    def close(self) -> None:
        """Let go of the memory."""
        self._engine.close()


def _shaped(found: pa.Table) -> pa.Table:
    """Answer DuckDB's columns as the lake's files have them."""
    columns = []
    for field in _SCHEMA:
        if field.name == "bot":  # where there may be one, the event is not good for this
            columns.append(pa.nulls(found.num_rows, field.type))
        elif pa.types.is_timestamp(field.type):
            milliseconds = found.column(field.name).cast(pa.timestamp("ms"))
            columns.append(milliseconds.cast(pa.int64()).cast(field.type))
        else:
            columns.append(found.column(field.name).cast(field.type))
    return pa.Table.from_arrays(columns, schema=_SCHEMA)


def _alone(bodies: Sequence[str]) -> pa.Table:
    rows = [split_body(body) for body in bodies]
    columns = [pa.array([row[one.name] for row in rows], one.type) for one in _SCHEMA]
    return pa.Table.from_arrays(columns, schema=_SCHEMA)


def lake_table(splitter: Splitter, rows: Sequence[EventRow], people: Sequence[str]) -> pa.Table:
    """Answer the rows of the lake that events of the database make, in their order.

    `people` has the root identifier that each is of.
    """
    split = splitter.split([one.type for one in rows], [one.body for one in rows])
    columns = dict(zip(split.column_names, split.columns, strict=True))
    # Of a text that is not as ours are, what it does not tell the columns beside it do.
    times = [one.timestamp for one in rows]
    told = {
        "message_id": [one.message_id for one in rows],
        "type": [one.type for one in rows],
        "timestamp": times,
        "received_at": times,
    }
    for name in REQUIRED:
        if columns[name].null_count:
            there = pa.array(told[name], columns[name].type)
            columns[name] = pc.coalesce(columns[name], there)
    columns["person"] = pa.array(people, pa.string())
    columns["via"] = pa.array([one.via for one in rows], pa.string())
    columns["position"] = pa.array([one.position for one in rows], pa.int64())
    schema = arrow_schema(EVENTS)
    return pa.Table.from_arrays([columns[name] for name in schema.names], schema=schema)
