"""`headwater serve` as a real process: what it prints, how it ends, what its logs keep quiet."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

HEADWATER = str(Path(sys.executable).with_name("headwater"))


@dataclass
class Running:
    """A server process and what it printed."""

    process: subprocess.Popen[str]
    output: str
    logs: Path

    def printed(self, name: str) -> str:
        """Answer what stands behind a name in what was printed."""
        found = re.search(rf"^  {name}: +(\S+)", self.output, re.MULTILINE)
        assert found, self.output
        return found[1]

    @property
    def url(self) -> str:
        """Where it listens."""
        return self.printed("URL")

    def send(self, event: dict[str, object], path: str = "/v1/track") -> httpx.Response:
        """Send an event with the printed write key."""
        return httpx.post(self.url + path, json=event, auth=(self.printed("Write key"), ""))

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and answer the exit status."""
        self.process.send_signal(number)
        return self.process.wait(20)


def environment(**variables: str) -> dict[str, str]:
    """Answer the present environment without Headwater's variables, and with these."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HEADWATER_")}
    return kept | variables


@contextmanager
def serving(data: Path, *flags: str, **variables: str) -> Iterator[Running]:
    """Start a server on a free port, wait until it said what it prints, and end it after."""
    logs = data.with_suffix(".log")
    with logs.open("a") as log:
        process = subprocess.Popen(
            [HEADWATER, "serve", "--data", str(data), "--port", "0", *flags],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=environment(**variables),
            cwd=data.parent,
        )
    assert process.stdout is not None
    output = ""
    try:
        for line in process.stdout:
            output += line
            if " who user_id:42 " in line:
                break
        else:
            raise AssertionError(f"it ended:\n{output}\n{logs.read_text()}")
        yield Running(process, output, logs)
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(20)
        process.stdout.close()


def run(*arguments: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [HEADWATER, *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=30,
        cwd=cwd,
        env=environment(**variables),
    )


def timeline(server: Running, admin_key: str) -> Iterator[dict[str, str]]:
    """Answer all events of user u, page by page."""
    headers = {"authorization": f"Bearer {admin_key}"}
    parameters: dict[str, str] = {"limit": "1000"}
    while True:
        url = f"{server.url}/v1/people/user_id:u/events"
        page = httpx.get(url, params=parameters, headers=headers).json()
        yield from page["events"]
        if not page["next"]:
            return
        parameters["cursor"] = page["next"]


def test_the_first_start_prints_what_a_newcomer_needs(tmp_path: Path) -> None:
    """URL with the real port, both keys, and a curl line that works as printed."""
    with serving(tmp_path / "data") as server:
        curl = next(line for line in server.output.splitlines() if "  curl" in line)
        done = subprocess.run(["bash", "-c", curl], check=True, capture_output=True, text=True)
        headers = {"authorization": f"Bearer {server.printed('Admin key')}"}
        person = httpx.get(f"{server.url}/v1/people/user_id:42", headers=headers)

        who = server.output.splitlines()[-1].split()
        shown = subprocess.run(who, check=True, capture_output=True, text=True, env=environment())

    assert json.loads(done.stdout) == {"success": True}
    assert "ann@example.com" in shown.stdout
    assert [one["value"] for one in person.json()["identifiers"]] == ["ann@example.com", "42"]


def test_keys_persist_and_the_admin_key_is_told_once(tmp_path: Path) -> None:
    """After a restart both keys work on; the admin key is not printed again, nor stored."""
    data = tmp_path / "data"
    with serving(data) as server:
        write_key, admin_key = server.printed("Write key"), server.printed("Admin key")
    with serving(data) as server:
        headers = {"authorization": f"Bearer {admin_key}"}
        status = httpx.get(f"{server.url}/v1/status", headers=headers)

        assert server.printed("Write key") == write_key
        assert "(shown at first start" in server.output
        assert status.status_code == 200
    stored = b"".join(path.read_bytes() for path in data.rglob("*") if path.is_file())
    assert admin_key.encode() not in stored


def test_preset_keys_are_used_and_the_admin_key_is_not_echoed(tmp_path: Path) -> None:
    """Automation gives its keys by variables; logs of a container do not repeat them."""
    keys = {"HEADWATER_WRITE_KEY": "preset-write", "HEADWATER_ADMIN_KEY": "preset-admin-key-0001"}
    with serving(tmp_path / "data", **keys) as server:
        headers = {"authorization": "Bearer preset-admin-key-0001"}

        assert server.printed("Write key") == "preset-write"
        assert "preset-admin-key-0001" not in server.output
        assert httpx.get(f"{server.url}/v1/keys", headers=headers).status_code == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_order(tmp_path: Path, number: int) -> None:
    """SIGTERM and Ctrl+C end with status 0, and what was answered is there after a restart."""
    data = tmp_path / "data"
    with serving(data) as server:
        assert server.send({"userId": "7", "event": "Before"}).status_code == 200
        assert server.end(number) == 0
    with serving(data) as server:
        found = run("who", "user_id:7", "--json", "--data", str(data), cwd=tmp_path)

    assert [event["event"] for event in json.loads(found.stdout)["events"]] == ["Before"]


def test_draining_finishes_what_is_under_way(tmp_path: Path) -> None:
    """Under load, each request around SIGTERM is answered or refused; answered ones are stored."""
    data = tmp_path / "data"
    answered: list[str] = []
    odd: list[int] = []
    with serving(data) as server:
        stop = threading.Event()

        def load(name: str) -> None:
            with httpx.Client(auth=(server.printed("Write key"), "")) as client:
                for number in range(100_000):
                    if stop.is_set():
                        return
                    event = {"userId": "u", "event": "E", "messageId": f"{name}-{number}"}
                    try:
                        response = client.post(f"{server.url}/v1/track", json=event)
                    except httpx.TransportError:
                        return
                    if response.status_code == 200:
                        answered.append(f"{name}-{number}")
                    elif response.status_code != 503:
                        odd.append(response.status_code)

        threads = [threading.Thread(target=load, args=(str(one),)) for one in range(4)]
        for thread in threads:
            thread.start()
        time.sleep(0.7)
        admin_key = server.printed("Admin key")
        status = server.end()
        stop.set()
        for thread in threads:
            thread.join()
    assert (status, odd) == (0, [])
    assert len(answered) > 20
    with serving(data) as again:
        stored = [event["messageId"] for event in timeline(again, admin_key)]
    assert len(stored) == len(set(stored))
    assert set(answered) <= set(stored)


def test_a_live_tail_does_not_hold_up_the_end(tmp_path: Path) -> None:
    """Somebody who follows events is sent the end of the stream, well within the grace."""
    with serving(tmp_path / "data") as server:
        headers = {"authorization": f"Bearer {server.printed('Admin key')}"}
        with httpx.stream("GET", f"{server.url}/v1/tail", headers=headers, timeout=20) as tail:
            lines = tail.iter_lines()
            next(lines)
            server.process.terminate()
            rest = list(lines)
        started = time.monotonic()

        assert server.process.wait(20) == 0
        assert time.monotonic() - started < 5
    assert "event: end" in rest


def test_it_looks_after_itself_over_http(tmp_path: Path) -> None:
    """/health, /ready and /metrics answer without a key, and count what happened."""
    with serving(tmp_path / "data") as server:
        server.send({"userId": "7", "event": "A", "messageId": "m1"})
        server.send({"userId": "7", "event": "A", "messageId": "m1"})
        server.send({"event": "nobody's"})
        metrics = httpx.get(f"{server.url}/metrics").text

        assert httpx.get(f"{server.url}/health").json() == {"status": "alive"}
        assert httpx.get(f"{server.url}/ready").json() == {"status": "ready"}
    described = (Path(__file__).parents[2] / "docs" / "operate.md").read_text("utf-8")
    names = re.findall(r"^# HELP (\w+)", metrics, re.MULTILINE)
    assert len(names) > 12
    assert [name for name in names if f"| `{name}` |" not in described] == []
    for line in (
        'headwater_events_total{outcome="accepted"} 1.0',
        'headwater_events_total{outcome="duplicate"} 1.0',
        'headwater_events_total{outcome="rejected"} 1.0',
        'headwater_requests_total{route="/v1/track",status="200"} 2.0',
        'headwater_requests_total{route="/v1/track",status="400"} 1.0',
        'headwater_people{workspace="default"} 1.0',
        "headwater_queue_depth 0.0",
    ):
        assert line in metrics.splitlines()


def test_logs_hold_no_personal_data(tmp_path: Path) -> None:
    """At the most talkative level, nothing that a client sent gets into the logs."""
    canaries = ["canary-user", "canary@example.com", "canary-trait", "203.0.113.77", "canary-query"]
    with serving(
        tmp_path / "data", "--log-level", "debug", "--trusted-proxies", "127.0.0.1"
    ) as one:
        key = one.printed("Write key")
        admin = {"authorization": f"Bearer {one.printed('Admin key')}"}
        hook = {
            "type": "webhook",
            "name": "canary-trait",
            "settings": {"url": "http://127.0.0.1:9/?canary-query=1"},
        }
        assert httpx.post(f"{one.url}/v1/destinations", json=hook, headers=admin).is_success
        forwarded = {"x-forwarded-for": "203.0.113.77"}
        event = {
            "userId": "canary-user",
            "event": "canary-trait",
            "context": {"traits": {"email": "canary@example.com"}},
        }
        bodies: list[object] = [
            event,
            {"event": "canary-trait"},
            {**event, "timestamp": "canary"},
            [],
        ]
        for body in bodies:
            httpx.post(
                f"{one.url}/v1/track?canary-query=1", json=body, auth=(key, ""), headers=forwarded
            )
        httpx.post(f"{one.url}/v1/batch", content=b'{"canary-trait"', auth=(key, ""))
        httpx.get(f"{one.url}/v1/people/email:canary@example.com", headers=admin)
        httpx.get(f"{one.url}/v1/people/canary-user", headers=admin)
        httpx.get(f"{one.url}/v1/people/canary-user", headers={"authorization": "Bearer canary"})
        time.sleep(0.5)
    logged = one.logs.read_text()

    assert all(json.loads(line)["message"] for line in logged.splitlines())
    assert "Requests are answered." in logged
    assert [canary for canary in canaries if canary in logged] == []
    assert key not in logged


def test_a_second_server_on_the_same_data_is_refused(tmp_path: Path) -> None:
    """It says which process has it, in one line, with status 2."""
    with serving(tmp_path / "data") as server:
        second = run("serve", "--data", str(tmp_path / "data"), "--port", "0", cwd=tmp_path)

    assert second.returncode == 2
    assert f"in use by another server (process {server.process.pid})" in second.stderr
    assert len(second.stderr.splitlines()) == 1


def test_a_port_in_use_is_one_clear_line(tmp_path: Path) -> None:
    """It names the port and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = run("serve", "--data", str(tmp_path / "data"), "--port", port, cwd=tmp_path)

    assert done.returncode == 2
    assert f"Cannot listen on 127.0.0.1 port {port}: Address already in use." in done.stderr
    assert "--port" in done.stderr


