"""What a table is to Iceberg: its columns, where it lies, and the files that are its rows."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from headwater.lake.parquet.bounds import lower_text, upper_text
from headwater.lake.parquet.columns import INSTANTS, TEXTS, Column, Kind

# Iceberg's names of the types; an instant counts microseconds.
_TYPES = {
    Kind.STRING: "string",
    Kind.JSON: "string",
    Kind.TIMESTAMP: "timestamptz",
    Kind.TIMESTAMP_MILLIS: "timestamptz",
    Kind.INT64: "long",
    Kind.DOUBLE: "double",
    Kind.BOOLEAN: "boolean",
}

# Iceberg numbers the fields of partitions from here on.
PARTITION_FIELD = 1000


@dataclass(frozen=True, slots=True)
class Shape:
    """What a table's rows are like.

    Attributes:
        columns: each with its field id.
        days_of: the instant by whose UTC day the files are parted; None if they are not.
    """

    columns: tuple[Column, ...]
    days_of: str | None = None

    def schema(self, number: int) -> dict[str, Any]:
        """Answer the columns as Iceberg's JSON, as the schema of that number."""
        fields = [
            {
                "id": column.field_id,
                "name": column.name,
                "required": column.required,
                "type": _TYPES[column.kind],
            }
            for column in self.columns
        ]
        return {"type": "struct", "schema-id": number, "fields": fields}

    def name_mapping(self) -> str:
        """Answer which column is meant by a name, for files that have no field ids."""
        return json.dumps([{"field-id": one.field_id, "names": [one.name]} for one in self.columns])

    def partition_fields(self) -> list[dict[str, Any]]:
        """Answer how files are parted, as Iceberg's JSON."""
        if self.days_of is None:
            return []
        return [
            {
                "name": "day",
                "transform": "day",
                "source-id": self.field_id(self.days_of),
                "field-id": PARTITION_FIELD,
            }
        ]

    def field_id(self, name: str) -> int:
        """Answer a column's number; raises KeyError where there is no such column with one."""
        return self.column(name).field_id or 0

    def column(self, name: str) -> Column:
        """Answer a column; raises KeyError where there is none of that name, or it has no id."""
        for column in self.columns:
            if column.name == name and column.field_id is not None:
                return column
        raise KeyError(name)


@dataclass(frozen=True, slots=True)
class DataFile:
    """One Parquet file of a table.

    Attributes:
        path: its whole address, `s3://bucket/…` or an absolute path.
        rows: at least one.
        size: in bytes.
        day: the day that all its rows are of, in days since 1970-01-01; None in a table that is
            not parted by days.
        lower, upper: by field id, what no value is smaller, or greater, than, in Iceberg's form.
        nulls: by field id, how many rows have no value.
    """

    path: str
    rows: int
    size: int
    day: int | None = None
    lower: Mapping[int, bytes] = field(default_factory=dict)
    upper: Mapping[int, bytes] = field(default_factory=dict)
    nulls: Mapping[int, int] = field(default_factory=dict)


def bounds(
    shape: Shape, edges: Mapping[str, tuple[Any, Any]]
) -> tuple[dict[int, bytes], dict[int, bytes]]:
    """Answer the lower and the upper bounds of a file, by field id.

    Args:
        shape: of the table.
        edges: by column, the smallest and the greatest value; instants in milliseconds.
    """
    lower: dict[int, bytes] = {}
    upper: dict[int, bytes] = {}
    for name, (least, greatest) in edges.items():
        column = shape.column(name)
        number = column.field_id or 0
        if column.kind in TEXTS:
            lower[number] = lower_text(least)
            high = upper_text(greatest)
            if high is not None:
                upper[number] = high
        else:
            lower[number], upper[number] = _number(column, least), _number(column, greatest)
    return lower, upper


def _number(column: Column, value: Any) -> bytes:
    if column.kind is Kind.BOOLEAN:
        return struct.pack("<?", value)
    if column.kind is Kind.DOUBLE:
        return struct.pack("<d", value)
    return struct.pack("<q", value * 1000 if column.kind in INSTANTS else value)


def last_field(columns: Sequence[Column]) -> int:
    """Answer the highest field id."""
    return max(column.field_id or 0 for column in columns)
