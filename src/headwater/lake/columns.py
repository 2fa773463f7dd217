"""The lake's columns as Parquet and Iceberg have them."""

from __future__ import annotations

from headwater.lake import schema
from headwater.lake.parquet.columns import Column, Kind

_KINDS = {
    schema.Kind.STRING: Kind.STRING,
    schema.Kind.TIMESTAMP: Kind.TIMESTAMP_MILLIS,
    schema.Kind.INTEGER: Kind.INT64,
}

# Texts of which nobody asks for the least: bounds of them would be most of a footer.
_WITHOUT_BOUNDS = frozenset({"properties", "traits", "context", "rest", "bot", "body"})


def parquet_columns(table: schema.Table) -> tuple[Column, ...]:
    """Answer a table's columns for `headwater.lake.parquet`."""
    return tuple(
        Column(
            one.name,
            Kind.JSON if one.name in _WITHOUT_BOUNDS else _KINDS[one.kind],
            required=one.required,
            field_id=one.field_id,
        )
        for one in table.columns
    )
