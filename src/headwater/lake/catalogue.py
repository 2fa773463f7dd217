"""A workspace's manifest in its bucket: read, added to, and kept short.

Whoever writes holds one of these for each workspace; it can be read anew at any time. Several
processes may: the bucket's `only_if_absent` lets one of them make each version.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from headwater.lake import keys
from headwater.lake.manifest import (
    CHECKPOINT_EVERY,
    Entry,
    Manifest,
    OutOfDate,
    decode_entry,
    decode_manifest,
    encode,
)
from headwater.ports import Bucket, BucketFailure, ObjectMissing

Decoded = TypeVar("Decoded", Manifest, Entry)

_TRIES = 20
"""Versions that others may make while one entry is being added."""

_CLOSED = 200
"""Entries that stay when the past is closed: more than are made while one consumer runs."""

_AT_ONCE = 16
"""Entries that are closed at a time."""

KEPT_VERSIONS = 1500
"""Versions that the log goes back at least: about a day. Older ones are in the checkpoints."""


class CatalogueBroken(BucketFailure):
    """The log in the bucket has a gap, or something in it that is no entry."""


class LogBusy(BucketFailure):
    """Others made one version after the other meanwhile; the entry does not count."""


class _Closed(OutOfDate):
    """An entry was closed; see `Entry.is_closed`."""


class Catalogue:
    """One workspace's manifest.

    Attributes:
        manifest: as it was last read or written.
    """

    def __init__(self, bucket: Bucket, workspace: str, *, known: Manifest | None = None) -> None:
        """Read nothing yet; `known` is the manifest as it was at some time, if that is at hand."""
        self.workspace = workspace
        self.manifest = known or Manifest()
        self._bucket = bucket
        self._known = known is not None
        self._lock = asyncio.Lock()

    async def refresh(self) -> Manifest:
        """Read what others have added, and answer the manifest as it is now.

        Raises:
            BucketFailure: the bucket did not answer, or the log is broken.
        """
        async with self._lock:
            return await self._refreshed()

    async def _refreshed(self) -> Manifest:
        folder = keys.log_folder(self.workspace)
        after = keys.entry_key(self.workspace, self.manifest.version) if self._known else ""
        found = [keys.version_of(one.key) for one in await self._bucket.list(folder, after=after)]
        checkpoints = [version for version, checkpoint in found if checkpoint]
        newest = max(checkpoints, default=0)
        if newest > self.manifest.version + CHECKPOINT_EVERY or not self._known:
            await self._jump(newest)
        for version in sorted(version for version, checkpoint in found if not checkpoint):
            try:
                if version > self.manifest.version:
                    await self._take(version)
            except (_Closed, CatalogueBroken):
                if newest < version:
                    raise
                await self._jump(newest)
        return self.manifest

    async def _jump(self, checkpoint: int) -> None:
        if checkpoint:
            data = await self._read(keys.checkpoint_key(self.workspace, checkpoint))
            self.manifest = _decoded(decode_manifest, data)
        self._known = True

    async def _take(self, version: int) -> Entry:
        """Follow the log by the entry of the next version."""
        if version != self.manifest.version + 1:
            raise CatalogueBroken(
                f"The log of {self.workspace!r} lacks version {self.manifest.version + 1}."
            )
        data = await self._read(keys.entry_key(self.workspace, version))
        entry = _decoded(decode_entry, data)
        if entry.is_closed:
            raise _Closed("The log began anew meanwhile; what is to be added is out of date.")
        self.manifest = self.manifest.after(entry)
        return entry

    async def _read(self, key: str) -> bytes:
        try:
            return await self._bucket.get(key)
        except ObjectMissing as error:
            raise CatalogueBroken(f"{key} was listed, and is not there.") from error

    async def add(self, entry: Entry) -> Manifest:
        """Make the next version; answer the manifest as of then.

        Adding the same entry again, after a failure that left it open whether it had been stored,
        adds it once.

        Raises:
            OutOfDate: the entry takes away what somebody else has taken away, or brings what
                somebody else has brought, since the manifest was last read here; or somebody was
                erased since then.
            BucketFailure: the bucket did not answer; whether the entry counts, the next
                `refresh` or `add` shows.
        """
        async with self._lock:
            if not self._known:
                await self._refreshed()
            return await self._added(entry)

    async def _added(self, entry: Entry) -> Manifest:
        if self.manifest.version == 0:
            await self._bucket.put(
                keys.workspace_key(self.workspace),
                json.dumps({"workspace": self.workspace}).encode(),
            )
        for _ in range(_TRIES):
            after = self.manifest.after(entry)
            key = keys.entry_key(self.workspace, after.version)
            if await self._bucket.put(key, encode(entry), only_if_absent=True):
                self.manifest = after
                await self._checkpointed()
                return after
            other = await self._take(after.version)
            if other.id == entry.id:
                return self.manifest  # an earlier try had arrived after all
            if other.bars_earlier:
                raise OutOfDate("Somebody was erased meanwhile; what is to be added may be theirs.")
            # What it brought may have been noted, and be out of the manifest, an entry later.
            entry.check(other.taken)
        raise LogBusy(f"The log of {self.workspace!r} is too busy.")

    async def _checkpointed(self) -> None:
        if self.manifest.version % CHECKPOINT_EVERY == 0:
            key = keys.checkpoint_key(self.workspace, self.manifest.version)
            await self._bucket.put(key, encode(self.manifest))

    async def forget(self, deleted: Sequence[str]) -> None:
        """Note that the bytes of files that were taken away are deleted, and shorten the log."""
        async with self._lock:
            self.manifest = self.manifest.without_gone(deleted)
        oldest = self.manifest.version - KEPT_VERSIONS
        checkpoint = oldest - oldest % CHECKPOINT_EVERY
        if checkpoint <= 0:
            return
        listed = await self._bucket.list(keys.log_folder(self.workspace))
        old = [one.key for one in listed if keys.version_of(one.key)[0] < checkpoint]
        if old:
            await self._bucket.delete(old)

    async def begin_anew(self) -> None:
        """Forget the past: the log becomes one checkpoint of the manifest as it is now.

        For when replaced files are deleted, and what entries say of them is not to stay either.
        """
        async with self._lock:
            if self.manifest.version == 0:
                return
            self.manifest = self.manifest.without_gone(list(self.manifest.gone))
            kept = keys.checkpoint_key(self.workspace, self.manifest.version)
            await self._bucket.put(kept, encode(self.manifest))
            listed = await self._bucket.list(keys.log_folder(self.workspace))
            old = [
                one.key
                for one in listed
                if one.key != kept and keys.version_of(one.key)[0] <= self.manifest.version
            ]
            await self._bucket.delete(old)

    async def close_past(self, *, since: int = 0) -> None:
        """Forget the past as `begin_anew` does, where other processes may be adding entries.

        The newest entries are not deleted, since somebody who read the manifest before them could
        make the same versions anew; they are closed, and whoever meets one is out of date.

        Args:
            since: the version at which the caller began to add entries of its own, which may be
                more than others make meanwhile; all from there on are closed. 0: it added few.
        """
        async with self._lock:
            if self.manifest.version == 0:
                return
            version = self.manifest.version
            kept = keys.checkpoint_key(self.workspace, version)
            await self._bucket.put(kept, encode(self.manifest))
            listed = await self._bucket.list(keys.log_folder(self.workspace))
            past = [one.key for one in listed if keys.version_of(one.key)[0] <= version]
            oldest = min(since or version, version) - _CLOSED
            of_entries = {
                key: keys.version_of(key)[0] for key in past if not keys.version_of(key)[1]
            }
            closed = sorted(key for key, made in of_entries.items() if made > oldest)
            blank = encode(Entry(id="", at=self.manifest.at, reason="closed", is_closed=True))
            for start in range(0, len(closed), _AT_ONCE):
                some = closed[start : start + _AT_ONCE]
                await asyncio.gather(*(self._bucket.put(key, blank) for key in some))
            await self._bucket.delete([one for one in past if one != kept and one not in closed])


async def workspaces(bucket: Bucket) -> list[str]:
    """Answer the workspaces that a lake has, in order."""
    found = await bucket.list(keys.WORKSPACES)
    return [keys.workspace_of_key(one.key) for one in found]


def _decoded(decode: Callable[[bytes], Decoded], data: bytes) -> Decoded:
    try:
        return decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CatalogueBroken(f"The log has something that is no entry: {error}") from error
