"""A lake's server, and the one that is rebuilt from it: the same answers, byte by byte."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.server import WRITE_KEY, Server

HEADWATER = str(Path(sys.executable).with_name("headwater"))
# With time enough at the end for the lake to get everything, however busy the machine.
LAKE = {
    "HEADWATER_LAKE": "auto",
    "HEADWATER_LAKE_FLUSH_SECONDS": "5",
    "HEADWATER_SHUTDOWN_GRACE": "120",
}
GROUPS = [f"g{number}" for number in range(5)]


def events(count: int, draw: random.Random) -> Iterator[dict[str, Any]]:
    """Answer the events of shoppers who come anonymously, sign in, and share some devices."""
    people = max(10, count // 20)
    for number in range(count):
        user, device = draw.randrange(people), draw.randrange(people)
        event: dict[str, Any] = {"messageId": f"m{number}", "anonymousId": f"a{device}"}
        kind = draw.random()
        if kind < 0.03:
            event |= {
                "type": "identify",
                "userId": f"u{user}",
                "anonymousId": f"a{user}",
                "traits": {"email": f"u{user}@example.com", "n": number},
            }
        elif kind < 0.05:
            event |= {
                "type": "group",
                "userId": f"u{user}",
                "anonymousId": f"a{user}",
                "groupId": draw.choice(GROUPS),
                "traits": {"seats": number},
            }
        elif kind < 0.5:
            event |= {"type": "track", "event": "Viewed", "properties": {"n": number, "ü": [1.5]}}
        else:
            event |= {"type": "track", "event": "Ordered", "userId": f"u{user}"}
            event["anonymousId"] = f"a{user}"
        yield event


def fill(server: Server, count: int, draw: random.Random) -> None:
    """Send events, then split every tenth of the merges that they have made."""
    waiting = list(events(count, draw))
    with httpx.Client(base_url=server.url, auth=(WRITE_KEY, ""), timeout=60) as client:
        for start in range(0, count, 500):
            answer = client.post("/v1/batch", json={"batch": waiting[start : start + 500]})
            assert answer.status_code == 200, answer.text
    for number in range(0, max(10, count // 20), 10):
        links = server.read(f"/v1/people/user_id:u{number}/links")
        if links.status_code == 200:
            merges = [one["id"] for one in links.json()["links"] if one["merged"]]
            if merges:
                order = {"link": draw.choice(merges)}
                path = f"/v1/people/user_id:u{number}/split"
                assert server.admin.post(path, json=order).status_code == 200


def shown(server: Server, people: int) -> dict[str, bytes]:
    """Answer what every page of everybody says, but for where events were read."""

    def everything(name: str) -> dict[str, bytes]:
        paths = [f"/v1/people/{name}?verbose=true", f"/v1/people/{name}/links"]
        pages = {path: server.read(path).content for path in paths}
        cursor: str | None = ""
        while cursor is not None:
            path = f"/v1/people/{name}/events?limit=100&cursor={cursor}".removesuffix("&cursor=")
            answer = server.read(path)
            pages[path] = answer.content.partition(b'"tiers"')[0]
            cursor = answer.json().get("next")
        return pages

    names = [f"{kind}{n}" for n in range(people) for kind in ("user_id:u", "anonymous_id:a")]
    found: dict[str, bytes] = {}
    assert server.admin is not None  # made here, not by two threads at once
    with ThreadPoolExecutor(8) as pool:
        for pages in pool.map(everything, names):
            found |= pages
    for group in GROUPS:
        for path in (f"/v1/accounts/{group}", f"/v1/accounts/{group}/members?limit=1000"):
            found[path] = server.read(path).content
    return found


def rebuild(lake: Path, data: Path) -> list[str]:
    """Answer the command that rebuilds."""
    return [HEADWATER, "rebuild", "--lake", str(lake), "--data", str(data), "--json"]


@pytest.mark.parametrize("count", [2_000, pytest.param(200_000, marks=pytest.mark.slow)])
def test_a_rebuilt_server_answers_the_same(tmp_path: Path, count: int) -> None:
    """Every profile, timeline, link and account, after merges and splits."""
    draw = random.Random(1)
    first = Server(tmp_path / "first", environment=LAKE)
    with first:
        fill(first, count, draw)
        was = shown(first, max(10, count // 20))
    began = time.monotonic()
    done = subprocess.run(
        rebuild(tmp_path / "first" / "lake", tmp_path / "second"),
        check=True,
        capture_output=True,
        text=True,
        env=first.environment(),
    )
    took = time.monotonic() - began
    assert json.loads(done.stdout)["left_out"] == 0
    assert json.loads(done.stdout)["events"] == count
    second = Server(
        tmp_path / "second", environment={**LAKE, "HEADWATER_LAKE": str(tmp_path / "first/lake")}
    )
    with second:
        now = shown(second, max(10, count // 20))
    assert [path for path in was if now[path] != was[path]] == []
    assert now.keys() == was.keys()
    print(f"{count:,} events rebuilt in {took:.1f} s; {len(was):,} answers are the same")


@pytest.mark.parametrize("kills", [2, pytest.param(20, marks=pytest.mark.slow)])
def test_a_rebuild_survives_being_killed(tmp_path: Path, kills: int) -> None:
    """At any moment; the same command goes on, and what is made in the end is the same."""
    draw = random.Random(kills)
    first = Server(tmp_path / "first", environment=LAKE)
    with first:
        fill(first, 3_000, draw)
        was = shown(first, 150)
    command = rebuild(tmp_path / "first" / "lake", tmp_path / "second")
    for _ in range(kills):
        going = subprocess.Popen(command, env=first.environment(), stdout=subprocess.DEVNULL)
        try:
            going.wait(draw.uniform(0.3, 3.0))
            break
        except subprocess.TimeoutExpired:
            going.kill()
            going.wait()
    # Twice, as if the first had been killed at its very end.
    told = [
        subprocess.run(command, env=first.environment(), capture_output=True, check=True).stdout
        for _ in range(2)
    ]
    assert told[0] == told[1]
    second = Server(
        tmp_path / "second", environment={**LAKE, "HEADWATER_LAKE": str(tmp_path / "first/lake")}
    )
    with second:
        assert shown(second, 150) == was
        second.send("/v1/track", {"userId": "new", "event": "Came"})
    refused = subprocess.run(
        command, env=first.environment(), capture_output=True, text=True, check=False
    )
    assert refused.returncode == 2
    assert "has a database already" in refused.stderr
