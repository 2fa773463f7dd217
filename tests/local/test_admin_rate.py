"""How often an admin key may ask a real server."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.server import Server


def test_the_rate_of_admin_keys_is_a_setting(tmp_path: Path) -> None:
    """Over it there is 429 with when to come back; events have rates of their own."""
    environment = {"HEADWATER_ADMIN_RATE": "1", "HEADWATER_LAKE": "off"}
    with Server(tmp_path / "data", environment=environment) as server:
        with ThreadPoolExecutor(10) as clients:
            answers = list(clients.map(server.admin.get, ["/v1/sources"] * 60))
        sent = [server.send("/v1/track", {"userId": "u", "event": "E"}) for _ in range(5)]

    statuses = Counter(answer.status_code for answer in answers)
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert statuses.keys() == {200, 429}
    assert int(refused.headers["retry-after"]) >= 1
    assert "may make 1 request a second" in refused.json()["message"]
    assert {answer.status_code for answer in sent} == {200}
