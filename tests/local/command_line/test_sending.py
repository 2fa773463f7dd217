"""Events from the terminal, and files of them, into a real server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from headwater.local.command_line.application import application
from tests.server import Server


class Terminal:
    """Runs commands on the machine of a server, with a state folder of its own."""

    def __init__(self, server: Server, state: Path) -> None:
        self._server = server
        self._environment = {
            "HEADWATER_URL": "",
            "HEADWATER_ADMIN_KEY": "",
            "HEADWATER_WORKSPACE": "",
            "HEADWATER_WRITE_KEY": "",
            "XDG_STATE_HOME": str(state),
        }

    def run(self, *arguments: str) -> Result:
        """Run one command."""
        where = ["--data", str(self._server.directory)]
        return CliRunner().invoke(application, [*arguments, *where], env=self._environment)

    def shown(self, *arguments: str) -> str:
        """Answer what a command that succeeds prints."""
        done = self.run(*arguments)
        assert done.exit_code == 0, done.output
        return done.stdout

    def json(self, *arguments: str) -> Any:
        """Answer what a command that succeeds prints for scripts."""
        return json.loads(self.shown(*arguments, "--json"))


@pytest.fixture
def terminal(server: Server, tmp_path: Path) -> Terminal:
    """A terminal on the server's machine."""
    return Terminal(server, tmp_path / "state")


def test_each_call_is_stored(terminal: Terminal) -> None:
    """The five calls, with properties as people type them, make one person."""
    shown = terminal.shown(
        "track", "Order Completed", "-u", "t-1", "-p", "revenue=99.99", "-p", "a.b:=7", "-p", "x=y"
    )
    assert shown == "Stored track 'Order Completed' of t-1.\n"
    terminal.shown("identify", "t-1", "--anonymous-id", "t-v", "-p", "email=t1@example.com")
    terminal.shown("page", "Pricing", "-u", "t-1", "--json-object", '{"path": "/pricing"}')
    terminal.shown("group", "t-initech", "-u", "t-1", "-p", "seats=12")
    message_id = terminal.json("alias", "t-old", "t-1", "--message-id", "t-alias")["messageId"]
    assert message_id == "t-alias"
    person = terminal.json("who", "user_id:t-1")
    assert person["person"]["traits"]["email"] == "t1@example.com"
    timeline = {event["type"]: event for event in person["events"]}
    assert timeline["track"]["properties"] == {"revenue": 99.99, "a": {"b": "7"}, "x": "y"}
    assert timeline["page"]["properties"]["path"] == "/pricing"
    assert timeline["group"]["traits"] == {"seats": 12}
    assert timeline["track"]["context"]["library"]["name"] == "headwater-cli"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["track", "E"], "Whose is it? Give --user-id or --anonymous-id."),
        (["track", "", "-u", "u"], "event"),
        (["track", "E", "-u", "u", "-p", "nonsense"], "write it as NAME=VALUE"),
        (["track", "E", "-u", "u", "-p", "a=1", "-p", "a.b=2"], "nothing can be below it"),
        (["track", "E", "-u", "u", "--json-object", "[]"], "It must be a JSON object"),
        (["track", "E", "-u", "u", "--at", "yesterday"], "timestamp is not ISO 8601"),
        (["track", "E", "-u", "u", "--write-key", "wrong"], "does not accept the write key"),
    ],
)
def test_mistake_is_named(terminal: Terminal, arguments: list[str], message: str) -> None:
    """One line says what was wrong, and nothing is stored."""
    done = terminal.run(*arguments)
    assert done.exit_code in {1, 2}
    assert message in done.output


def test_file_is_imported_once(terminal: Terminal, tmp_path: Path) -> None:
    """A CSV with columns of its own; sent twice it counts once; bad rows are kept beside it."""
    file = tmp_path / "orders.csv"
    file.write_text(
        "customer,amount,timestamp\ni-1,9.50,2026-11-01T09:30:00Z\ni-1,3,2026-11-02T09:30:00Z\n,4,\n"
    )
    order = ["import", str(file), "--event", "Order Completed", "--map", "customer=userId"]
    dry = terminal.json(*order, "--dry-run")
    assert (dry["rows"], dry["sent"], dry["refused"], dry["dry_run"]) == (3, 0, 1, True)
    assert terminal.run("who", "user_id:i-1").exit_code == 1
    done = terminal.json(*order)
    assert (done["sent"], done["refused"]) == (2, 1)
    refused = [json.loads(line) for line in Path(done["refused_file"]).read_text().splitlines()]
    assert [line["row"] for line in refused] == [3]
    assert "2 events stored." in terminal.shown(*order)
    person = terminal.json("who", "user_id:i-1")
    assert [event["properties"]["amount"] for event in person["events"]] == [3, 9.5]
    assert person["events"][0]["timestamp"] == "2026-11-02T09:30:00.000Z"


def test_import_of_which_nothing_is_stored_fails(terminal: Terminal, tmp_path: Path) -> None:
    """A script that imports a file of the wrong kind is told so by the exit code."""
    file = tmp_path / "wrong.jsonl"
    file.write_text('{"type": "nothing"}\n{"type": "track"}\n')
    done = terminal.run("import", str(file))
    assert done.exit_code == 1
    assert "2 rows refused as no event" in done.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["import", "nowhere.csv"], "There is no file nowhere.csv."),
        (["import", __file__], "give --format with one of jsonl, csv, parquet"),
        (["import", __file__, "--format", "xml"], "--format xml: give one of jsonl"),
        (["import", __file__, "--format", "jsonl", "--type", "buy"], "--type buy: give one of"),
        (["import", __file__, "--format", "jsonl", "--map", "x"], "write it as COLUMN=FIELD"),
        (["import", __file__, "--format", "parquet"], "test_sending.py: "),
    ],
)
def test_mistake_about_a_file_is_named(
    terminal: Terminal, arguments: list[str], message: str
) -> None:
    """One line, a usage exit code, and no file left behind."""
    done = terminal.run(*arguments)
    assert done.exit_code == 2
    assert message in done.output
    assert not Path(f"{__file__}.refused.jsonl").exists()
