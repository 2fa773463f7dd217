"""The admin API's errors: the form of all errors, and on Segment's paths Segment's form."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from headwater.api.errors import ErrorAnswer, MethodNotAllowed, error_answer
from headwater.api.mcp_rpc import INTERNAL_ERROR, INVALID_REQUEST, RpcError
from headwater.api.patterns import IN_WORDS
from headwater.errors import HeadwaterError, NotFound
from headwater.quantities import counted

if TYPE_CHECKING:
    from fastapi import FastAPI, Request, Response

SEGMENT_PREFIX = "/v1/spaces/"
"""Where Segment's Profile API is."""

PUBLIC_PREFIXES = ("/regulations", "/suppressions")
"""Where what of Segment's Public API there is, is; it has no `/v1`."""

MCP_PATH = "/mcp"
"""Where agents are served; their clients show the message of a JSON-RPC error, and no other."""

_SHOWN = 80
# How Segment's Profile API calls them (PROTOCOLS.md, section 4.1); its own table has no 403.
_SEGMENT_CODES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "authentication_error",
    404: "not_found",
    422: "validation_error",
    429: "rate_limit_error",
}
# What to do about the mistakes that pydantic finds, by the beginning of its name for them.
_FIXES = {
    "missing": "it is required: add it",
    "extra_forbidden": "there is no such field: remove it, or check its spelling",
    "json_invalid": "the body is not valid JSON",
}


class Invalid(HeadwaterError):
    """A field of the request is not valid."""

    status = 422
    code = "invalid_field"


class NotAcceptable(HeadwaterError):
    """The answer is of a type that the request does not accept."""

    status = 406
    code = "not_acceptable"


class UnsupportedMediaType(HeadwaterError):
    """The body is of a type that is not read here."""

    status = 415
    code = "unsupported_media_type"


def admin_error_answer(error: Exception, *, path: str, request_id: str) -> ErrorAnswer:
    """Answer what the caller of a path gets for an error."""
    answer = error_answer(error, request_id=request_id)
    if path.startswith(PUBLIC_PREFIXES):
        return _public(answer)
    if path.rstrip("/") == MCP_PATH:
        return _json_rpc(answer)
    if not path.startswith(SEGMENT_PREFIX):
        return answer
    content = json.loads(answer.body)
    code = _SEGMENT_CODES.get(answer.status, "invalid_request_error")
    if answer.status >= 500:
        code = "internal_error"
    body = json.dumps({"error": {"code": code, "message": content["message"]}})
    # Segment answers invalid fields with 400; its clients know no 422.
    status = 400 if answer.status == 422 else answer.status
    return ErrorAnswer(status, answer.headers, body.encode())


def _json_rpc(answer: ErrorAnswer) -> ErrorAnswer:
    """Answer an error as JSON-RPC has one that is about no request that could be read."""
    content = json.loads(answer.body)
    code = INTERNAL_ERROR if answer.status >= 500 else INVALID_REQUEST
    error = RpcError(code, content["message"], data={"code": content["code"]})
    return ErrorAnswer(answer.status, answer.headers, json.dumps(error.answer(None)).encode())


def _public(answer: ErrorAnswer) -> ErrorAnswer:
    """Answer an error as Segment's Public API has it (PROTOCOLS.md, section 4.3)."""
    content = json.loads(answer.body)
    error = {"type": content["code"], "message": content["message"], "status": answer.status}
    return ErrorAnswer(answer.status, answer.headers, json.dumps({"errors": [error]}).encode())


def answer_admin_errors(app: FastAPI) -> None:
    """Have a FastAPI app answer what its callers did wrong in these forms.

    Mistakes of the server are left to `Guard`, around all of it: it has the request's id.
    """
    from fastapi.exceptions import RequestValidationError  # noqa: PLC0415 - the core runs without
    from starlette.exceptions import HTTPException  # noqa: PLC0415 - the core runs without
    from starlette.responses import Response as PlainResponse  # noqa: PLC0415 - the core runs without

    def answer(request: Request, error: Exception, headers: dict[str, str]) -> Response:
        made = admin_error_answer(
            error, path=request.scope["path"], request_id=request.scope["state"]["request_id"]
        )
        headers |= {name.decode(): value.decode() for name, value in made.headers}
        return PlainResponse(made.body, status_code=made.status, headers=headers)

    async def known(request: Request, raised: Any) -> Response:
        return answer(request, raised, {})

    async def invalid(request: Request, raised: Any) -> Response:
        return answer(request, invalid_request(raised.errors()), {})

    async def of_status(request: Request, raised: Any) -> Response:
        path = request.scope["path"]
        if raised.status_code != 405:
            return answer(request, _of_status(raised.status_code, path), {})
        allow = ", ".join(allowed_methods(app.openapi()["paths"], path))
        return answer(
            request, MethodNotAllowed(request.method, allowed=allow, where=path[:200]), {}
        )

    _leave_mistakes(app)
    app.add_exception_handler(HeadwaterError, known)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, of_status)


def _leave_mistakes(app: FastAPI) -> None:
    from starlette.responses import Response as PlainResponse  # noqa: PLC0415 - the core runs without

    class Unsaid(PlainResponse):
        """Starlette sends an answer of its own before it raises further; this one is silent."""

        async def __call__(self, *_: Any) -> None:
            """Send nothing."""

    async def left(_: Request, __: Any) -> Response:
        return Unsaid()

    app.add_exception_handler(Exception, left)


def invalid_request(mistakes: list[dict[str, Any]]) -> HeadwaterError:
    """Answer the error for pydantic's mistakes: each with its field, its value, and the fix."""
    return Invalid(" ".join(_mistake(one) for one in mistakes[:5]))


def _mistake(one: dict[str, Any]) -> str:
    place, *path = one["loc"]
    where = ".".join(str(part) for part in path)
    field = f"{place} {where}".strip() if place in {"path", "query", "header"} else where
    if one["type"] == "json_invalid":
        return f"The body is not valid JSON: {one['ctx']['error']} at character {where}."
    kind = _FIXES.get(one["type"])
    if kind is not None:
        return f"{field or 'body'}: {kind}."
    says = _shape(one) or str(one["msg"]).removeprefix("Value error, ").removeprefix("Input ")
    return f"{field or 'body'}: {_shown(one.get('input'))} is not valid: {says}."


def _shape(one: dict[str, Any]) -> str | None:
    """Answer in words how a text should be, where pydantic counts its `items` or shows a regex."""
    bounds = one.get("ctx") or {}
    if not isinstance(one.get("input"), str):
        return None
    if words := IN_WORDS.get(str(bounds.get("pattern"))):
        return f"should {words}"
    if one["type"].endswith("too_short"):
        return f"should have at least {counted(bounds['min_length'], 'character')}"
    if one["type"].endswith("too_long"):
        return f"should have at most {counted(bounds['max_length'], 'character')}"
    return None


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def allowed_methods(paths: Mapping[str, Mapping[str, Any]], path: str) -> list[str]:
    """Answer the methods that a path is for, from an OpenAPI document's paths."""
    return sorted(
        {
            method.upper()
            for template, operations in paths.items()
            if re.fullmatch(re.sub(r"\{[^}]*\}", "[^/]+", template), path)
            for method in operations
        }
    )


def _of_status(status: int, path: str) -> HeadwaterError:
    if status == 404:
        return NotFound(f"There is no {path[:200]}; GET /openapi.json lists every path.")
    error = HeadwaterError("The body cannot be read as JSON.", code="invalid_request")
    error.status = status
    return error
