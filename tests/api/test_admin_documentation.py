"""docs/admin-api.md and docs/profiles.md name every route, error, role and parameter."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from headwater.actors.registry import ROLES
from headwater.api.admin import admin_routes
from tests.api.test_admin_errors import BAD
from tests.api.twins import World

DOCS = Path(__file__).parents[2] / "docs"


def pages() -> str:
    """Answer both pages."""
    return "\n".join((DOCS / name).read_text() for name in ("admin-api.md", "profiles.md"))


def documented() -> set[tuple[str, str]]:
    """Answer the methods and paths in the first column of the pages' tables."""
    found = re.findall(r"^\| `(GET|POST|PUT|PATCH|DELETE) (/[^`]*)`", pages(), re.MULTILINE)
    return {(method, path) for method, path in found}


def test_the_pages_name_every_route_and_no_other(world: World) -> None:
    """A route without a line, or a line without a route, is a mistake."""
    routes = {
        (method.upper(), path)
        for path, operations in admin_routes(world.services()).openapi()["paths"].items()
        for method in operations
    }

    assert documented() == routes


def test_the_page_names_every_parameter(world: World) -> None:
    """Each query parameter and each field of an order is somewhere in code style."""
    document = admin_routes(world.services()).openapi()
    names = {
        parameter["name"]
        for operations in document["paths"].values()
        for operation in operations.values()
        for parameter in operation.get("parameters", ())
        if parameter["in"] == "query"
    }
    for schema, content in document["components"]["schemas"].items():
        if schema.endswith(("Order", "Change")):
            names |= set(content["properties"])
    text = pages()

    assert (
        sorted(name for name in names if not re.search(rf'[`"?({{]{re.escape(name)}[`"=]', text))
        == []
    )


def test_the_page_names_every_error_and_role() -> None:
    """As the tests of errors meet them."""
    text = (DOCS / "admin-api.md").read_text()
    for *_, status, code, _ in BAD:
        assert f"| {status} | `{code}` |" in text
    for role in ROLES:
        assert f"| `{role}` |" in text


def test_collecting_needs_no_framework() -> None:
    """The admin API's module can be imported without FastAPI; its app is made when it is served."""
    check = (
        "import sys, headwater.api.admin, headwater.api.services\n"
        "sys.exit('fastapi' in sys.modules or 'starlette' in sys.modules)"
    )
    source = Path(__file__).parents[2] / "src"
    done = subprocess.run(
        [sys.executable, "-c", check], env={"PYTHONPATH": str(source)}, check=False
    )

    assert done.returncode == 0
