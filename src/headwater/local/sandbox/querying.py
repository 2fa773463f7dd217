"""Queries in the sandbox's process: what people ask, and pages of selected events."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pyarrow as pa

from headwater.lake.event_rows import join_body
from headwater.local.lake.arrow import python_rows
from headwater.local.sandbox.checking import NotAllowed, check_condition, check_query
from headwater.local.sandbox.engine import open_engine
from headwater.local.sandbox.orders import (
    Check,
    Checked,
    Counted,
    Days,
    Event,
    Events,
    Found,
    Page,
    Query,
)
from headwater.local.sandbox.selecting import selected
from headwater.local.sandbox.values import plain

_BATCH = 2048
_ASKS_FOR_TABLES = re.compile(r"\s*SHOW\s+(ALL\s+)?TABLES\s*;?\s*", re.IGNORECASE)
_TABLES = "SELECT name FROM (SHOW TABLES) WHERE NOT starts_with(name, '_') ORDER BY name"
_DAYS = """
SELECT epoch_ms(received_at) // 86400000 AS day, count(*),
       epoch_ms(min(timestamp)), epoch_ms(max(timestamp))
FROM {selected} GROUP BY day ORDER BY day
"""
_PAGE = """
SELECT * FROM {selected} AND {behind}
ORDER BY received_at, message_id, via LIMIT {limit}
"""


def query(order: Query) -> Found:
    """Answer what a SELECT finds, as far as it may be answered."""
    engine = open_engine(order.scene)
    check_query(engine, order.sql)
    # Those that ours are made of are nobody's to know.
    relation = engine.sql(_TABLES if _ASKS_FOR_TABLES.fullmatch(order.sql) else order.sql)
    columns = [
        (name, str(kind)) for name, kind in zip(relation.columns, relation.types, strict=True)
    ]
    rows: list[str] = []
    size, truncated = 0, False
    for row in _plain_rows(relation.to_arrow_reader(_BATCH)):
        text = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
        size += len(text)
        truncated = len(rows) == order.limit or size > order.most_bytes
        if truncated and not rows:
            raise NotAllowed(
                f"The first row alone is over {order.most_bytes // 1024**2} MiB, which is what an "
                "answer may have. Ask for less of it."
            )
        if truncated:
            break
        rows.append(text)
    whole = f"[{','.join(rows)}]".encode("utf-8", "backslashreplace")
    return Found(columns, msgspec.Raw(whole), truncated)


def _plain_rows(reader: Any) -> Iterator[list[Any]]:
    for batch in reader:
        columns = [_values(column) for column in batch.columns]
        for row in zip(*columns, strict=True):
            yield [plain(value) for value in row]


def _values(column: pa.Array) -> list[Any]:
    try:
        values: list[Any] = column.to_pylist()
    except (OverflowError, ValueError):
        values = [_value(one) for one in column]
    return values


def _value(one: pa.Scalar) -> Any:
    try:
        return one.as_py()
    except (OverflowError, ValueError):  # a time that Python has not, as `infinity`
        return None


def check(order: Check) -> Checked:
    """Answer that a selection can be asked; what it is that it cannot is raised."""
    engine = open_engine(order.scene)
    if order.selection.where is not None:
        check_condition(engine, order.selection.where)
    engine.execute(f"SELECT 1 FROM {selected(order.selection)} LIMIT 0").fetchall()  # noqa: S608 - checked above
    return Checked()


def days(order: Days) -> Counted:
    """Answer how many selected events were received on which days."""
    engine = open_engine(order.scene)
    if order.selection.where is not None:
        check_condition(engine, order.selection.where)
    rows = engine.execute(_DAYS.format(selected=selected(order.selection))).fetchall()
    return Counted([(day, events, first, last) for day, events, first, last in rows])


def page(order: Page) -> Events:
    """Answer the selected events that follow one."""
    engine = open_engine(order.scene)
    if order.selection.where is not None:
        check_condition(engine, order.selection.where)
    behind, values = "true", []
    if order.after is not None:
        behind = "(epoch_ms(received_at), message_id, via) > (?, ?, ?)"
        values = list(order.after)
    sql = _PAGE.format(selected=selected(order.selection), behind=behind, limit=order.limit)
    # A prepared statement's values are no part of its text.
    found = engine.sql(sql, params=values) if values else engine.sql(sql)
    return Events(
        [
            Event(row["received_at"], row["message_id"], row["via"], row["person"], join_body(row))
            for batch in found.to_arrow_reader(_BATCH)
            for row in python_rows(_in_milliseconds(batch))
        ]
    )


def _in_milliseconds(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Answer rows whose times are as the lake has them; DuckDB answers microseconds."""
    columns = [
        column.cast(pa.timestamp("ms", tz="UTC")) if pa.types.is_timestamp(column.type) else column
        for column in batch.columns
    ]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)
