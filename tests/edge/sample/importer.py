"""Imports each module that a request names, and answers what each failure was."""

from __future__ import annotations

import importlib
import json
from typing import Any

from workers import Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    """The entrypoint."""

    async def fetch(self, request: Any) -> Any:
        """Import; a GET only tells that Python is up."""
        names = json.loads(await request.text() or "[]")
        failed = {}
        for name in names:
            try:
                importlib.import_module(name)
            except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
                failed[name] = f"{type(error).__name__}: {error}"
        return Response(json.dumps(failed))
