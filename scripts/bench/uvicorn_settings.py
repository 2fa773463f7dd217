"""The settings under which `headwater serve` runs its ASGI app, for what it is compared with."""

from __future__ import annotations

from typing import Any

import uvicorn


def serve(app: Any, *, port: int) -> None:
    """Serve an ASGI app on loopback until terminated."""
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=port,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="auto",
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        backlog=2048,
        timeout_keep_alive=75,
    )
