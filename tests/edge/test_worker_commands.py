"""Every command that speaks to a server, with a Worker: what locally works, works there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from headwater.local.command_line.application import application as command_line
from tests.edge.face import Face
from tests.edge.test_worker_lake import PATIENCE, arrived, prompt
from tests.edge.workerd import Workerd
from tests.loopback import Loopback, Reply, Request
from tests.server import ADMIN_KEY, WRITE_KEY
from tests.test_docs import COMMANDS

ELSEWHERE = {
    "headwater tail": "waits for events: test_worker_tail.py",
    "headwater talk": "a prompt at a terminal, over the same requests as 'say'",
    "headwater mcp": "speaks over standard input; the Worker's own /mcp: test_worker_mcp.py",
}
"""Commands that are not run here, and why."""


class Terminal:
    """Runs commands on a Worker, and knows which.

    Attributes:
        seen: names of commands that were run.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self.seen: set[str] = set()

    def run(self, *arguments: str) -> Result:
        """Answer how a command ended."""
        names = sorted(COMMANDS, key=len, reverse=True)
        typed = f"headwater {' '.join(arguments)} "
        self.seen.add(next(name for name in names if typed.startswith(f"{name} ")))
        return CliRunner().invoke(command_line, [*arguments, "--url", self._url])

    def json(self, *arguments: str) -> Any:
        """Answer what a command printed as JSON; it must succeed."""
        ended = self.run(*arguments, "--json")
        assert ended.exit_code == 0, f"{arguments}: {ended.output}"
        return json.loads(ended.stdout) if ended.stdout.strip() else None


@pytest.fixture(scope="module")
def worker(installed: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workerd]:
    """A Worker with a lake that takes everything at once."""
    made = prompt(HEADWATER_ALLOW_PRIVATE_NETWORKS="127.0.0.0/8")
    with Workerd(made, state=tmp_path_factory.mktemp("edge-commands")) as running:
        yield running


async def taken(_request: Request) -> Reply:
    """Take whatever a destination is sent."""
    return Reply()