@pytest.mark.parametrize(
    ("flags", "variables", "message"),
    [
        (["--log-level", "loud"], {}, "--log-level: log_level must be one of"),
        ([], {"HEADWATER_QUEUE_BOUND": "many"}, "HEADWATER_QUEUE_BOUND: queue_bound must be a"),
        (["--config", "gone.toml"], {}, "Cannot read the settings in gone.toml"),
        (["--host", "no.such.host.invalid"], {}, "Cannot listen on no.such.host.invalid"),
    ],
)
def test_a_mistake_in_the_settings_is_one_clear_line(
    tmp_path: Path, flags: list[str], variables: dict[str, str], message: str
) -> None:
    """Status 2, the source and the fix, and no traceback."""
    done = run("serve", "--data", "data", "--port", "0", *flags, cwd=tmp_path, **variables)

    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_that_is_no_database_is_one_clear_line(tmp_path: Path) -> None:
    """It is not overwritten."""
    (tmp_path / "data").mkdir()
    file = tmp_path / "data" / "headwater.sqlite3"
    file.write_bytes(b"this is a text, not a database, and longer than a header\n" * 20)
    before = file.read_bytes()
    done = run("serve", "--data", "data", "--port", "0", cwd=tmp_path)

    assert done.returncode == 1
    assert "Cannot use the database in data: file is not a database" in done.stderr
    assert file.read_bytes() == before


