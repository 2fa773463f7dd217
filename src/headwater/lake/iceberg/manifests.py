"""Manifests, which list data files, and manifest lists, which list the manifests of a snapshot."""

from __future__ import annotations

import enum
import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from headwater.lake.iceberg import avro
from headwater.lake.iceberg.errors import DamagedMetadata
from headwater.lake.iceberg.table import PARTITION_FIELD, DataFile, Shape


class Status(enum.IntEnum):
    """What a snapshot did with a file."""

    EXISTING = 0
    ADDED = 1
    DELETED = 2


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in a manifest.

    Attributes:
        status: what the snapshot that wrote the manifest did with it.
        snapshot: which snapshot added or deleted it.
        sequence: the sequence number under which it was added.
    """

    status: Status
    snapshot: int
    sequence: int
    file: DataFile


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest as a manifest list has it, with its entries.

    Attributes:
        path: where it lies.
        length: its size in bytes.
        sequence: of the snapshot that wrote it.
        snapshot: which snapshot that was.
    """

    path: str
    length: int
    sequence: int
    snapshot: int
    entries: tuple[Entry, ...]

    @property
    def live(self) -> list[Entry]:
        """Answer the files that are part of the table."""
        return [entry for entry in self.entries if entry.status is not Status.DELETED]


def _field(name: str, number: int, kind: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, "field-id": number}


def _optional(name: str, number: int, kind: Any) -> dict[str, Any]:
    return {"name": name, "type": ["null", kind], "default": None, "field-id": number}


def _record(name: str, *fields: dict[str, Any]) -> dict[str, Any]:
    return {"type": "record", "name": name, "fields": list(fields)}


def _by_field(key: int, value: int, kind: str) -> dict[str, Any]:
    # Avro's own maps have texts for keys.
    pair = _record(f"k{key}_v{value}", _field("key", key, "int"), _field("value", value, kind))
    return {"type": "array", "items": pair, "logicalType": "map"}


def entry_schema(shape: Shape) -> avro.Schema:
    """Answer the Avro schema of the entries of a table's manifests."""
    day = [_optional("day", PARTITION_FIELD, {"type": "int", "logicalType": "date"})]
    partition = _record("r102", *(day if shape.days_of is not None else []))
    return _record(
        "manifest_entry",
        _field("status", 0, "int"),
        _optional("snapshot_id", 1, "long"),
        _optional("sequence_number", 3, "long"),
        _optional("file_sequence_number", 4, "long"),
        _field(
            "data_file",
            2,
            _record(
                "r2",
                _field("content", 134, "int"),
                _field("file_path", 100, "string"),
                _field("file_format", 101, "string"),
                _field("partition", 102, partition),
                _field("record_count", 103, "long"),
                _field("file_size_in_bytes", 104, "long"),
                _optional("null_value_counts", 110, _by_field(121, 122, "long")),
                _optional("lower_bounds", 125, _by_field(126, 127, "bytes")),
                _optional("upper_bounds", 128, _by_field(129, 130, "bytes")),
            ),
        ),
    )


_SUMMARY = _record(
    "r508",
    _field("contains_null", 509, "boolean"),
    _optional("contains_nan", 518, "boolean"),
    _optional("lower_bound", 510, "bytes"),
    _optional("upper_bound", 511, "bytes"),
)

LIST_SCHEMA = _record(
    "manifest_file",
    _field("manifest_path", 500, "string"),
    _field("manifest_length", 501, "long"),
    _field("partition_spec_id", 502, "int"),
    _field("content", 517, "int"),
    _field("sequence_number", 515, "long"),
    _field("min_sequence_number", 516, "long"),
    _field("added_snapshot_id", 503, "long"),
    _field("added_files_count", 504, "int"),
    _field("existing_files_count", 505, "int"),
    _field("deleted_files_count", 506, "int"),
    _field("added_rows_count", 512, "long"),
    _field("existing_rows_count", 513, "long"),
    _field("deleted_rows_count", 514, "long"),
    _optional("partitions", 507, {"type": "array", "items": _SUMMARY, "element-id": 508}),
)


