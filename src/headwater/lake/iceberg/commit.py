"""A table's next snapshot: the objects to store, and the table as it is once they are.

A snapshot becomes true with the one object that is last among those to store, the metadata of the
next version: it is stored only where there is none under its name, so that of two that commit at
once one fails, and begins again from what the other made.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from headwater.lake.iceberg.manifests import (
    Entry,
    Manifest,
    Status,
    encode_list,
    encode_manifest,
)
from headwater.lake.iceberg.table import PARTITION_FIELD, DataFile, Shape, last_field

MOST_SNAPSHOTS = 300
"""Snapshots that are kept to travel back to: a day's, at one in five minutes."""

_MOST_MANIFESTS = 20
"""Small manifests of a snapshot; with more, they are joined."""

_SMALL = 500
"""Entries of a manifest that is worth joining with others."""

_MOST_ENTRIES = 1000
"""Entries of a manifest: one that is removed has it written anew."""

_OLD_METADATA = 20
"""Versions of the metadata that are kept after they were replaced."""

AS_OF = "headwater.as-of"
"""In a snapshot's summary: as of when it shows the lake, in milliseconds."""

_DROPPED = "headwater.dropped-manifests"
"""In a snapshot's summary: manifests that its predecessor has, and it has not, by their names."""


_AVRO = re.compile(r"/(?:snap-)?(\d{8,})-[^/]*\.avro$")

_PARENT = "parent-snapshot-id"


@dataclass(frozen=True, slots=True)
class Table:
    """A table as of a version.

    Attributes:
        shape: what its rows are like.
        version: of its metadata; 0 where nothing was stored yet.
        metadata: Iceberg's table metadata, as JSON.
        manifests: of the current snapshot.
    """

    shape: Shape
    version: int
    metadata: Mapping[str, Any]
    manifests: tuple[Manifest, ...] = ()

    @property
    def files(self) -> dict[str, DataFile]:
        """Answer the files that are its rows now, by their paths."""
        return {entry.file.path: entry.file for one in self.manifests for entry in one.live}


@dataclass(frozen=True, slots=True)
class Commit:
    """What a commit asks for.

    Attributes:
        objects: path and bytes of what is to be stored, in this order. None of the names was used
            before.
        metadata: path and bytes of what makes the commit true, to be stored only where there is
            nothing.
        hint: path and bytes of what says which version is the newest; stored last, over the old.
        garbage: paths of objects that no kept snapshot needs, to be deleted after that.
        table: as it is then.
    """

    objects: tuple[tuple[str, bytes], ...]
    metadata: tuple[str, bytes]
    hint: tuple[str, bytes]
    garbage: tuple[str, ...]
    table: Table


def new_table(shape: Shape, *, location: str, uuid: str) -> Table:
    """Answer a table without rows, of which nothing is stored yet.

    Args:
        shape: what its rows will be like.
        location: the folder that `metadata/` will be in: `s3://bucket/…`, or an absolute path.
        uuid: its lasting name, never used before.
    """
    metadata: dict[str, Any] = {
        "format-version": 2,
        "table-uuid": uuid,
        "location": location,
        "last-sequence-number": 0,
        "last-updated-ms": 0,
        "last-column-id": last_field(shape.columns),
        "schemas": [shape.schema(0)],
        "current-schema-id": 0,
        "partition-specs": [{"spec-id": 0, "fields": shape.partition_fields()}],
        "default-spec-id": 0,
        "last-partition-id": PARTITION_FIELD if shape.days_of is not None else PARTITION_FIELD - 1,
        "sort-orders": [{"order-id": 0, "fields": []}],
        "default-sort-order-id": 0,
        "properties": {"schema.name-mapping.default": shape.name_mapping()},
        "current-snapshot-id": None,
        "refs": {},
        "snapshots": [],
        "snapshot-log": [],
        "metadata-log": [],
    }
    return Table(shape, 0, metadata)


def metadata_path(location: str, version: int) -> str:
    """Answer where the metadata of a version lie."""
    return f"{location}/metadata/v{version}.metadata.json"


