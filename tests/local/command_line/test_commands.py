"""Every command against a real server: for people, for scripts, and when things go wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from headwater import __version__
from headwater.collect.times import write_time
from headwater.local.command_line.application import application
from tests.loopback import Loopback, Reply, Request
from tests.server import Server

NOWHERE = {"HEADWATER_URL": "", "HEADWATER_ADMIN_KEY": "", "HEADWATER_WORKSPACE": ""}


class Terminal:
    """Runs commands on the machine of one server, without naming its key."""

    def __init__(self, server: Server) -> None:
        self.server = server

    def run(self, *arguments: str, data: bool = True) -> Result:
        """Run a command and answer how it went."""
        where = ["--data", str(self.server.directory)] if data else []
        return CliRunner().invoke(application, [*arguments, *where], env=NOWHERE)

    def shown(self, *arguments: str) -> str:
        """Answer what a command that succeeds prints."""
        done = self.run(*arguments)
        assert done.exit_code == 0, done.output
        return done.stdout

    def json(self, *arguments: str) -> Any:
        """Answer what a command that succeeds prints for scripts."""
        return json.loads(self.shown(*arguments, "--json"))


@pytest.fixture
def terminal(server: Server) -> Terminal:
    """A terminal on the server's machine."""
    return Terminal(server)


class Hook:
    """The other side of a webhook; `reply` is what it answers."""

    def __init__(self) -> None:
        self.reply = Reply()
        self.service = Loopback(self._answer)

    async def _answer(self, _request: Request) -> Reply:
        return self.reply


@pytest.fixture(scope="module")
def hook() -> Iterator[Hook]:
    """The other side of a webhook."""
    hook = Hook()
    with hook.service:
        yield hook


@contextmanager
def sending(server: Server, *events: dict[str, Any]) -> Iterator[None]:
    """Send events over and over, from another thread, until the block is left."""
    stop = threading.Event()

    def send() -> None:
        while not stop.wait(0.05):
            for event in events:
                server.send("/v1/track", event)

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def wait_until(condition: Callable[[], bool]) -> None:
    """Return once the condition holds; fail after 10 seconds."""
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_who_shows_a_person(terminal: Terminal) -> None:
    """Identifiers, traits, groups, counts and newest events, whichever identifier is named."""
    server = terminal.server
    server.send(
        "/v1/identify", {"userId": "42", "traits": {"email": "ann@example.com", "plan": "pro"}}
    )
    server.send("/v1/group", {"userId": "42", "groupId": "acme"})
    server.send("/v1/track", {"userId": "42", "event": "Signed Up"})
    shown = terminal.shown("who", "email:ann@example.com")
    person = terminal.json("who", "user_id:42", "--events", "1")

    for text in ("user_id:42", "email:ann@example.com", "plan", "pro", "acme", "Signed Up"):
        assert text in shown
    assert person["person"]["traits"]["plan"] == "pro"
    assert [event["event"] for event in person["events"]] == ["Signed Up"]


def test_who_does_not_let_an_event_steer_the_terminal(terminal: Terminal) -> None:
    """Control characters and markup in traits are shown, not interpreted."""
    terminal.server.send(
        "/v1/identify", {"userId": "evil", "traits": {"name": "\x1b[2J[red]x[/red]\u202e"}}
    )
    shown = terminal.shown("who", "user_id:evil")

    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "[2J[red]x[/red]" in shown


def test_merge_why_and_split(terminal: Terminal) -> None:
    """Two people become one, the link says why, and naming it parts them again."""
    for name in ("m1", "m2"):
        terminal.server.send("/v1/track", {"userId": name, "event": f"of {name}"})
    assert "Merged into user_id:" in terminal.shown("merge", "user_id:m1", "user_id:m2")
    explained = terminal.json("who", "user_id:m1", "--why")["explanation"]
    (link,) = [one for one in explained["links"] if one["merged"]]
    assert link["reason"] == "merge"
    assert link["id"] in terminal.shown("who", "user_id:m2", "--why")
    assert "is a person again" in terminal.shown("split", "user_id:m1", link["id"])

    for name in ("m1", "m2"):
        person = terminal.json("who", f"user_id:{name}")
        assert [one["value"] for one in person["person"]["identifiers"]] == [name]
        assert [event["event"] for event in person["events"]] == [f"of {name}"]