def test_every_command_works_on_a_worker(
    worker: Workerd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None is left out: a new command is tried here, or says why not."""
    monkeypatch.setenv("HEADWATER_ADMIN_KEY", ADMIN_KEY)
    monkeypatch.chdir(tmp_path)
    terminal = Terminal(worker.url)
    with Loopback(taken) as sink:
        settings(terminal, sink.url)
        people(terminal)
        audiences(terminal)
        arrived(worker, {"c1", "c2", "c3", "c4", "c5"})
        with closing(Face(worker)) as face:
            long_work(terminal, face, tmp_path)
        endings(terminal)

    remote = {
        name for name, one in COMMANDS.items() if "url" in {option.name for option in one.params}
    }
    assert terminal.seen | ELSEWHERE.keys() >= remote
    assert ELSEWHERE.keys() <= remote - terminal.seen


def settings(terminal: Terminal, url: str) -> None:
    """Workspaces, keys, sources, destinations."""
    terminal.json("workspace", "create", "branch")
    assert "branch" in json.dumps(terminal.json("workspace", "list"))
    key = terminal.json("key", "create", "reader", "--role", "read")
    assert key["id"] in json.dumps(terminal.json("key", "list"))
    terminal.json("key", "revoke", key["id"])
    source = terminal.json("source", "create", "App")["id"]
    terminal.json("source", "rotate", source)
    assert source in json.dumps(terminal.json("source", "list"))
    terminal.json("source", "remove", source)
    assert "webhook" in json.dumps(terminal.json("destination", "types"))
    made = terminal.json(
        "destination", "create", "webhook", "--name", "Hook", "--set", f"url={url}"
    )
    assert terminal.json("destination", "test", made["id"])["outcome"] == "delivered"
    terminal.json("destination", "change", made["id"], "--name", "Sink")
    assert "Sink" in json.dumps(terminal.json("destination", "list"))


def people(terminal: Terminal) -> None:
    """Events, and who they are of."""
    key = ("--write-key", WRITE_KEY)
    terminal.json("track", "Played", "-u", "ada", "--message-id", "c1", *key)
    terminal.json("identify", "ada", "-t", "plan=pro", "--message-id", "c2", *key)
    terminal.json("page", "Start", "-u", "ada", "--message-id", "c3", *key)
    terminal.json("group", "acme", "-u", "ada", "--message-id", "c4", *key)
    terminal.json("track", "Played", "-u", "bob", "--message-id", "c5", *key)
    terminal.json("alias", "ada-before", "ada", *key)
    Path("more.jsonl").write_text('{"type": "track", "userId": "cyd", "event": "Came"}\n')
    terminal.json("import", "more.jsonl", *key)
    assert terminal.json("who", "user_id:ada", "--why")["person"]["traits"] == {"plan": "pro"}
    terminal.json("merge", "user_id:ada", "user_id:bob")
    links = terminal.json("who", "user_id:ada", "--why")["explanation"]["links"]
    link = next(one["id"] for one in links if "bob" in json.dumps(one))
    terminal.json("split", "user_id:ada", str(link))
    assert terminal.json("person", "user_id:bob")["counts"] == {"track": 1}
    assert terminal.json("say", "who is bob?")["executed"] is True
    question = '{"question": "trend", "series": [{"events": "Played"}], "over": "last 7 days"}'
    assert terminal.json("ask", question)["columns"]
    assert terminal.run("sql", "SELECT 1").exit_code == 1
    terminal.json("status")


def audiences(terminal: Terminal) -> None:
    """Audiences and computed traits."""
    condition = '{"type": "trait", "path": "plan", "operator": "equals", "value": "pro"}'
    terminal.json("audience", "preview", condition)
    terminal.json("audience", "create", "Pros", condition)
    terminal.json("audience", "update", "pros", "--name", "Professionals")
    assert terminal.json("audience", "check", "pros", "user_id:ada")["member"] is True
    terminal.json("audience", "explain", "pros", "user_id:ada")
    terminal.json("audience", "members", "pros")
    terminal.json("audience", "count", "pros")
    assert "pros" in json.dumps(terminal.json("audience", "list"))
    terminal.json("audience", "remove", "pros")
    computation = '{"type": "figure", "function": "count", "event": {"name": "Played"}}'
    terminal.json("trait", "create", "plays", computation)
    assert "plays" in json.dumps(terminal.json("trait", "list"))
    terminal.json("trait", "remove", "plays")


def long_work(terminal: Terminal, face: Face, folder: Path) -> None:
    """Exports, replays, and jobs."""
    terminal.json("export", "--format", "jsonl", "--to", str(folder / "all.jsonl"))
    terminal.json("replay", "--to", "Sink", "--yes")
    job = terminal.json("jobs")["jobs"][0]["id"]
    assert terminal.json("jobs", "show", job)["state"] == "done"
    terminal.json("jobs", "watch", job)
    hook = terminal.json("destination", "list")["destinations"][0]["id"]
    order = {"destination": hook, "rate": 1}
    begun = face.http.post("/v1/replays", json=order, headers=face.admin)
    assert begun.status_code == 202, begun.text
    assert terminal.json("jobs", "cancel", begun.json()["id"])["state"] == "cancelled"
    face.eventually(lambda: face.lane(hook)["waiting"] == 0, PATIENCE)
    terminal.json("deliveries")
    terminal.json("deliveries", "dead-letters")
    terminal.json("deliveries", "replay", "--all", "--dry-run")
    terminal.json("rejected", "list")
    terminal.json("rejected", "replay", "--all", "--dry-run")
    terminal.json("destination", "remove", hook)


def endings(terminal: Terminal) -> None:
    """Suppression, erasure and its certificate."""
    terminal.json("suppress", "user_id:cyd")
    terminal.json("unsuppress", "user_id:cyd")
    terminal.json("erase", "user_id:bob", "--yes")
    erasure = terminal.json("certificates")["erasures"][0]["id"]
    terminal.json("certificates", "show", erasure)
