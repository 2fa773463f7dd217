"""The main module of `edge_slices`: stores files in R2, and merges a slice of them."""

from __future__ import annotations

from typing import Any

import msgspec
import pyodide_js  # type: ignore[import-not-found]  # Pyodide itself
from workers import Response, WorkerEntrypoint

from headwater.lake import merging
from headwater.lake.merging import Progress, Slice
from r2.bucket import R2Bucket


class Default(WorkerEntrypoint):  # type: ignore[misc]  # typed in the Worker only
    """Answers by the request's method."""

    async def fetch(self, request: Any) -> Any:
        """PUT stores an object; POST merges one slice; GET tells how large Python's memory is."""
        bucket = R2Bucket(self.env._env.LAKE)  # noqa: SLF001 - as src/entry.py
        path = request.url.partition("//")[2].partition("/")[2]
        if request.method == "PUT":
            await bucket.put(path, (await request.js_object.arrayBuffer()).to_bytes())
            return Response("")
        if request.method == "POST":
            merging.SLICE_ROWS = int(path)
            progress = msgspec.json.decode(await request.text(), type=Progress)
            await Slice(bucket, progress).write(f"slice-{path}-{len(progress.done)}")
            return Response(msgspec.json.encode(progress).decode())
        return Response(str(pyodide_js._module.HEAPU8.length))  # noqa: SLF001 - told nowhere else