def leftovers(table: Table, paths: Iterable[str]) -> list[str]:
    """Answer which manifests and manifest lists among these paths no snapshot of a table needs.

    Only for a table with a single snapshot. What the next one writes is left out: somebody may be
    writing it now.
    """
    (snapshot,) = table.metadata["snapshots"]
    needed = {snapshot["manifest-list"], *(one.path for one in table.manifests)}
    following = table.metadata["last-sequence-number"] + 1
    return [
        path
        for path in paths
        if path not in needed
        and (found := _AVRO.search(path)) is not None
        and int(found[1]) != following
    ]


def hint_path(location: str) -> str:
    """Answer where the newest version is noted."""
    return f"{location}/metadata/version-hint.text"


def commit(
    table: Table,
    added: Sequence[DataFile],
    removed: Collection[str],
    *,
    now: int,
    unique: str,
    readable_since: int = 0,
) -> Commit:
    """Answer the table's next snapshot, with some files added and others removed at once.

    Args:
        table: as it is.
        added: files that become a part of it.
        removed: the paths of files that cease to be one.
        now: as of when, in milliseconds.
        unique: a part of the new objects' names; never used before for this table.
        readable_since: snapshots from before this time, in milliseconds, are no longer offered,
            because bytes of files that they name are about to be deleted.
    """
    metadata = dict(table.metadata)
    sequence = metadata["last-sequence-number"] + 1
    location = metadata["location"]
    kept, touched = _split(table.manifests, removed)
    schemas, schema_number = _schemas(metadata, table.shape)

    objects: list[tuple[str, bytes]] = []
    written: list[Manifest] = []
    entries = _entries(touched, added, removed, sequence)
    for number, start in enumerate(range(0, len(entries), _MOST_ENTRIES)):
        part = entries[start : start + _MOST_ENTRIES]
        path = f"{location}/metadata/{sequence:08}-{unique}-m{number}.avro"
        data = encode_manifest(part, table.shape, schema_number=schema_number)
        written.append(Manifest(path, len(data), sequence, sequence, part))
        objects.append((path, data))
    manifests = [*written, *kept]
    list_path = f"{location}/metadata/snap-{sequence:08}-{unique}.avro"
    objects.append((list_path, encode_list(manifests, table.shape, snapshot=sequence)))

    snapshot = {
        "snapshot-id": sequence,
        "sequence-number": sequence,
        "timestamp-ms": max(now, metadata["last-updated-ms"] + 1),
        "manifest-list": list_path,
        "schema-id": schema_number,
        "summary": _summary(entries, manifests, touched, now),
    }
    if metadata["current-snapshot-id"] is not None:
        snapshot[_PARENT] = metadata["current-snapshot-id"]
    snapshots, garbage = _expired([*metadata["snapshots"], snapshot], readable_since, location)
    metadata |= {
        "last-sequence-number": sequence,
        "last-updated-ms": snapshot["timestamp-ms"],
        "last-column-id": max(metadata["last-column-id"], last_field(table.shape.columns)),
        "schemas": schemas,
        "current-schema-id": schema_number,
        "properties": {
            **metadata["properties"],
            "schema.name-mapping.default": table.shape.name_mapping(),
        },
        "current-snapshot-id": sequence,
        "refs": {"main": {"snapshot-id": sequence, "type": "branch"}},
        "snapshots": snapshots,
        "snapshot-log": [
            {"timestamp-ms": one["timestamp-ms"], "snapshot-id": one["snapshot-id"]}
            for one in snapshots
        ],
    }
    log, old = _metadata_log(table)
    metadata["metadata-log"] = log
    version = table.version + 1
    return Commit(
        objects=tuple(objects),
        metadata=(metadata_path(location, version), json.dumps(metadata).encode()),
        hint=(hint_path(location), str(version).encode()),
        garbage=(*garbage, *old),
        table=replace(table, version=version, metadata=metadata, manifests=tuple(manifests)),
    )