def test_a_database_of_a_newer_version_is_one_clear_line(tmp_path: Path) -> None:
    """It holds what this version does not know, and could do harm to."""
    file = tmp_path / "data" / "headwater.sqlite3"
    file.parent.mkdir()
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("CREATE TABLE migrations (name TEXT PRIMARY KEY) WITHOUT ROWID")
        database.execute("INSERT INTO migrations VALUES ('headwater.actors/of_tomorrow.sql')")
    done = run("serve", "--data", "data", "--port", "0", cwd=tmp_path)

    assert done.returncode == 2
    assert "was written by a newer version of Headwater" in done.stderr
    assert "of_tomorrow.sql" in done.stderr
    assert "Traceback" not in done.stderr
    with closing(sqlite3.connect(file)) as database:
        assert database.execute("SELECT name FROM sqlite_master").fetchall() == [("migrations",)]


def test_an_unknown_variable_is_pointed_out(tmp_path: Path) -> None:
    """A spelling mistake does not pass in silence."""
    with serving(tmp_path / "data", HEADWATER_PROT="1") as server:
        pass

    assert "HEADWATER_PROT is no setting (did you mean HEADWATER_PORT?)" in server.logs.read_text()


def test_a_lake_that_is_none_ends_the_first_start_before_keys_are_made(tmp_path: Path) -> None:
    """Keys are shown once, by the start that makes them: that one has to succeed."""
    data = tmp_path / "data"
    done = subprocess.run(
        [HEADWATER, "serve", "--data", str(data), "--port", "0", "--lake", "s3://"],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 2
    assert "write s3://bucket/prefix" in done.stderr
    assert not data.exists()
