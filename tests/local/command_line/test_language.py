"""Plain language at a terminal, against a real server."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from headwater.local.command_line import as_command
from headwater.local.command_line.talk import completions
from headwater.local.command_line.talk_words import words
from tests.server import Server

HEADWATER = Path(sys.executable).with_name("headwater")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A real server."""
    directory: Path = tmp_path_factory.mktemp("language") / "data"
    with Server(directory, environment={"HEADWATER_LAKE": "auto"}) as running:
        yield running


def run(
    server: Server, *arguments: str, given: str = "", folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the command as a user would, nothing at its terminal."""
    command = [str(HEADWATER), *arguments]
    environment = {**server.environment(), "HEADWATER_URL": server.url}
    return subprocess.run(
        command,
        env=environment,
        input=given,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("given", "run_as"),
    [
        (["who is user-123?"], ["say", "who is user-123?"]),
        (["user-123"], ["say", "user-123"]),
        (["--plan", "delete user-1"], ["say", "--plan", "delete user-1"]),
        (["--json", "status"], ["--json", "status"]),
        (["{who} signed up", "--value", "who=1"], ["say", "{who} signed up", "--value", "who=1"]),
        (["say", "who is user-123?"], ["say", "who is user-123?"]),
        (["statsu"], ["statsu"]),
        (["--help"], ["--help"]),
        ([], []),
    ],
)
def test_a_sentence_is_said(given: list[str], run_as: list[str]) -> None:
    """What is no command is a sentence, but a single word is a command that was mistyped."""
    assert as_command(given, {"say", "status"}) == run_as


def test_a_person_is_saved_where_one_is(server: Server, tmp_path: Path) -> None:
    """It tells whose archive it makes, puts it here, and does not write over another one."""
    run(server, "user_id:43 signed up")
    words = "export everything of user 43"
    saved = run(server, words, folder=tmp_path)
    again = run(server, words, folder=tmp_path)
    (tmp_path / "other").mkdir()
    nobody = run(server, "export everything of user 44", folder=tmp_path / "other")

    assert saved.returncode == 0, saved.stderr
    assert "They are known by user_id:43, and have 1 event." in saved.stdout
    assert (tmp_path / "person.zip").read_bytes().startswith(b"PK")
    assert again.returncode == 2
    assert "headwater export --person user_id:43 --to FILE" in " ".join(again.stderr.split())
    assert "Nobody is known by" in nobody.stderr


def test_lines_from_a_pipe_are_said_in_turn(server: Server) -> None:
    """Facts are recorded and asked for; what is not understood is told, and the rest goes on."""
    lines = [
        "user-123 completed order #456 revenue $99.99",
        "colorless green ideas",
        "who is user-123?",
        "revenue by source today",
        "active destinations",
        "delivery status",
    ]
    done = run(server, "talk", given="\n".join(lines))

    assert done.returncode == 1
    assert "Recorded Order Completed for user_id:user-123." in done.stdout
    assert "order_id=456, revenue=99.99" in done.stdout
    assert "99.99" in done.stdout.split("Newest events")[1]
    assert "'colorless green ideas' is not understood" in done.stderr
    assert "99.99" in done.stdout.split("Newest events")[1]
    assert "No destinations." in done.stdout
    assert "Traceback" not in done.stderr


def test_what_acts_is_not_done_unasked(server: Server) -> None:
    """Where nobody can be asked, merging needs --yes; --plan shows it; values are bound."""
    run(server, "talk", given="user-1 signed up\nuser-2 signed up")
    merge = ["merge {a} with {b}", "--value", "a=user-1", "--value", "b=user-2"]

    refused = run(server, *merge)
    shown = run(server, *merge, "--plan")
    done = run(server, *merge, "--yes", "--json")

    assert refused.returncode == 2
    assert "--yes" in refused.stderr
    assert "Merge user_id:user-1 and user_id:user-2 into one person." in shown.stdout
    answer = json.loads(done.stdout)
    assert answer["executed"] is True
    assert len(answer["result"]["person"]["identifiers"]) == 2


def test_what_cannot_be_done_yet_is_told(server: Server) -> None:
    """Without asking first, as there is nothing to agree to."""
    done = run(server, "email alice about the sale")

    assert done.returncode == 1
    assert "it has no messages" in done.stderr


def test_words_are_completed() -> None:
    """The tab key knows the words of the language."""
    assert "signups" in completions("sig", words())
    assert completions("", words()) == []
