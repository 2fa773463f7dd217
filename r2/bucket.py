"""The `Bucket` port over an R2 binding (https://developers.cloudflare.com/r2/api/workers)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

import js
from pyodide.ffi import JsException, jsnull, to_js

from headwater.ports import BucketFailure, ObjectMissing, StoredObject

_TRIES = 3
_PAUSE_SECONDS = 0.2
_DELETED_AT_ONCE = 1000  # keys in one call, R2's limit


class R2Bucket:
    """The objects of an R2 bucket.

    Args:
        binding: JavaScript's `R2Bucket`: `env._env.BUCKET` of the SDK's environment.
    """

    def __init__(self, binding: Any) -> None:
        self._binding = binding

    async def put(
        self, key: str, data: bytes, *, only_if_absent: bool = False, cold: bool = False
    ) -> bool:
        """Store an object; see `Bucket.put`. Cold ones go to Infrequent Access."""
        options: dict[str, Any] = {"storageClass": "InfrequentAccess" if cold else "Standard"}
        if only_if_absent:
            options["onlyIf"] = js.Headers.new(_object({"If-None-Match": "*"}))
        put = partial(self._binding.put, key, to_js(data), _object(options))
        stored = await _tried(put, key)
        return stored is not jsnull  # null: the condition did not hold

    async def get(self, key: str) -> bytes:
        """Answer all of an object; see `Bucket.get`."""
        return await self._read(key, {})

    async def range(self, key: str, start: int, length: int) -> bytes:
        """Answer some bytes; see `Bucket.range`."""
        if start < 0:
            return (await self._read(key, {"range": {"suffix": -start}}))[:length]
        try:
            return await self._read(key, {"range": {"offset": start, "length": length}})
        except BucketFailure:
            known = await _tried(partial(self._binding.head, key), key)
            if known is not jsnull and known.size <= start:  # it begins behind the end
                return b""
            raise

    async def list(self, prefix: str, *, after: str = "") -> Sequence[StoredObject]:
        """Answer the objects under a prefix; see `Bucket.list`."""
        found: list[StoredObject] = []
        options: dict[str, Any] = {"prefix": prefix, **({"startAfter": after} if after else {})}
        while True:
            page = await _tried(partial(self._binding.list, _object(options)), prefix)
            found += [StoredObject(one.key, one.size) for one in page.objects]
            if not page.truncated:
                return found
            options["cursor"] = page.cursor

    async def delete(self, keys: Sequence[str]) -> None:
        """Remove objects; see `Bucket.delete`."""
        for start in range(0, len(keys), _DELETED_AT_ONCE):
            some = to_js(list(keys[start : start + _DELETED_AT_ONCE]))
            await _tried(partial(self._binding.delete, some), keys[start])

    async def _read(self, key: str, options: dict[str, Any]) -> bytes:
        async def whole() -> bytes:
            found = await self._binding.get(key, _object(options))
            if found is jsnull:
                raise ObjectMissing(key)
            data: bytes = (await found.arrayBuffer()).to_bytes()
            return data

        read: bytes = await _tried(whole, key)
        return read


async def _tried(call: Callable[[], Awaitable[Any]], key: str) -> Any:
    """Answer a call's answer; after some that failed, what the last one said."""
    for tries_left in reversed(range(_TRIES)):
        try:
            return await call()
        except JsException as error:
            if not tries_left:
                raise BucketFailure(f"{key}: {error.message}") from error
            await asyncio.sleep(_PAUSE_SECONDS)
    raise AssertionError("the last try has returned or raised")


def _object(values: dict[str, Any]) -> Any:
    return to_js(values, dict_converter=js.Object.fromEntries)
