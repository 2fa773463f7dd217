"""The admin API as one ASGI app: read people, watch deliveries, change settings.

From the outside in: `EncodedPath` (values with slashes), `Guard` (an id and an answer for every
request), `Gate` (who is asking, how often), `McpApp` (`/mcp`), `RequestLimits` (bodies), and then
the routes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater import __version__
from headwater.api.admin_errors import answer_admin_errors
from headwater.api.admin_guard import Guard
from headwater.api.admin_request import RequestLimits
from headwater.api.asgi import App
from headwater.api.authentication import Gate
from headwater.api.encoded_path import EncodedPath
from headwater.api.services import Services

if TYPE_CHECKING:
    from fastapi import FastAPI

DESCRIPTION = """
Read people, timelines and accounts; watch deliveries, replay what failed; change settings.

Send an admin key as `Authorization: Bearer hw_…`, or as the user name of Basic authentication.
A key for all workspaces names one with the header `Headwater-Workspace` or the query parameter
`workspace` (`default` where it names none).
"""


def admin_app(services: Services) -> App:
    """Answer the ASGI app that serves every path of the admin API and Segment's Profile API."""
    # Imported here, so that collecting needs none of it.
    from headwater.api.mcp_http import McpApp  # noqa: PLC0415 - see above

    app: App = RequestLimits(admin_routes(services), max_body_bytes=services.max_body_bytes)
    app = McpApp(app, services=services)
    app = Gate(app, services=services)
    app = Guard(app, random=services.random)
    return EncodedPath(app)


def admin_routes(services: Services) -> FastAPI:
    """Answer the routes alone, with their OpenAPI document; `admin_app` is what to serve."""
    # Imported here, so that collecting needs none of it.
    from fastapi import FastAPI  # noqa: PLC0415 - see above

    from headwater.api import admin_document, admin_response, admin_table  # noqa: PLC0415

    app = FastAPI(
        title="Headwater admin API",
        version=__version__,
        description=DESCRIPTION,
        docs_url=None,  # both load scripts from elsewhere, and nothing leaves the workspace
        redoc_url=None,
        redirect_slashes=False,
        default_response_class=admin_response.AdminResponse,
    )
    for routes in admin_table.ROUTES:
        app.include_router(routes(services))
    answer_admin_errors(app)

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = admin_document.document(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # FastAPI's documented way to extend it
    return app
