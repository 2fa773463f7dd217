"""The OpenAPI document: complete enough that a fuzzer can live from it, and what it says holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core.result import Ok

from headwater.api.admin import admin_app, admin_routes
from tests.api.twins import World

OPEN_ENDED = {"GET /v1/tail"}  # answers until the server drains; tests/api/test_tail.py


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """The twins, shared: what one request changes, the next one meets."""
    made = World()
    yield made
    made.database.close()


def operations(world: World) -> list[Any]:
    """Answer every operation of the document."""
    schema = schemathesis.openapi.from_asgi("/openapi.json", admin_app(world.services()))
    found = []
    for result in schema.get_all_operations():
        assert isinstance(result, Ok), result
        found.append(result.ok())
    return [one for one in found if one.label not in OPEN_ENDED]


def test_what_is_answered_is_declared(world: World) -> None:
    """Every status, content type and shape, for requests that fit the document and that do not."""
    undeclared: list[str] = []
    for operation in operations(world):
        strategies = [operation.as_strategy()]
        if operation.body or operation.query or operation.path_parameters:
            strategies.append(operation.as_strategy(GenerationMode.NEGATIVE))

        @settings(
            max_examples=12,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(st.one_of(strategies), st.sampled_from(sorted(world.keys)))
        def ask(case: Any, key: str) -> None:
            headers = {"Authorization": f"Bearer {world.keys[key]}"}
            response = case.call(headers=headers)
            declared = case.operation.definition.raw["responses"]
            if str(response.status_code) not in declared:
                undeclared.append(f"{case.operation.label}: {response.status_code}")
            elif response.status_code < 300:
                case.operation.validate_response(response)
            else:
                assert response.headers["content-type"] == ["application/json"]
            assert response.status_code < 500, response.text

        ask()

    assert sorted(set(undeclared)) == []


def test_every_field_and_parameter_is_bounded(world: World) -> None:
    """A text without a limit is an invitation; so every one that is sent has some limit."""
    document = admin_routes(world.services()).openapi()
    unbounded = [
        f"{method} {path} {parameter['name']}"
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        for parameter in operation.get("parameters", ())
        if not is_bounded(parameter["schema"])
    ]
    sent = {
        name: schema
        for name, schema in document["components"]["schemas"].items()
        if name.endswith(("Order", "Change"))
    }
    unbounded += [
        f"{name}.{field}"
        for name, schema in sent.items()
        for field, rule in schema["properties"].items()
        if not is_bounded(rule)
    ]

    assert unbounded == []
    assert all(schema["additionalProperties"] is False for schema in sent.values())


def is_bounded(rule: dict[str, Any]) -> bool:
    """Tell whether a schema limits what fits it."""
    if "anyOf" in rule:
        return all(is_bounded(one) for one in rule["anyOf"])
    if rule.get("type") == "array":
        return is_bounded(rule["items"])
    limits = {"maxLength", "maximum", "pattern", "enum", "format", "const", "$ref"}
    return rule.get("type") in {"boolean", "null", "object", None} or bool(limits & set(rule))


def test_every_operation_says_what_it_does(world: World) -> None:
    """With a summary for people, and the role's errors declared."""
    for path, methods in admin_routes(world.services()).openapi()["paths"].items():
        for method, operation in methods.items():
            assert operation["description"], (method, path)
            assert {"401", "403", "404", "422", "429"} <= set(operation["responses"])


async def test_the_document_needs_no_key(world: World) -> None:
    """It tells nothing of any workspace."""
    import httpx

    transport = httpx.ASGITransport(app=admin_app(world.services()))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        response = await client.get("/openapi.json")

    assert response.status_code == 200
    assert response.json()["security"] == [{"bearer": []}, {"basic": []}]
