"""What a column is: its name, what it holds, whether it may be empty, and its lasting number."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Kind(enum.Enum):
    """What a column holds, and as which Python value it is given and answered.

    Instants are always integers, milliseconds since 1970-01-01 UTC, however the file counts them.
    `TIMESTAMP` counts microseconds, because Iceberg asks for them and DuckDB's own instants are
    written so; `TIMESTAMP_MILLIS` keeps milliseconds.

    `JSON` is text that no bounds are kept of. In the file it is annotated as a string like any
    other: of Parquet's own JSON type polars 2 makes bytes, and pyarrow 26 an extension type.
    """

    STRING = "string"
    JSON = "json"
    TIMESTAMP = "timestamp"
    TIMESTAMP_MILLIS = "timestamp_millis"
    INT64 = "int64"
    DOUBLE = "double"
    BOOLEAN = "boolean"


TEXTS = frozenset({Kind.STRING, Kind.JSON})
INSTANTS = frozenset({Kind.TIMESTAMP, Kind.TIMESTAMP_MILLIS})


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a flat table.

    Attributes:
        name: as queries call it.
        kind: what it holds.
        required: whether every row has a value; otherwise `None` stands for none.
        field_id: the number by which Iceberg knows it, whatever it is called; None for none.
    """

    name: str
    kind: Kind
    required: bool = False
    field_id: int | None = None