def _split(
    manifests: Sequence[Manifest], removed: Collection[str]
) -> tuple[list[Manifest], list[Manifest]]:
    """Answer the manifests that stay, and those whose entries go into the new one."""
    gone = set(removed)
    join = sum(len(one.entries) < _SMALL for one in manifests) >= _MOST_MANIFESTS
    kept, touched = [], []
    for one in manifests:
        small = len(one.entries) < _SMALL
        if (join and small) or not one.live or any(e.file.path in gone for e in one.live):
            touched.append(one)
        else:
            kept.append(one)
    return kept, touched


def _entries(
    touched: Sequence[Manifest],
    added: Sequence[DataFile],
    removed: Collection[str],
    sequence: int,
) -> tuple[Entry, ...]:
    gone = set(removed)
    entries = [Entry(Status.ADDED, sequence, sequence, file) for file in added]
    for manifest in touched:
        for entry in manifest.live:
            if entry.file.path in gone:
                # Its bounds name people, and the file may be gone because of one of them.
                file = replace(entry.file, lower={}, upper={})
                entries.append(Entry(Status.DELETED, sequence, entry.sequence, file))
            else:
                entries.append(replace(entry, status=Status.EXISTING))
    return tuple(entries)


def _schemas(metadata: Mapping[str, Any], shape: Shape) -> tuple[list[dict[str, Any]], int]:
    schemas = list(metadata["schemas"])
    current = metadata["current-schema-id"]
    if not any(shape.schema(current) == one for one in schemas):
        current = max(one["schema-id"] for one in schemas) + 1
        schemas.append(shape.schema(current))
    return schemas, current


def _summary(
    entries: Sequence[Entry],
    manifests: Sequence[Manifest],
    touched: Sequence[Manifest],
    now: int,
) -> dict[str, str]:
    added = [entry.file for entry in entries if entry.status is Status.ADDED]
    deleted = [entry.file for entry in entries if entry.status is Status.DELETED]
    total = [entry.file for one in manifests for entry in one.live]
    operation = "append" if not deleted else "overwrite" if added else "delete"
    return {
        "operation": operation,
        "added-data-files": str(len(added)),
        "added-records": str(sum(file.rows for file in added)),
        "deleted-data-files": str(len(deleted)),
        "deleted-records": str(sum(file.rows for file in deleted)),
        "total-data-files": str(len(total)),
        "total-records": str(sum(file.rows for file in total)),
        "total-files-size": str(sum(file.size for file in total)),
        AS_OF: str(now),
        _DROPPED: ",".join(one.path.rpartition("/")[2] for one in touched),
    }


def _expired(
    snapshots: list[dict[str, Any]], readable_since: int, location: str
) -> tuple[list[dict[str, Any]], list[str]]:
    """Answer the snapshots to keep, and the paths of what only the others needed."""
    first = max(len(snapshots) - MOST_SNAPSHOTS, 0)
    while first < len(snapshots) - 1 and int(snapshots[first]["summary"][AS_OF]) < readable_since:
        first += 1
    if first == 0:
        return snapshots, []
    garbage = [one["manifest-list"] for one in snapshots[:first]]
    for one in snapshots[: first + 1]:
        garbage += _dropped(one, location)
    oldest = {name: value for name, value in snapshots[first].items() if name != _PARENT}
    oldest["summary"] = {**oldest["summary"], _DROPPED: ""}
    return [oldest, *snapshots[first + 1 :]], garbage


def _dropped(snapshot: Mapping[str, Any], location: str) -> list[str]:
    names = snapshot["summary"].get(_DROPPED, "").split(",")
    return [f"{location}/metadata/{name}" for name in names if name]


def _metadata_log(table: Table) -> tuple[list[dict[str, Any]], list[str]]:
    log = list(table.metadata["metadata-log"])
    if table.version:
        path = metadata_path(table.metadata["location"], table.version)
        log.append({"metadata-file": path, "timestamp-ms": table.metadata["last-updated-ms"]})
    return log[-_OLD_METADATA:], [one["metadata-file"] for one in log[:-_OLD_METADATA]]
