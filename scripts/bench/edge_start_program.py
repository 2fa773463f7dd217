"""Imports the Worker in its own CPython and prints what that took; edge_start.py runs it."""

from __future__ import annotations

import importlib
import json
import sys
import zipimport
from collections import Counter
from collections.abc import Callable
from importlib import machinery
from typing import Any

import edge_start  # type: ignore[import-not-found]  # registered by edge_start.mjs

STEPS = {
    "the SDK": ("workers",),
    "pydantic and msgspec": ("pydantic", "pydantic.main", "pydantic.type_adapter", "msgspec.json"),
    "Headwater, for events": ("entry",),
    "more for questions and audiences": ("headwater.dispatch.audiences",),
    "more for the lake": ("headwater.dispatch.lake_flush", "headwater.dispatch.lake_tending"),
    "more for the admin API": ("headwater.api.admin", "fastapi", "headwater.api.admin_table"),
}
"""What is imported in turn: each step counts what those before it have not imported."""

_own: Counter[str] = Counter()
_inside: list[float] = []


def _timed(name: str, run: Callable[[], Any]) -> Any:
    """Run one module; count its time without that of what it imports in turn."""
    _inside.append(0.0)
    before = edge_start.seconds()
    try:
        return run()
    finally:
        taken = edge_start.seconds() - before
        _own[name] += taken - _inside.pop()
        if _inside:
            _inside[-1] += taken


def _watch(loader: type[Any], method: str) -> None:
    real = getattr(loader, method)

    def watched(self: Any, given: Any) -> Any:
        name = getattr(given, "__name__", None) or given.name
        return _timed(name, lambda: real(self, given))

    setattr(loader, method, watched)


def _package(module: str) -> str:
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] == "headwater" else parts[0]


def _main() -> None:
    sys.path[0:0] = ["/session/metadata", "/session/metadata/python_modules"]
    for loader in (machinery.SourceFileLoader, machinery.ExtensionFileLoader):
        _watch(loader, "exec_module")
    _watch(zipimport.zipimporter, "exec_module")
    _watch(machinery.ExtensionFileLoader, "create_module")
    told = [{"step": "CPython itself", "seconds": edge_start.booted, "heap": edge_start.heap()}]
    for step, modules in STEPS.items():
        before = edge_start.seconds()
        for module in modules:
            importlib.import_module(module)
        packages: Counter[str] = Counter()
        for name, seconds in _own.items():
            packages[_package(name)] += seconds
        told.append(
            {
                "step": step,
                "seconds": edge_start.seconds() - before,
                "heap": edge_start.heap(),
                "modules": len(_own),
                "packages": dict(packages.most_common(6)),
            }
        )
        _own.clear()
    print(json.dumps(told))


_main()
