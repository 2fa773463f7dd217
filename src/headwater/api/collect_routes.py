"""The addresses of the tracking API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_LETTERS = {"track": "t", "identify": "i", "page": "p", "screen": "s", "group": "g", "alias": "a"}


@dataclass(frozen=True, slots=True)
class Route:
    """What an address is for: `call` is an event type, `batch` or `metrics`."""

    call: str
    method: str = "POST"

    @property
    def is_pixel(self) -> bool:
        """Whether the answer is a picture."""
        return self.method == "GET"


def _routes() -> dict[str, Route]:
    routes = {f"/v1/{name}": Route("batch") for name in ("batch", "import", "b")}
    routes["/beacon/v1/batch"] = Route("batch")  # RudderStack's
    routes["/v1/m"] = Route("metrics")
    for call, letter in _LETTERS.items():
        routes[f"/v1/{call}"] = routes[f"/v1/{letter}"] = Route(call)
        routes[f"/v1/pixel/{call}"] = routes[f"/pixel/v1/{call}"] = Route(call, "GET")
    # An answer to a trailing slash must not be a redirect, so it is the same address.
    return routes | {f"{path}/": route for path, route in routes.items()}


ROUTES: Mapping[str, Route] = _routes()