def test_a_person_as_of_then(terminal: Terminal) -> None:
    """What was received after the instant is not shown, and nobody is known before the first."""
    server = terminal.server
    server.send("/v1/identify", {"userId": "then", "messageId": "t1", "traits": {"plan": "free"}})
    first = server.timeline("user_id:then")[0]["receivedAt"]
    while write_time(time.time_ns() // 1_000_000) <= first:
        time.sleep(0.002)
    server.send("/v1/identify", {"userId": "then", "messageId": "t2", "traits": {"plan": "pro"}})

    assert terminal.json("person", "user_id:then")["traits"] == {"plan": "pro"}
    assert terminal.json("person", "user_id:then", "--at", first)["traits"] == {"plan": "free"}
    shown = terminal.shown("person", "user_id:then", "--at", first)
    assert f"As of {first}" in shown
    early = terminal.run("person", "user_id:then", "--at", "2020-01-01T12:00Z")
    assert "Nobody was known by 'user_id:then' at 2020-01-01T12:00:00.000Z" in early.stderr


def test_sources_are_made_rotated_and_removed(terminal: Terminal) -> None:
    """A write key works until it is rotated away or its source removed."""
    made = terminal.json("source", "create", "Shop", "--write-key", "brought-key")
    rotated = terminal.json("source", "rotate", made["id"], "--overlap-seconds", "0")
    (key,) = rotated["write_keys"]
    listed = terminal.shown("source", "list")

    assert made["write_keys"][0]["key"] == "brought-key"
    assert key["key"] != "brought-key"
    assert made["id"] in listed
    assert key["key"] in listed
    assert "New write key" in terminal.shown("source", "rotate", made["id"])
    assert "Removed" in terminal.shown("source", "remove", made["id"])
    assert made["id"] not in terminal.shown("source", "list")


def test_destinations_deliver(terminal: Terminal, hook: Hook) -> None:
    """A destination is made, tested, listed, shown with its lane, and removed."""
    arguments = [
        "webhook",
        "--name",
        "Hook",
        "--set",
        f"url={hook.service.url}",
        "--event",
        "Bought",
    ]
    made = terminal.json("destination", "create", *arguments)
    tested = terminal.json("destination", "test", made["id"])
    lanes = terminal.json("deliveries")["deliveries"]

    assert tested["outcome"] == "delivered"
    assert made["events"] == ["Bought"]
    assert [lane["destination"] for lane in lanes] == [made["id"]]
    assert "closed" in terminal.shown("deliveries")
    assert "Bought" in terminal.shown("destination", "list")
    assert "webhook" in terminal.shown("destination", "types")
    assert "Removed" in terminal.shown("destination", "remove", made["id"])
    assert "There are no destinations" in terminal.shown("deliveries")


def test_a_destination_can_be_changed(terminal: Terminal, hook: Hook) -> None:
    """What is named changes and all else stays; choosing by nothing is said, not left out."""
    url = f"url={hook.service.url}"
    made = terminal.json("destination", "create", "webhook", "--set", url, "--event", "Bought")
    change = ("destination", "change", made["id"])
    first = terminal.json(*change, "--set", "timeout=5", "--filter", "type = 'track'", "--off")
    second = terminal.json(*change, "--everything", "--type", "page", "--name", "Pages", "--on")
    nothing = terminal.run(*change)
    shown = terminal.shown(*change, "--set", "timeout=null")
    terminal.shown("destination", "remove", made["id"])

    assert (first["settings"]["timeout"], first["settings"]["url"]) == (5, hook.service.url)
    assert (first["events"], first["filter"], first["enabled"]) == (
        ["Bought"],
        "type = 'track'",
        False,
    )
    assert (second["events"], second["filter"], second["types"]) == ([], "all", ["page"])
    assert (second["name"], second["enabled"], second["settings"]["timeout"]) == ("Pages", True, 5)
    assert nothing.exit_code == 2
    assert "Say what to change" in nothing.stderr
    assert "timeout=15" in shown


def test_dead_letters_are_shown_and_replayed(terminal: Terminal, hook: Hook) -> None:
    """What a destination rejects is listed with reason and body, and replayed by filter."""
    hook.reply = Reply(400, body=b"no such thing")
    made = terminal.json("destination", "create", "webhook", "--set", f"url={hook.service.url}")
    terminal.server.send("/v1/track", {"userId": "d1", "event": "Lost"})
    wait_until(lambda: bool(letters(terminal)))
    (letter,) = letters(terminal)
    lanes = terminal.shown("deliveries")
    shown = terminal.shown("deliveries", "dead-letters", "--body")
    hook.reply = Reply()
    count = terminal.json("deliveries", "replay", "--destination", made["id"], "--dry-run")
    replayed = terminal.shown("deliveries", "replay", letter["id"])
    wait_until(lambda: not letters(terminal))

    assert (letter["event"], letter["status"]) == ("Lost", 400)
    assert letter["reason"].split()[0] in lanes.splitlines()[-1]
    assert "no such thing" in shown
    assert '"Lost"' in shown
    assert count["count"] == 1
    assert "1 will be sent again" in replayed
    terminal.shown("destination", "remove", made["id"])


def test_a_lane_that_waits_says_for_what_and_until_when(terminal: Terminal, hook: Hook) -> None:
    """Whoever looks at it need not guess whether it will go on by itself."""
    hook.reply = Reply(503, headers={"Retry-After": "600"})
    made = terminal.json("destination", "create", "webhook", "--set", f"url={hook.service.url}")
    terminal.server.send("/v1/track", {"userId": "w1", "event": "Waits"})
    wait_until(lambda: bool(terminal.json("deliveries")["deliveries"][0]["next_attempt_at"]))
    (lane,) = terminal.json("deliveries")["deliveries"]
    row = terminal.shown("deliveries").splitlines()[-1]
    terminal.shown("destination", "remove", made["id"])

    assert f"503; next try {lane['next_attempt_at'][:10]}" in row


def letters(terminal: Terminal) -> list[dict[str, Any]]:
    """Answer the dead letters."""
    found: list[dict[str, Any]] = terminal.json("deliveries", "dead-letters")["dead_letters"]
    return found


def test_rejected_events_are_shown_and_replayed(terminal: Terminal) -> None:
    """A refused event is listed with its reason; one that is still wrong fails again, with 1."""
    terminal.server.send("/v1/track", {"event": "Nobody's"})
    shown = terminal.shown("rejected", "list", "--body")
    (event,) = terminal.json("rejected", "list")["rejected"]
    dry = terminal.json("rejected", "replay", "--all", "--dry-run")
    again = terminal.run("rejected", "replay", event["id"], "--type", "track")

    assert "missing_identifier" in shown
    assert "Nobody's" in shown
    assert dry["count"] == 1
    assert again.exit_code == 1
    assert "Accepted 0 of 1 event." in again.stdout


@pytest.mark.parametrize("command", [["deliveries", "replay"], ["rejected", "replay"]])
def test_a_replay_must_say_what(terminal: Terminal, command: list[str]) -> None:
    """Nothing named is a mistake, not everything."""
    done = terminal.run(*command)

    assert done.exit_code == 2
    assert "--all" in done.stderr


def test_workspaces_are_apart(terminal: Terminal) -> None:
    """A new workspace has its own sources, and is chosen by --workspace."""
    assert "Made workspace shop" in terminal.shown("workspace", "create", "shop", "--name", "Shop")
    terminal.shown("source", "create", "Of the shop", "--workspace", "shop")

    assert "Of the shop" in terminal.shown("source", "list", "--workspace", "shop")
    assert "Of the shop" not in terminal.shown("source", "list")
    assert "shop" in terminal.shown("workspace", "list")


def test_keys_have_roles_and_end(terminal: Terminal) -> None:
    """A key is told once, may do what its role allows, and nothing when revoked."""
    made = terminal.json("key", "create", "Ann", "--role", "read")
    with_key = ["--url", terminal.server.url, "--key", made["key"]]
    allowed = terminal.run("status", *with_key, data=False)
    refused = terminal.run("source", "create", "X", *with_key, data=False)
    assert made["key"] not in terminal.shown("key", "list")
    assert "Revoked" in terminal.shown("key", "revoke", made["id"])
    ended = terminal.run("status", *with_key, data=False)

    assert allowed.exit_code == 0
    assert refused.exit_code == 1
    assert "needs a key with role 'admin'" in refused.stderr
    assert ended.exit_code == 1
    assert "not known, or was revoked" in ended.stderr


def test_a_write_key_opens_no_admin_api_and_is_told_so(terminal: Terminal) -> None:
    """Whoever takes the one for the other learns which it is."""
    done = terminal.run("status", "--url", terminal.server.url, "--key", "wk_1", data=False)

    assert done.exit_code == 1
    assert "This is a write key" in done.stderr


def test_an_erasure_tells_whom_it_is_about(terminal: Terminal) -> None:
    """Each identifier is shown before anything is asked; saying no erases nobody."""
    terminal.server.send("/v1/track", {"userId": "shown", "event": "Signed Up"})
    done = terminal.run("erase", "user_id:shown")

    assert "user_id:shown is a person with 1 identifier:" in done.stdout
    assert done.exit_code == 1
    assert "user_id:shown" in terminal.shown("who", "user_id:shown")


def test_nobody_is_said_to_be_known_only_where_somebody_looked(terminal: Terminal) -> None:
    """A wrong key, or a server that is away, is told as such; a person may well be there."""
    away = ["--url", "http://127.0.0.1:9", "--key", "hw_none"]
    for where, code in ((["--url", terminal.server.url, "--key", "wk_1"], 1), (away, 3)):
        done = terminal.run("erase", "user_id:someone", "--yes", *where, data=False)

        assert done.exit_code == code
        assert "nobody is known" not in done.output


def test_an_erasure_of_nothing_is_told(terminal: Terminal) -> None:
    """A slip in an identifier is no success; a person who was there is erased."""
    terminal.server.send("/v1/track", {"userId": "there", "event": "Signed Up"})

    assert "Nothing was held" in terminal.shown("erase", "userid:there", "--yes")
    said = terminal.shown("erase", "user_id:there", "--yes")
    assert "Erased." in said
    assert "nothing of theirs is left in" in " ".join(said.split())


def test_a_certificate_can_be_kept_and_checked(terminal: Terminal, tmp_path: Path) -> None:
    """Listed, written as JSON and as a page, and verified; a mistake is told in a line."""
    erased = terminal.json("erase", "user_id:certified", "--yes")
    name = erased["statement"]["erasure"]
    kept, page = tmp_path / "kept.json", tmp_path / "kept.html"

    assert name in [one["id"] for one in terminal.json("certificates")["erasures"]]
    assert name in terminal.shown("certificates")
    assert json.loads(terminal.shown("certificates", "show", name)) == erased
    for place in (kept, page):
        terminal.shown("certificates", "show", name, "--to", str(place))
    assert json.loads(kept.read_text("utf-8")) == erased
    assert page.read_text("utf-8").startswith("<!doctype html>")
    done = terminal.run("certificates", "verify", str(kept), data=False)
    assert (done.exit_code, "The signature is right" in done.output) == (0, True)
    for arguments, code in (
        (["show", "job_none"], 1),
        (["show", name, "--to", str(tmp_path / "kept.txt")], 2),
        (["show", name, "--to", str(tmp_path / "none" / "kept.json")], 2),
    ):
        done = terminal.run("certificates", *arguments)
        assert done.exit_code == code
        assert "Traceback" not in done.output


def test_the_version_is_told_either_way() -> None:
    """As a command, and as the option that people try first."""
    told = [CliRunner().invoke(application, [way]).stdout for way in ("version", "--version")]

    assert told == [f"{__version__}\n"] * 2


def test_a_lake_that_is_not_there_is_not_rebuilt_from(tmp_path: Path) -> None:
    """A slip in its name makes no empty server."""
    order = ["rebuild", "--lake", str(tmp_path / "nothing"), "--data", str(tmp_path / "new")]
    done = CliRunner().invoke(application, order)

    assert done.exit_code == 2
    assert "There is no lake in" in done.stderr
    assert not (tmp_path / "new").exists()


def test_status_tells_how_it_is(terminal: Terminal) -> None:
    """State, version, counts; the same numbers for scripts."""
    terminal.server.send("/v1/track", {"userId": "s1", "event": "E"})
    shown = terminal.shown("status")
    content = terminal.json("status")

    assert "ready" in shown
    assert "people" in shown
    assert content["figures"]["events_accepted"] >= 1
    assert content["workspace"] == "default"


def test_tail_shows_live_events(terminal: Terminal) -> None:
    """Events that fit the filter are shown as they are stored, and --count ends it."""
    server = terminal.server
    events = [{"userId": "t1", "event": name} for name in ("Wanted", "Other")]
    with sending(server, *events):
        wanted = tail(server, "--event", "Wanted", "--count", "1", "--json")
        line = tail(server, "--type", "track", "--count", "1")
    stored = json.loads(wanted)

    assert stored["event"]["event"] == "Wanted"
    assert stored["identifiers"] == ["user_id:t1"]
    assert "user_id:t1" in line


def tail(server: Server, *arguments: str) -> str:
    """Answer what tail prints, as a process, so that it can be given up on."""
    command = [str(Path(sys.executable).with_name("headwater")), "tail", *arguments]
    done = subprocess.run(
        [*command, "--data", str(server.directory)],
        check=True,
        capture_output=True,
        text=True,
        timeout=20,
        env=os.environ | NOWHERE,
    )
    return done.stdout


def test_version_is_printed() -> None:
    """Just the number, for scripts."""
    assert CliRunner().invoke(application, ["version"]).stdout == "0.1.0\n"


def test_config_shows_values_and_origins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each setting with its source; keys are masked, also for scripts."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "headwater.toml").write_text('host = "0.0.0.0"\n')
    env = NOWHERE | {"HEADWATER_PORT": "9000", "HEADWATER_ADMIN_KEY": "secret-admin-key"}
    shown = CliRunner().invoke(application, ["config"], env=env)
    content = json.loads(CliRunner().invoke(application, ["config", "--json"], env=env).stdout)

    assert content["port"] == {"value": 9000, "from": "HEADWATER_PORT"}
    assert content["host"] == {"value": "0.0.0.0", "from": "headwater.toml"}
    assert content["readers"]["from"] == "default"
    assert content["admin_key"] == {"value": "********", "from": "HEADWATER_ADMIN_KEY"}
    assert "HEADWATER_PORT" in shown.stdout
    assert "secret-admin-key" not in shown.output


def test_config_takes_the_flags_of_serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It then says what a server with these would run with."""
    monkeypatch.chdir(tmp_path)
    env = NOWHERE | {"HEADWATER_PORT": "9000", "HEADWATER_HOST": "0.0.0.0"}
    flags = ["--port", "9001", "--data", "elsewhere"]

    shown = CliRunner().invoke(application, ["config", "--json", *flags], env=env)
    content = json.loads(shown.stdout)

    assert content["port"] == {"value": 9001, "from": "--port"}
    assert content["data"] == {"value": "elsewhere", "from": "--data"}
    assert content["host"] == {"value": "0.0.0.0", "from": "HEADWATER_HOST"}
    commands: Any = typer.main.get_command(application)
    serve, config = (
        {parameter.name for parameter in commands.commands[name].params}
        for name in ("serve", "config")
    )
    assert serve <= config


def test_a_variable_that_is_no_setting_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes on without it, and says so."""
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(application, ["config"], env=NOWHERE | {"HEADWATER_PROT": "9000"})

    assert done.exit_code == 0
    assert done.stderr.startswith("Warning: The variable HEADWATER_PROT is no setting")


@pytest.mark.parametrize(
    ("arguments", "exit_code", "message"),
    [
        (["who", "user_id:nobody-there"], 1, "Nobody is known by 'user_id:nobody-there'"),
        (["who", "nonsense"], 2, "user_id:nonsense"),
        (["source", "rotate", "src_x"], 1, "There is no source 'src_x'"),
        (["destination", "create", "webhook", "--set", "url"], 2, "write it as KEY=VALUE"),
        (["destination", "create", "nothing"], 1, "nothing"),
        (["status", "--url", "http://127.0.0.1:9", "--key", "k"], 3, "Cannot reach http://127"),
        (["status", "--url", "not an address", "--key", "k"], 2, "is no address of a server"),
        (["key", "create", "X", "--role", "king"], 2, "king"),
        (["who"], 2, "Missing argument"),
    ],
)
def test_mistakes_are_told_in_a_line(
    terminal: Terminal, arguments: list[str], exit_code: int, message: str
) -> None:
    """The exit code tells scripts what kind it was; people get one clear line, no traceback."""
    done = terminal.run(*arguments)

    assert done.exit_code == exit_code, done.output
    assert message in " ".join(done.stderr.replace("│", " ").split())
    assert "Traceback" not in done.output


def test_without_a_server_it_says_how_to_get_one(tmp_path: Path) -> None:
    """No saved connection and no key: the way out is named."""
    done = CliRunner().invoke(application, ["status", "--data", str(tmp_path)], env=NOWHERE)

    assert done.exit_code == 2
    assert "headwater serve" in done.stderr
    assert "HEADWATER_ADMIN_KEY" in done.stderr