def encode_manifest(entries: Sequence[Entry], shape: Shape, *, schema_number: int) -> bytes:
    """Answer a manifest's bytes."""
    notes = {
        "schema": json.dumps(shape.schema(schema_number)),
        "schema-id": str(schema_number),
        "partition-spec": json.dumps(shape.partition_fields()),
        "partition-spec-id": "0",
        "format-version": "2",
        "content": "data",
    }
    records = [_entry_record(entry, shape) for entry in entries]
    return avro.encode(entry_schema(shape), records, notes=notes)


def _entry_record(entry: Entry, shape: Shape) -> dict[str, Any]:
    file = entry.file
    return {
        "status": int(entry.status),
        "snapshot_id": entry.snapshot,
        "sequence_number": entry.sequence,
        "file_sequence_number": entry.sequence,
        "data_file": {
            "content": 0,
            "file_path": file.path,
            "file_format": "PARQUET",
            "partition": {} if shape.days_of is None else {"day": file.day},
            "record_count": file.rows,
            "file_size_in_bytes": file.size,
            "null_value_counts": _pairs(file.nulls) or None,
            "lower_bounds": _pairs(file.lower) or None,
            "upper_bounds": _pairs(file.upper) or None,
        },
    }


def _pairs(values: Any) -> list[dict[str, Any]]:
    return [{"key": key, "value": value} for key, value in sorted(values.items())]


def decode_manifest(data: bytes, shape: Shape) -> tuple[Entry, ...]:
    """Answer the entries of a manifest that `encode_manifest` made.

    Raises:
        DamagedMetadata: it is damaged, or of a table of another shape.
    """
    records = avro.decode(entry_schema(shape), data)
    try:
        return tuple(map(_entry, records))
    except ValueError as error:
        raise DamagedMetadata(f"a manifest has an entry that is none: {error}") from error


def _entry(record: dict[str, Any]) -> Entry:
    file = record["data_file"]
    return Entry(
        status=Status(record["status"]),
        snapshot=record["snapshot_id"],
        sequence=record["sequence_number"],
        file=DataFile(
            path=file["file_path"],
            rows=file["record_count"],
            size=file["file_size_in_bytes"],
            day=file["partition"].get("day"),
            lower=_mapping(file["lower_bounds"]),
            upper=_mapping(file["upper_bounds"]),
            nulls=_mapping(file["null_value_counts"]),
        ),
    )


def _mapping(pairs: list[dict[str, Any]] | None) -> dict[int, Any]:
    return {pair["key"]: pair["value"] for pair in pairs or ()}


def encode_list(manifests: Sequence[Manifest], shape: Shape, *, snapshot: int) -> bytes:
    """Answer the bytes of a snapshot's manifest list."""
    notes = {"snapshot-id": str(snapshot), "format-version": "2"}
    records = [_manifest_record(manifest, shape) for manifest in manifests]
    return avro.encode(LIST_SCHEMA, records, notes=notes)


def _manifest_record(manifest: Manifest, shape: Shape) -> dict[str, Any]:
    counts: dict[str, int] = {}
    for status, name in ((1, "added"), (0, "existing"), (2, "deleted")):
        rows = [entry.file.rows for entry in manifest.entries if entry.status == status]
        counts[f"{name}_files_count"] = len(rows)
        counts[f"{name}_rows_count"] = sum(rows)
    return {
        "manifest_path": manifest.path,
        "manifest_length": manifest.length,
        "partition_spec_id": 0,
        "content": 0,
        "sequence_number": manifest.sequence,
        "min_sequence_number": min(entry.sequence for entry in manifest.entries),
        "added_snapshot_id": manifest.snapshot,
        "partitions": [] if shape.days_of is None else [_days(manifest)],
        **counts,
    }


def _days(manifest: Manifest) -> dict[str, Any]:
    days = [entry.file.day for entry in manifest.entries]
    known = [day for day in days if day is not None]
    return {
        "contains_null": len(known) < len(days),
        "contains_nan": None,
        "lower_bound": struct.pack("<i", min(known)) if known else None,
        "upper_bound": struct.pack("<i", max(known)) if known else None,
    }


def decode_list(data: bytes) -> list[dict[str, Any]]:
    """Answer the records of a manifest list that `encode_list` made.

    Raises:
        DamagedMetadata: it is damaged.
    """
    return avro.decode(LIST_SCHEMA, data)
