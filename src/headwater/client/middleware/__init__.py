"""Web applications that track themselves: page views and requests, for ASGI and for WSGI.

    app.add_middleware(HeadwaterASGI, client=AsyncClient())      # FastAPI, Starlette
    application = HeadwaterWSGI(get_wsgi_application(), client=Client())   # Django, Flask

Both ask the same questions of a request (`exchange`, `watching`); they differ in how they listen.
`CollectProxy` is the other half: it takes browsers' events under your own path.
"""

from __future__ import annotations

from headwater.client.middleware.asgi import HeadwaterASGI
from headwater.client.middleware.proxy import CollectProxy, collect_router
from headwater.client.middleware.watching import Identity, Watching
from headwater.client.middleware.wsgi import HeadwaterWSGI

__all__ = [
    "CollectProxy",
    "HeadwaterASGI",
    "HeadwaterWSGI",
    "Identity",
    "Watching",
    "collect_router",
]
