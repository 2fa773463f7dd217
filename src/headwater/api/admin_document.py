"""The OpenAPI document: FastAPI's, with every error that any route can answer."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from headwater.api.admin_errors import PUBLIC_PREFIXES, SEGMENT_PREFIX

_ERROR = {
    "type": "object",
    "required": ["code", "message"],
    "properties": {"code": {"type": "string"}, "message": {"type": "string"}},
}
_SEGMENT_ERROR = {"type": "object", "required": ["error"], "properties": {"error": _ERROR}}

_PUBLIC_ERROR = {
    "type": "object",
    "required": ["errors"],
    "properties": {
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["type", "message", "status"],
                "properties": {
                    "type": {"type": "string"},
                    "message": {"type": "string"},
                    "status": {"type": "integer"},
                },
            },
        }
    },
}

_ANYWHERE = {
    "400": "The request contradicts itself, or a cursor is not one that was given.",
    "401": "No key, or one that is not known.",
    "403": "The key's role or workspace does not allow this.",
    "404": "There is nothing under that name.",
    "405": "The path is known, but not with this method.",
    "406": "The answer is of a type that the request does not accept.",
    "422": "A parameter or field is not valid; the message names it and the fix.",
    "429": "Too many requests with this key; `Retry-After` says when to come back, in seconds.",
    "500": "A mistake in the server.",
    "503": "The server is starting, draining or full; come back.",
}
_WITH_BODY = {
    "413": "The body is over its limit.",
    "415": "The body is not JSON.",
}
_CHANGING = {"409": "What is stored contradicts this; the message says what to change."}

_SECURITY = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "An admin key, `hw_…`."},
    "basic": {"type": "http", "scheme": "basic", "description": "The key as the user name."},
}
_WORKSPACE = {
    "name": "Headwater-Workspace",
    "in": "header",
    "required": False,
    "description": "For keys that open all workspaces: which one; `default` where left out.",
    "schema": {"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]{0,62}$"},
}


def document(app: FastAPI) -> dict[str, Any]:
    """Answer the OpenAPI document of the app's routes."""
    made: dict[str, Any] = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes
    )
    components = made.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas |= {
        "Error": _ERROR,
        "SegmentError": _SEGMENT_ERROR,
        "SegmentPublicError": _PUBLIC_ERROR,
    }
    components["securitySchemes"] = _SECURITY
    made["security"] = [{"bearer": []}, {"basic": []}]
    for path, operations in made["paths"].items():
        for method, operation in operations.items():
            _complete(operation, path=path, method=method)
    return made


def _complete(operation: dict[str, Any], *, path: str, method: str) -> None:
    possible = dict(_ANYWHERE)
    if method != "get":
        possible |= _CHANGING | _WITH_BODY
    is_segment = path.startswith(SEGMENT_PREFIX)
    name = "SegmentError" if is_segment else "Error"
    if path.startswith(PUBLIC_PREFIXES):
        name = "SegmentPublicError"
    schema = f"#/components/schemas/{name}"
    for status, description in possible.items():
        operation["responses"][status] = {
            "description": description,
            "content": {"application/json": {"schema": {"$ref": schema}}},
        }
    if not is_segment:
        operation["parameters"] = [*operation.get("parameters", []), _WORKSPACE]
