"""Random tables of every kind of column, and what the other readers make of a file."""

from __future__ import annotations

import io
import json
import math
import random
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import duckdb
import polars
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import strategies as st

from headwater.lake.parquet.columns import INSTANTS, Column, Kind
from headwater.lake.parquet.compression import Codec
from headwater.lake.parquet.layout import Layout

Table = dict[str, list[Any]]

COLUMNS = (
    Column("person", Kind.STRING, required=True, field_id=1),
    *(
        Column(f"{kind.value}_{'required' if required else 'optional'}", kind, required, number)
        for number, (kind, required) in enumerate(
            ((kind, required) for kind in Kind for required in (True, False)), start=2
        )
    ),
)

# DuckDB counts instants in microseconds, of which 64 bits hold these years around 1970.
_INSTANTS = st.integers(min_value=-(10**15), max_value=10**15)
_WIDE = st.integers(min_value=-(2**63), max_value=2**63 - 1)
_TEXTS = st.text() | st.sampled_from(["", "track", "é", "\x00", "\U0010ffff" * 70, "x" * 5000])
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)

VALUES: Mapping[Kind, st.SearchStrategy[Any]] = {
    Kind.STRING: _TEXTS,
    Kind.JSON: _JSON.map(lambda value: json.dumps(value, ensure_ascii=False)),
    Kind.TIMESTAMP: _INSTANTS,
    Kind.TIMESTAMP_MILLIS: _INSTANTS,
    Kind.INT64: _WIDE,
    Kind.DOUBLE: st.floats(width=64),
    Kind.BOOLEAN: st.booleans(),
}


def cells(column: Column) -> st.SearchStrategy[Any]:
    """Answer what one cell of a column may hold."""
    values = st.sampled_from(["user_id:1", "user_id:2", "email:é"]) | _TEXTS
    if column.name != "person":
        values = VALUES[column.kind]
    return values if column.required else st.none() | values


@st.composite
def tables(draw: st.DrawFn, *, most: int = 60) -> Table:
    """Answer rows of `COLUMNS`, sorted by person."""
    rows = draw(st.lists(st.tuples(*map(cells, COLUMNS)), max_size=most))
    rows.sort(key=lambda row: row[0])
    # Repeated as a whole, so that runs and dictionaries come about too.
    rows = [row for row in rows for _ in range(draw(st.sampled_from([1, 1, 1, 9])))]
    return {column.name: [row[place] for row in rows] for place, column in enumerate(COLUMNS)}


LAYOUTS = st.builds(
    Layout,
    codec=st.sampled_from([Codec.GZIP, Codec.NONE, Codec.ZSTD]),
    page_rows=st.sampled_from([1, 3, 16, 1000]),
    group_rows=st.sampled_from([2, 40, 20_000]),
    page_bytes=st.sampled_from([1, 50, 1 << 20]),
    group_bytes=st.sampled_from([1, 9000, 32 << 20]),
    together=st.sampled_from([None, "person"]),
)


def random_table(seed: int, *, rows: int, columns: tuple[Column, ...] = COLUMNS) -> Table:
    """Answer a table that is the same for the same seed, without hypothesis."""
    source = random.Random(seed)
    makers: dict[Kind, Callable[[], Any]] = {
        Kind.STRING: lambda: source.choice(["track", "é", "日本", "", "x" * source.randrange(200)]),
        Kind.JSON: lambda: f'{{"a": {source.randrange(10**6)}, "b": ["\U0001f600"]}}',
        Kind.TIMESTAMP: lambda: source.randrange(-(10**15), 10**15),
        Kind.TIMESTAMP_MILLIS: lambda: source.randrange(-(10**15), 10**15),
        Kind.INT64: lambda: source.randrange(-(2**63), 2**63),
        Kind.DOUBLE: lambda: source.choice([0.0, -0.0, math.inf, math.nan, source.random()]),
        Kind.BOOLEAN: lambda: source.random() < 0.5,
    }
    values: Table = {
        column.name: [
            None if not column.required and source.random() < 0.3 else makers[column.kind]()
            for _ in range(rows)
        ]
        for column in columns
    }
    values["person"] = sorted(f"user_id:{source.randrange(rows // 5 + 1)}" for _ in range(rows))
    return values


def comparable(values: Mapping[str, list[Any]]) -> Table:
    """Answer the same table with doubles as their bits, because NaN is not equal to itself."""
    return {name: list(map(_bits, column)) for name, column in values.items()}


def _bits(value: Any) -> Any:
    if not isinstance(value, float):
        return value
    return "NaN" if math.isnan(value) else struct.pack("<d", value)


def by_pyarrow(data: bytes, _: Path) -> Table:
    """Read with pyarrow, which holds the pages to their checksums."""
    table = pq.ParquetFile(io.BytesIO(data), page_checksum_verification=True).read()
    out: Table = {}
    for column in COLUMNS:
        values = table.column(column.name)
        if column.kind in INSTANTS:
            assert values.type.tz == "UTC"
            values = values.cast(pa.timestamp("ms", "UTC")).cast(pa.int64())
        out[column.name] = values.to_pylist()
    return out


def by_duckdb(data: bytes, folder: Path) -> Table:
    """Read with DuckDB."""
    path = folder / "table.parquet"
    path.write_bytes(data)
    names = [
        f'epoch_ms("{column.name}")' if column.kind in INSTANTS else f'"{column.name}"'
        for column in COLUMNS
    ]
    with duckdb.connect() as connection:
        source = connection.execute(f"SELECT {', '.join(names)} FROM '{path}'")
        rows = source.fetchall()
    return {column.name: [row[place] for row in rows] for place, column in enumerate(COLUMNS)}


def by_polars(data: bytes, _: Path) -> Table:
    """Read with polars."""
    frame = polars.read_parquet(io.BytesIO(data))
    return {
        column.name: (
            frame[column.name].dt.cast_time_unit("ms").cast(polars.Int64)
            if column.kind in INSTANTS
            else frame[column.name]
        ).to_list()
        for column in COLUMNS
    }


READERS = {"pyarrow": by_pyarrow, "duckdb": by_duckdb, "polars": by_polars}
