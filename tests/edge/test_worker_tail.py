"""Live events of Headwater's Worker in real workerd, as a developer follows them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.edge.face import Face, track
from tests.server import ADMIN_KEY

HEADWATER = str(Path(sys.executable).with_name("headwater"))


@contextmanager
def followed(face: Face, query: str) -> Iterator[Iterator[str]]:
    """Give the lines of a stream, once everything that is stored will be in it."""
    with httpx.stream(
        "GET", f"{face.url}v1/tail?{query}", headers=face.admin, timeout=60
    ) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        assert ": heartbeat" in lines
        yield lines


def stored(lines: Iterator[str]) -> list[Any]:
    """Answer the stored events of a stream that ends, and check that it says so."""
    rest = list(lines)
    assert "event: end" in rest
    told = [json.loads(line.removeprefix("data: ")) for line in rest if line.startswith("data: ")]
    return told[:-1]


def test_events_are_shown_as_they_are_stored(face: Face) -> None:
    """Each new one once, with its identifiers; what was stored before is not shown again."""
    sent = track("tail1", "Ordered", userId="tessa", properties={"price": 19.9})
    with followed(face, "limit=2&identifier=user_id:tessa") as lines:
        face.send(sent)
        face.send(sent, track("tail2", "Paid", userId="tessa", anonymousId="tablet"))
        shown = stored(lines)

    assert [one["event"]["messageId"] for one in shown] == ["tail1", "tail2"]
    assert shown[0]["event"]["properties"] == {"price": 19.9}
    assert shown[1]["identifiers"] == ["user_id:tessa", "anonymous_id:tablet"]


def test_two_follow_with_filters_of_their_own(face: Face) -> None:
    """Both see what they ask for, of the same events."""
    with (
        followed(face, "limit=1&event=Left&identifier=user_id:tom") as some,
        followed(face, "limit=2&identifier=user_id:tom") as all_of_them,
    ):
        face.send(track("tail3", "Came", userId="tom"), track("tail4", "Left", userId="tom"))

        assert [one["event"]["event"] for one in stored(some)] == ["Left"]
        assert [one["event"]["event"] for one in stored(all_of_them)] == ["Came", "Left"]


def test_what_tells_of_audiences_is_shown_too(face: Face) -> None:
    """After the event by which somebody enters one, as on the local server."""
    condition = {"attribute": "tier", "operator": "eq", "value": "top"}
    face.order("/v1/audiences", name="Tail top", key="tail_top", condition=condition)
    event = {"type": "identify", "messageId": "tail8", "userId": "tess", "traits": {"tier": "top"}}
    with followed(face, "limit=2&identifier=user_id:tess") as lines:
        face.send(event)
        shown = [one["event"] for one in stored(lines)]

    assert shown[0]["messageId"] == "tail8"
    assert shown[1]["event"] == "Audience Entered"


def test_the_command_line_follows(face: Face) -> None:
    """`headwater tail` shows the Worker's events as it does a local server's."""
    command = [HEADWATER, "tail", "--url", face.url, "--key", ADMIN_KEY, "--json", "-n", "1"]
    filters = ["--identifier", "user_id:tina"]
    process = subprocess.Popen([*command, *filters], stdout=subprocess.PIPE, text=True)
    try:
        number = 0
        while process.poll() is None:  # until it has begun to follow
            number += 1
            assert number < 600
            face.send(track(f"tail7-{number}", userId="tina"))
            try:
                process.wait(timeout=0.2)
            except subprocess.TimeoutExpired:
                continue
        told, _ = process.communicate(timeout=10)
    finally:
        process.kill()

    assert process.returncode == 0
    assert json.loads(told)["identifiers"] == ["user_id:tina"]
