"""The one rule: the core knows no runtime. Read from the syntax trees, so nothing is run."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import headwater

PACKAGE = Path(headwater.__file__).parent

# What may know where it runs: CPython's side of the ports, the HTTP face, the client library with
# its vocabulary, and the front door that finds the client on first use.
OUTSIDE = ("local", "api", "client", "spec", "tiny.py", "__init__.py")

# Cloudflare's, databases', HTTP's and ASGI's names for a runtime.
RUNTIMES = frozenset(
    {"workers", "js", "pyodide", "pyodide_js", "_pyodide", "sqlite3", "duckdb", "httpx"}
    | {"requests", "aiohttp", "urllib3", "boto3", "botocore", "fastapi", "starlette", "uvicorn"}
    | {"uvloop", "typer", "rich", "prometheus_client", "asyncpg", "psycopg"}
)
RUNTIME_MODULES = (
    RUNTIMES
    # The operating system, the clock and randomness come through the ports.
    | {"socket", "ssl", "select", "selectors", "subprocess", "multiprocessing", "threading"}
    | {"concurrent", "signal", "os", "io", "pathlib", "shutil", "tempfile", "fcntl", "time"}
    | {"random", "secrets", "uuid", "http", "urllib.request"}
    | {"asyncio.subprocess", "asyncio.streams"}
    # Nor does the core reach back into what is built around it.
    | {"headwater.local", "headwater.api", "headwater.client", "headwater.tiny"}
)

# These read the clock, although they live in a module that the core may use for its types.
CLOCK_CALLS = frozenset({"now", "utcnow", "today"})

# On the edge the import is part of a snapshot: entropy is refused while it runs, and a time that
# was read then would be everybody's.
AT_IMPORT = frozenset({"uuid", "random", "secrets", "time", "os.urandom"})


def modules() -> list[str]:
    """Answer every module of the package, as paths relative to it."""
    return sorted(str(path.relative_to(PACKAGE)) for path in PACKAGE.rglob("*.py"))


def core_modules() -> list[str]:
    """Answer those that run on every runtime."""
    return [name for name in modules() if name.split("/")[0] not in OUTSIDE]


def imported(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Answer line and full name of everything that is imported, also inside functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def names_runtime(name: str) -> bool:
    """Answer whether a full name is a runtime's module, or something in one."""
    parts = name.split(".")
    return any(".".join(parts[:length]) in RUNTIME_MODULES for length in range(1, len(parts) + 1))


def clock_calls(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Answer calls such as `datetime.now()`."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in CLOCK_CALLS
            and isinstance(node.func.value, ast.Name | ast.Attribute)
            and ast.unparse(node.func.value).split(".")[-1] in {"datetime", "date"}
        ):
            yield node.lineno, ast.unparse(node.func)


class ImportTime(ast.NodeVisitor):
    """Collects the calls that run when a module is imported."""

    def __init__(self) -> None:
        self.calls: list[tuple[int, str]] = []
        self.aliases: dict[str, str] = {}

    def visit_Import(self, node: ast.Import) -> None:
        """Remember what names stand for."""
        for alias in node.names:
            self.aliases[alias.asname or alias.name] = alias.name

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """Remember what names stand for."""
        for alias in node.names:
            self.aliases[alias.asname or alias.name] = f"{node.module}.{alias.name}"

    def visit_Call(self, node: ast.Call) -> None:
        """Keep the call under the name that its module gave it."""
        head, _, rest = ast.unparse(node.func).partition(".")
        full = self.aliases.get(head, head) + (f".{rest}" if rest else "")
        self.calls.append((node.lineno, full))
        self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """Of a function only its decorators and defaults run at import."""
        for part in (*node.decorator_list, *node.args.defaults, *node.args.kw_defaults):
            if part is not None:
                self.visit(part)

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815 - ast's name

    def visit_Lambda(self, node: ast.Lambda) -> None:
        """Of a lambda, only its defaults."""
        for part in (*node.args.defaults, *node.args.kw_defaults):
            if part is not None:
                self.visit(part)


def calls_at_import(tree: ast.AST) -> list[tuple[int, str]]:
    """Answer the calls at import that draw randomness or read the clock."""
    visitor = ImportTime()
    visitor.visit(tree)
    return [
        (line, name)
        for line, name in visitor.calls
        if name.split(".")[0] in AT_IMPORT or name in AT_IMPORT
    ] + [(line, name) for line, name in visitor.calls if name.endswith(("datetime.now", "utcnow"))]


def parsed(module: str) -> ast.Module:
    """Answer a module's syntax tree."""
    return ast.parse((PACKAGE / module).read_text("utf-8"), filename=module)


@pytest.mark.parametrize("module", core_modules())
def test_a_core_module_names_no_runtime(module: str) -> None:
    """No core module imports a runtime, reads the clock, or reaches into the outside."""
    tree = parsed(module)
    found = [(line, name) for line, name in imported(tree) if names_runtime(name)]

    assert found + list(clock_calls(tree)) == []


def test_importing_the_core_loads_no_runtime() -> None:
    """In a fresh interpreter, all core modules together load nothing that the edge has not."""
    names = ["headwater"] + [
        "headwater." + name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for name in core_modules()
    ]
    code = (
        "import importlib, sys\n"
        f"for name in {names!r}: importlib.import_module(name)\n"
        f"print(*sorted({set(RUNTIMES)!r} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)

    assert done.stdout.split() == []


@pytest.mark.parametrize("module", modules())
def test_nothing_is_drawn_at_import(module: str) -> None:
    """No module calls uuid, random or time while it is being imported."""
    assert calls_at_import(parsed(module)) == []


@pytest.mark.parametrize(
    "source",
    [
        "import sqlite3",
        "from sqlite3 import connect",
        "def f():\n    import httpx",
        "import urllib.request",
        "from urllib import request",
        "from headwater.local.sql import Database",
        "from headwater import local",
        "from os import environ",
        "import asyncio.subprocess",
    ],
)
def test_the_check_sees_a_forbidden_import(source: str) -> None:
    """The check above can fail: each spelling of a forbidden import is found."""
    assert [name for _, name in imported(ast.parse(source)) if names_runtime(name)]


@pytest.mark.parametrize("source", ["import asyncio", "import json", "from urllib import parse"])
def test_the_check_lets_plain_modules_pass(source: str) -> None:
    """Pure modules of the standard library are the core's to use."""
    assert not [name for _, name in imported(ast.parse(source)) if names_runtime(name)]


@pytest.mark.parametrize(
    "source",
    [
        "import uuid\nX = uuid.uuid4()",
        "from uuid import uuid4 as new\nclass A:\n    x = new()",
        "import time\ndef f(now=time.time()): ...",
        "import datetime as d\nX = d.datetime.now()",
        "import os\nX = [os.urandom(2) for _ in 'ab']",
    ],
)
def test_the_check_sees_a_draw_at_import(source: str) -> None:
    """Module level, class bodies and defaults are all run at import."""
    assert calls_at_import(ast.parse(source))


def test_the_check_lets_a_draw_inside_a_function_pass() -> None:
    """What a function does when it is called is not done at import."""
    source = "import uuid\ndef f():\n    return uuid.uuid4()\ng = lambda: uuid.uuid4()"

    assert not calls_at_import(ast.parse(source))


def test_the_check_sees_a_read_of_the_clock() -> None:
    """`datetime.now` is found however datetime was imported; a `Clock`'s own `now` is not."""
    source = "datetime.now(UTC); datetime.datetime.utcnow(); date.today(); clock.now()"

    assert len(list(clock_calls(ast.parse(source)))) == 3
