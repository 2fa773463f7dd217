"""The lake's manifest, shown as Iceberg tables: what is missing there is brought up to date.

Iceberg's metadata follow the manifest and decide nothing. Whatever goes wrong on the way, the next
time begins from what is stored, compares it with the manifest, and makes up for the difference. So
it need not be done with each flush: every few minutes, and before bytes of files are deleted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from headwater.lake import schema
from headwater.lake.columns import parquet_columns
from headwater.lake.iceberg.commit import (
    AS_OF,
    Commit,
    Table,
    commit,
    hint_path,
    leftovers,
    metadata_path,
    new_table,
)
from headwater.lake.iceberg.errors import DamagedMetadata
from headwater.lake.iceberg.manifests import Manifest, decode_list, decode_manifest
from headwater.lake.iceberg.table import DataFile, Shape, bounds
from headwater.lake.manifest import LakeFile
from headwater.lake.manifest import Manifest as LakeManifest
from headwater.ports import Bucket, BucketFailure, ObjectMissing, Random

_VERSION = re.compile(r"/v(\d+)\.metadata\.json$")

_TRIES = 5
"""Versions that others may make while one is being made."""

SHAPES: Mapping[str, Shape] = {
    schema.EVENTS.name: Shape(parquet_columns(schema.EVENTS), days_of="received_at"),
    schema.IDENTITY.name: Shape(parquet_columns(schema.IDENTITY)),
}

# Which columns a `LakeFile` knows the edges of.
_EDGES = {
    schema.EVENTS.name: ("person", "timestamp"),
    schema.IDENTITY.name: ("actor", "changed_at"),
}


def folder(workspace: str, table: str) -> str:
    """Answer where in the bucket a table's metadata are, in its folder `metadata`."""
    return f"{workspace}/iceberg/{table}"


