"""How requests are counted, and what settings reach the collector."""

from __future__ import annotations

import httpx
import pytest

from headwater.api.collect_settings import collect_settings
from headwater.local.application import route_of
from headwater.settings import Settings
from tests.server import Server


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/v1/batch", "/v1/batch"),
        ("/v1/t/", "/v1/t/"),
        ("/ready", "/ready"),
        ("/v1/people/user_id:42/events", "/v1/people"),
        ("/v1/spaces/default/collections/users/profiles/x", "/v1/spaces"),
        ("/v1/people-of-a-scanner", "other"),
        ("/v2/people/x", "other"),
        ("/wp-login.php", "other"),
        ("/", "other"),
        ("", "other"),
    ],
)
def test_a_path_counts_for_few_routes(path: str, route: str) -> None:
    """Ids are not labels, and what nobody serves is one route."""
    assert route_of(path) == route


def test_every_route_of_the_admin_api_has_a_name(server: Server) -> None:
    """A path that is added to the API is not counted as `other`."""
    paths = httpx.get(f"{server.url}/openapi.json").json()["paths"]

    assert len(paths) > 20
    assert [path for path in paths if route_of(path) == "other"] == []


def test_settings_reach_the_collector() -> None:
    """Each limit is the one that was set."""
    settings = Settings(
        max_batch_bytes=2000,
        max_event_bytes=1000,
        max_batch_events=3,
        max_depth=7,
        trusted_proxies=("10.0.0.0/8",),
    )
    made = collect_settings(settings)

    assert (made.limits.batch, made.limits.event) == (2000, 1000)
    assert (made.limits.events, made.limits.depth) == (3, 7)
    assert made.trusted_proxies == ("10.0.0.0/8",)
