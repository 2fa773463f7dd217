"""Events of the database as rows of the lake."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from headwater.lake import keys
from headwater.lake.event_rows import REQUIRED
from headwater.lake.schema import EVENTS
from headwater.local.lake.arrow import arrow_schema, in_order
from headwater.local.lake.splitting import Split, usual_columns
from headwater.local.lake.tail import Tail, Told, people_of, told
from headwater.local.lake.text_arrays import Numbers
from headwater.ports import Sql

_GROUP = 65_536  # rows for which a dictionary is shared; see Rows.days


class Rows:
    """Rows of the lake that events of the database make."""

    def __init__(self, sql: Sql, tail: Tail) -> None:
        """Read what else is to be known of some events, one at least, in the same snapshot."""
        self._split = Split(tail.bodies)
        others = self._split.others.tolist()
        self._told = told(sql, tail.ids[others].tolist()) if others else []
        people = people_of(sql, tail)
        self._names = people.dictionary
        self._people = people.indices.to_numpy().astype(np.int64)
        self._vias = tail.vias
        self._positions = tail.positions

    def table(self) -> pa.Table:
        """Answer them in the order in which the events came.

        Raises:
            msgspec.DecodeError: a text is no JSON object.
        """
        split = self._split.table()
        columns = dict(zip(split.column_names, split.columns, strict=True))
        if len(self._split.others):
            columns |= self._completed(columns)
        columns |= self._beside(np.arange(len(self._people)))
        return _table(columns).cast(arrow_schema(EVENTS))

    def days(self) -> Iterator[tuple[int, pa.Table]]:
        """Answer those of each day, in the order of a compacted file.

        What repeats a lot comes as a dictionary where a row group is to hold it all.

        Raises:
            msgspec.DecodeError: a text is no JSON object.
        """
        if len(self._split.others):
            table = self.table()
            days = pc.divide(table.column("received_at").cast(pa.int64()), keys.DAY)
            for day in sorted(pc.unique(days).to_pylist()):
                yield day, in_order(EVENTS, table.filter(pc.equal(days, day)))
            return
        order = self._order()
        received = self._split.fields.times["receivedAt"].cast(pa.int64()).to_numpy()[order]
        on = received // keys.DAY
        for day in np.unique(on).tolist():
            rows = order[on == day]
            table = _table(usual_columns(self._split.fields, rows) | self._beside(rows))
            yield day, table if len(rows) <= _GROUP else table.cast(arrow_schema(EVENTS))

    def _order(self) -> Numbers:
        """Answer the places of the events, all of them as usual, sorted by the table's order."""
        fields = self._split.fields
        times = fields.times["timestamp"].cast(pa.int64()).to_numpy()
        least = times.min()
        keys = self._people * (times.max() - least + 1) + (
            times - least
        )  # two in one: twice as fast
        order = np.argsort(keys)
        alike = np.diff(keys[order]) == 0
        if alike.any():
            slots = np.flatnonzero(np.append(alike, False) | np.append(False, alike))
            tied = order[slots]
            by_id = pc.sort_indices(fields.texts("messageId", tied)).to_numpy()
            order[slots] = tied[by_id[np.argsort(keys[tied[by_id]], kind="stable")]]
        return order

    def _beside(self, rows: Numbers) -> dict[str, pa.Array]:
        """Answer the columns that are not in the texts."""
        people = pa.array(self._people[rows].astype(np.int32))
        return {
            "person": pa.DictionaryArray.from_arrays(people, self._names),
            "via": self._vias.take(pa.array(rows)),
            "position": pa.array(self._positions[rows]),
        }

    def _completed(self, columns: dict[str, Any]) -> dict[str, Any]:
        """Answer required columns; what a text that is not as ours does not tell, `event` does."""
        beside = zip(self._split.others.tolist(), self._told, strict=True)
        found: dict[int, Told] = dict(beside)
        completed = {}
        for name in REQUIRED:
            column = columns[name]
            if column.null_count:
                values = [getattr(found.get(place), name, None) for place in range(len(column))]
                completed[name] = pc.coalesce(column, pa.array(values, column.type))
        return completed


def _table(columns: dict[str, Any]) -> pa.Table:
    """Answer the columns in their order, each as it comes: plain, or as a dictionary."""
    fields = [one.with_type(columns[one.name].type) for one in arrow_schema(EVENTS)]
    arrays: Sequence[Any] = [columns[one.name] for one in fields]
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))