class Publisher:
    """Shows a lake as Iceberg tables. It remembers what it stored last, and may be made anew.

    Args:
        bucket: of the lake.
        root: the bucket's address as Iceberg's readers need it: `s3://bucket/prefix`, or a
            folder's absolute path.
        random: names objects.
    """

    def __init__(self, bucket: Bucket, *, root: str, random: Random) -> None:
        self._bucket = bucket
        self._root = root.rstrip("/")
        self._random = random
        self._known: dict[tuple[str, str], Table] = {}

    async def publish(
        self, workspace: str, manifest: LakeManifest, *, deleting: Collection[str] = ()
    ) -> None:
        """Bring both tables of a workspace up to the manifest.

        Args:
            workspace: whose lake.
            manifest: as it is now.
            deleting: keys of files whose bytes will be deleted next. Snapshots that name them
                are no longer offered then.

        Raises:
            BucketFailure: the bucket did not answer; the next time makes up for it.
        """
        known = [manifest.gone[key] for key in deleting if key in manifest.gone]
        # A snapshot as of the removal itself may be from just before it.
        readable_since = max(known) + 1 if known else 0
        for name in SHAPES:
            await self._publish(workspace, name, manifest, readable_since=readable_since)

    async def _publish(
        self, workspace: str, name: str, manifest: LakeManifest, *, readable_since: int
    ) -> None:
        files = {self._path(one.key): one for one in manifest.of(name)}
        for _ in range(_TRIES):
            table = await self._newest(workspace, name)
            made = self._next(table, name, files, manifest.at, readable_since=readable_since)
            if made is None:
                return
            if await self._store(made):
                self._known[workspace, name] = made.table
                await self._sweep(workspace, name, made.table)
                return
        raise BucketFailure(f"The Iceberg table {name} of {workspace!r} is too busy.")

    def _next(
        self,
        table: Table,
        name: str,
        files: Mapping[str, LakeFile],
        now: int,
        *,
        readable_since: int,
    ) -> Commit | None:
        """Answer what brings a table up to these files; None where nothing is to be done."""
        there = table.files
        added = [_data_file(name, path, one) for path, one in files.items() if path not in there]
        removed = [path for path in there if path not in files]
        snapshots = table.metadata["snapshots"]
        unreadable = len(snapshots) > 1 and _as_of(snapshots[0]) < readable_since
        if table.version and not (added or removed or unreadable):
            return None
        unique = self._random.uuid().replace("-", "")
        return commit(table, added, removed, now=now, unique=unique, readable_since=readable_since)

    async def _store(self, made: Commit) -> bool:
        """Store a commit; answer False where somebody else made that version."""
        for path, data in made.objects:
            await self._bucket.put(self._key(path), data)
        path, data = made.metadata
        stored = await self._bucket.put(self._key(path), data, only_if_absent=True)
        # A first try of ours may have arrived after all.
        if not stored and await self._get(path) != data:
            return False
        path, data = made.hint
        await self._bucket.put(self._key(path), data)
        if made.garbage:
            await self._bucket.delete([self._key(path) for path in made.garbage])
        return True

    async def _sweep(self, workspace: str, name: str, table: Table) -> None:
        """Delete what commits that failed have left, where it is plain what is needed."""
        if len(table.metadata["snapshots"]) == 1:
            listed = await self._bucket.list(f"{folder(workspace, name)}/metadata/")
            lost = leftovers(table, [self._path(one.key) for one in listed])
            if lost:
                await self._bucket.delete([self._key(path) for path in lost])

    async def _newest(self, workspace: str, name: str) -> Table:
        """Answer a table as it is stored, from memory where nobody else has changed it."""
        known = self._known.pop((workspace, name), None)
        if known is not None:
            try:
                hint = await self._get(hint_path(known.metadata["location"]))
            except ObjectMissing:
                hint = b""
            # Without this, a version could be made that was there before and has been deleted.
            if hint == str(known.version).encode():
                self._known[workspace, name] = known
                return known
        return await self._load(workspace, name)

    async def _load(self, workspace: str, name: str) -> Table:
        """Answer a table as it is stored, or a new one where there is none that can be used."""
        place = folder(workspace, name)
        location = self._path(place)
        fresh = new_table(SHAPES[name], location=location, uuid=self._random.uuid())
        listed = [one.key for one in await self._bucket.list(f"{place}/metadata/")]
        version = max(
            (int(found[1]) for key in listed if (found := _VERSION.search(key))), default=0
        )
        if version == 0:
            return fresh
        try:
            metadata = json.loads(await self._get(metadata_path(location, version)))
            if metadata["location"] == location and all(map(_as_of, metadata["snapshots"])):
                manifests = await self._manifests(metadata, SHAPES[name])
                return Table(SHAPES[name], version, metadata, manifests)
        except (DamagedMetadata, ObjectMissing, ValueError, KeyError, TypeError):
            # It is derived from the manifest, and is derived again.
            pass
        # The lake has moved, or its metadata are damaged: a table of its own, of a later version.
        return Table(SHAPES[name], version, fresh.metadata)

    async def _manifests(self, metadata: Mapping[str, Any], shape: Shape) -> tuple[Manifest, ...]:
        current = metadata["current-snapshot-id"]
        (path,) = (
            one["manifest-list"] for one in metadata["snapshots"] if one["snapshot-id"] == current
        )
        manifests: Sequence[dict[str, Any]] = decode_list(await self._get(path))
        return tuple(
            [
                Manifest(
                    path=one["manifest_path"],
                    length=one["manifest_length"],
                    sequence=one["sequence_number"],
                    snapshot=one["added_snapshot_id"],
                    entries=decode_manifest(await self._get(one["manifest_path"]), shape),
                )
                for one in manifests
            ]
        )

    async def _get(self, path: str) -> bytes:
        return await self._bucket.get(self._key(path))

    def _path(self, key: str) -> str:
        return f"{self._root}/{key}"

    def _key(self, path: str) -> str:
        return path.removeprefix(f"{self._root}/")


def _as_of(snapshot: Mapping[str, Any]) -> int:
    return int(snapshot["summary"][AS_OF])


def _data_file(table: str, path: str, one: LakeFile) -> DataFile:
    text, instant = _EDGES[table]
    edges = {text: (one.first, one.last), instant: (one.since, one.until)}
    lower, upper = bounds(SHAPES[table], edges)
    return DataFile(path, one.rows, one.bytes, day=one.day, lower=lower, upper=upper)
