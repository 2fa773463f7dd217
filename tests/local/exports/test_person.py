"""Everything held on a person, from a real server with a lake, a destination and an audience."""

from __future__ import annotations

import json
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from headwater.local.command_line.application import application
from tests.local.test_erasure_served import admin, canary, ended, erase, send, story
from tests.loopback import Loopback, Reply, Request
from tests.server import Server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a lake; each test has people of its own."""
    environment = {"HEADWATER_LAKE": "auto", "HEADWATER_LAKE_FLUSH_SECONDS": "1"}
    with Server(tmp_path_factory.mktemp("one") / "data", environment=environment) as made:
        yield made


def run(server: Server, *arguments: str) -> tuple[int, str]:
    """Answer the exit code of a command in this process, and what it printed."""
    done = CliRunner().invoke(application, [*arguments, "--data", str(server.directory)])
    return done.exit_code, done.output


def contents(path: Path) -> dict[str, Any]:
    """Answer an archive's files: JSON read, lines of JSON as a list, the page as text."""
    found: dict[str, Any] = {}
    with zipfile.ZipFile(path) as archive:
        years = {one.date_time[0] for one in archive.infolist()}
        assert min(years) > 1980, "a date that nobody gave"
        for name in archive.namelist():
            text = archive.read(name).decode()
            if name.endswith(".jsonl"):
                found[name] = [json.loads(line) for line in text.splitlines()]
            else:
                found[name] = json.loads(text) if name.endswith(".json") else text
    return found


def until(condition: Any, *, patience: float = 60) -> None:
    """Return once it holds."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


async def refuse(_: Request) -> Reply:
    """Answer that an event cannot be taken, ever."""
    return Reply(status=400)


def test_everything_held_on_a_person_is_in_one_archive(server: Server, tmp_path: Path) -> None:
    """Every canary of theirs, none of anybody else's, from the database, the lake and the lanes."""
    with Loopback(refuse) as sink:
        server.add_webhook("Sink", sink.url)
        condition = {"type": "trait", "path": "plan", "operator": "equals", "value": "pro"}
        admin(server, "POST", "/v1/audiences", {"name": "Pros", "condition": condition})
        consent = {"consent": {"categoryPreferences": {"Advertising": False}}}
        for person in (1, 2):
            identify, *rest = story(person)
            identify["traits"] |= {"plan": "pro"}
            identify["context"] |= consent
            send(server, identify, *rest)
        until(lambda: len(admin(server, "GET", "/v1/dead-letters")["dead_letters"]) >= 6)
        until(lambda: list((server.directory / "lake").rglob("*/identity/*.parquet")))

        target = tmp_path / "one.zip"
        name = f"anonymous_id:{canary(1, 'anonymous')}"
        code, printed = run(server, "export", "--person", name, "--to", str(target))

    assert code == 0, printed
    assert target.stat().st_mode & 0o077 == 0
    found = contents(target)
    whole = json.dumps(found)
    for what in (
        *("user", "anonymous", "ip", "url", "device", "mail", "t", "event", "property"),
        *("message1", "message2", "message3", "refused"),
    ):
        assert canary(1, what) in whole, what
    assert "canary0002" not in whole
    shown = admin(server, "GET", f"/v1/people/user_id:{canary(1, 'user')}", None)
    assert found["person.json"]["counts"] == shown["counts"]
    assert len(found["events.jsonl"]) == sum(shown["counts"].values())
    assert [one["member"] for one in found["audiences.json"]] == [True]
    assert found["audiences.json"][0]["clause"]["true"] is True
    assert [one["consent"] for one in found["consent.json"]] == [consent["consent"]]
    assert len(found["dead_letters.json"]) == len(found["events.jsonl"])
    assert len(found["refused_events.json"]) == 1
    assert [one["account"] for one in found["accounts.json"]] == ["acme"]
    assert {one["kind"] for one in found["lake_identity.json"]} >= {"state", "traits", "member"}
    assert {one["kind"] for one in found["identity.json"]} >= {"state", "traits"}
    assert canary(1, "mail") in found["index.html"]
    assert "Everything held on" in found["index.html"]


def test_an_identifier_of_nobody_is_exported_too(server: Server, tmp_path: Path) -> None:
    """A refused event may be all that there is of somebody."""
    send(server, {"type": "track", "userId": "only-refused", "messageId": "r1"})
    code, printed = run(
        server, "export", "--person", "user_id:only-refused", "--to", str(tmp_path / "x.zip")
    )

    assert code == 0, printed
    found = contents(tmp_path / "x.zip")
    assert found["person.json"] is None
    assert [one["code"] for one in found["refused_events.json"]]


def test_an_archive_goes_with_its_person(server: Server) -> None:
    """Erasing deletes archives that the server still holds, and the orders that name somebody."""
    send(server, *story(3))
    order = {"identifier": f"user_id:{canary(3, 'user')}"}
    job = admin(server, "POST", "/v1/exports/people", order)
    assert ended(server, job["id"])["state"] == "done"
    kept = server.directory / "exports" / job["id"] / "person.zip"
    assert kept.is_file()

    assert erase(server, 3)["statement"]["exports_deleted"] == 1

    assert not kept.exists()
    gone = server.admin.get(f"/v1/jobs/{job['id']}")
    assert gone.status_code == 404


def test_what_does_not_go_together_is_refused(server: Server, tmp_path: Path) -> None:
    """Selecting events of a person's archive makes no sense, and no name is no identifier."""
    for arguments, says in (
        (["--person", "user_id:1", "--since", "2026-01-01"], "leave out what selects events"),
        (["--person", "ada"], "TYPE:VALUE"),
    ):
        target = str(tmp_path / "x.zip")
        code, printed = run(server, "export", "--to", target, *arguments)
        assert code != 0
        assert says in printed
