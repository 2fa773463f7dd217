"""Programs that end, are killed, share a spool, or fork: each a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from headwater import Client
from tests.client.stub_server import WRITE_KEY, Reply, StubServer, wait_until

PRELUDE = """
import asyncio, os, sys, time
import headwater
from headwater.client import ClientError
QUICK = dict(interval=0.05, retry_delay=0.02, max_retry_delay=0.1)
"""

KINDS = {
    "threaded": "client = headwater.Client(**QUICK)\ndef track(*a): return client.track(*a)\n",
    # One event loop for the whole program, as a server has it, and none at its end.
    "asyncio": (
        "loop = asyncio.new_event_loop()\n"
        "client = headwater.AsyncClient(**QUICK)\n"
        "def track(*a): return loop.run_until_complete(client.track(*a))\n"
    ),
}


class Programs:
    """Starts programs that share a spool and a server; ends those that are left."""

    def __init__(self, stub: StubServer, folder: Path) -> None:
        self.folder = folder
        self._environ = os.environ | {
            "HEADWATER_WRITE_KEY": WRITE_KEY,
            "HEADWATER_HOST": stub.url,
            "XDG_STATE_HOME": str(folder),
            "PYTHONWARNINGS": "error",
        }
        self._running: list[subprocess.Popen[str]] = []

    def start(self, code: str) -> subprocess.Popen[str]:
        """Start a program."""
        process = subprocess.Popen(
            [sys.executable, "-c", PRELUDE + code],
            env=self._environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._running.append(process)
        return process

    def run(self, code: str) -> list[str]:
        """Run a program to its end; answer the words it printed. It must not complain."""
        process = self.start(code)
        output, complaints = process.communicate(timeout=30)
        assert (process.returncode, complaints) == (0, "")
        return output.split()

    def files(self) -> list[Path]:
        """Answer every file of the spool."""
        return [path for path in self.folder.rglob("*") if path.is_file()]

    def end(self) -> None:
        """Kill what still runs."""
        for process in self._running:
            process.kill()
            for pipe in (process.stdin, process.stdout, process.stderr):
                if pipe is not None:
                    pipe.close()
            process.wait(10)


@pytest.fixture
def programs(stub: StubServer, tmp_path: Path) -> Iterator[Programs]:
    """Starts programs."""
    made = Programs(stub, tmp_path)
    yield made
    made.end()


@pytest.fixture
def client(stub: StubServer, programs: Programs) -> Iterator[Client]:
    """A client of this process in the same spool, patient with a busy machine."""
    one = Client(
        WRITE_KEY,
        stub.url,
        spool=programs.folder / "headwater" / "spool",
        interval=0.05,
        retry_delay=0.02,
        max_retry_delay=0.1,
    )
    yield one
    one.close(1)


def test_events_are_sent_when_the_program_ends(stub: StubServer, programs: Programs) -> None:
    """Without a flush or a close, and long before the interval is over."""
    ids = programs.run(
        "client = headwater.Client(interval=3600)\n"
        "for n in range(150): print(client.track('u', 'E', {'n': n}))\n"
    )

    assert len(ids) == 150
    assert stub.ids == ids


def test_events_are_sent_when_the_program_fails(stub: StubServer, programs: Programs) -> None:
    """An exception that nobody caught is an end like any other."""
    process = programs.start(
        "client = headwater.Client(interval=3600)\nclient.track('u', 'E')\n1 / 0\n"
    )
    process.communicate(timeout=30)

    assert process.returncode == 1
    assert len(stub.ids) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_program_that_ends_while_the_server_is_away_leaves_its_events(
    stub: StubServer, programs: Programs, client: Client, kind: str
) -> None:
    """The next one sends them, before its own."""
    stub.die()
    program = programs.start(
        KINDS[kind] + "for n in range(150): print(track('u', 'E', {'n': n}))\n"
    )
    # asyncio complains of the loop that was not closed, which is the point.
    ids = program.communicate(timeout=30)[0].split()
    assert program.returncode == 0
    assert stub.ids == []
    stub.start()
    ids.append(client.track("u", "New"))

    assert client.flush()
    assert stub.ids == ids
    assert programs.files() == []


def test_a_loop_that_ends_without_a_close_leaves_its_events(
    stub: StubServer, programs: Programs, client: Client
) -> None:
    """`asyncio.run` cancels the client's task, which then keeps what it has on disk."""
    ids = programs.run(
        "client = headwater.AsyncClient(interval=3600)\n"
        "async def main():\n"
        "    for n in range(5): print(await client.track('u', 'E'))\n"
        "    await asyncio.sleep(0.3)\n"
        "asyncio.run(main())\n"
    )
    assert stub.ids == []

    assert client.flush()
    assert stub.ids == ids


def test_an_async_client_may_serve_one_loop_after_another(
    stub: StubServer, programs: Programs
) -> None:
    """A script with several `asyncio.run` keeps one client."""
    ids = programs.run(
        "client = headwater.AsyncClient(**QUICK)\n"
        "async def main(last):\n"
        "    print(await client.track('u', 'E'))\n"
        "    if last: assert await client.flush()\n"
        "for last in (0, 0, 1): asyncio.run(main(last))\n"
    )

    assert sorted(stub.ids) == sorted(ids)


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_spooled_survives_a_kill(
    stub: StubServer, programs: Programs, client: Client, kind: str
) -> None:
    """SIGKILL gives no time for anything: what is on disk is on disk."""
    stub.die()
    program = programs.start(
        KINDS[kind]
        + "ids = [track('u', 'E', {'n': n}) for n in range(150)]\n"
        + "flush = client.flush(1.0)\n"
        + "loop.run_until_complete(flush) if asyncio.iscoroutine(flush) else None\n"
        + "print(*ids, flush=True)\n"
        + "time.sleep(60)\n"
    )
    assert program.stdout is not None
    ids = program.stdout.readline().split()
    assert len(ids) == 150
    program.send_signal(signal.SIGKILL)
    program.wait(10)
    stub.start()

    assert client.flush()
    assert stub.ids == ids
    assert programs.files() == []


def test_a_program_killed_while_it_sends_its_spool_loses_nothing(
    stub: StubServer, programs: Programs, client: Client
) -> None:
    """What was answered is gone from disk, but for the batch in flight; what was not is there."""
    stub.die()
    ids = programs.run(
        "client = headwater.Client(**QUICK, batch_size=10)\n"
        "for n in range(200): print(client.track('u', 'E', {'n': n}))\n"
    )
    stub.start()
    stub.default = Reply(delay=0.03)
    program = programs.start("client = headwater.Client(batch_size=10)\nclient.flush(60)\n")
    wait_until(lambda: len(stub.ids) >= 50)
    program.send_signal(signal.SIGKILL)
    program.wait(10)
    stub.default = Reply()
    sent_before = len(stub.ids)
    assert sent_before < 200, "it was killed too late for this test to mean anything"

    assert client.flush()
    assert sorted(set(stub.ids)) == sorted(ids)
    assert len(stub.ids) - len(ids) <= 10
    assert programs.files() == []


def test_a_living_program_takes_over_from_a_killed_one(
    stub: StubServer, programs: Programs, client: Client
) -> None:
    """Which was alive, and owned its spool, when the living one began."""
    stub.die()
    program = programs.start(
        "client = headwater.Client(**QUICK)\n"
        "ids = [client.track('u', 'E') for _ in range(5)]\n"
        "client.flush(0.5)\nprint(*ids, flush=True)\ntime.sleep(60)\n"
    )
    assert program.stdout is not None
    ids = program.stdout.readline().split()
    own = client.track("u", "Own")
    assert not client.flush(0.3)
    stub.start()
    wait_until(lambda: own in stub.ids)
    program.send_signal(signal.SIGKILL)
    program.wait(10)

    assert client.flush()
    assert set(stub.ids) == {own, *ids}


def test_two_processes_do_not_both_send_a_spool(stub: StubServer, programs: Programs) -> None:
    """Many start at once on what a dead one left: each event is sent by one of them."""
    stub.die()
    ids: list[str] = []
    for _ in range(2):
        ids += programs.run(
            "client = headwater.Client(**QUICK)\n"
            "for n in range(100): print(client.track('u', 'E', {'n': n}))\n"
        )
    assert len(programs.files()) == 2
    stub.start()
    stub.default = Reply(delay=0.02)
    heirs = [
        programs.start(
            "client = headwater.Client(**QUICK, batch_size=7)\nsys.stdin.readline()\n"
            "print(client.track('u', 'New'))\nassert client.flush(20)\n"
        )
        for _ in range(2)
    ]
    for heir in heirs:
        assert heir.stdin is not None
        heir.stdin.write("go\n")
        heir.stdin.flush()
    for heir in heirs:
        output, complaints = heir.communicate(timeout=30)
        assert (heir.returncode, complaints) == (0, "")
        ids += output.split()

    assert sorted(stub.ids) == sorted(ids)
    assert programs.files() == []


def test_a_file_is_not_taken_from_a_living_process(
    stub: StubServer, programs: Programs, client: Client
) -> None:
    """However long it takes, what it owns is its own to send."""
    stub.die()
    program = programs.start(
        "client = headwater.Client(retry_delay=30, max_retry_delay=30)\n"
        "client.track('u', 'E')\nclient.flush(0.3)\nprint('stored', flush=True)\n"
        "sys.stdin.readline()\nassert client.flush(20)\n"
    )
    assert program.stdout is not None
    assert program.stdout.readline() == "stored\n"
    stub.start()

    assert client.flush()
    assert stub.ids == []
    program.communicate("go\n", timeout=30)
    assert program.returncode == 0
    assert len(stub.ids) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
def test_a_client_works_in_the_children_of_a_fork(stub: StubServer, programs: Programs) -> None:
    """As under gunicorn with preloading: each event arrives once, from whichever process."""
    words = programs.run(
        "client = headwater.Client(**QUICK)\n"
        "print(client.track('u', 'Parent, before'), flush=True)\n"
        "children = []\n"
        "for _ in range(3):\n"
        "    child = os.fork()\n"
        "    if child == 0:\n"
        "        print(client.track('u', 'Child'), flush=True)\n"
        "        assert client.flush()\n"
        "        sys.exit(0)\n"
        "    children.append(child)\n"
        "print(client.track('u', 'Parent, after'), flush=True)\n"
        "assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0]\n"
    )

    assert sorted(stub.ids) == sorted(words)
    assert len(words) == 5


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
def test_a_child_leaves_its_parents_spool_alone(
    stub: StubServer, programs: Programs, client: Client
) -> None:
    """Neither by sending it while the parent lives, nor by holding it when the parent is dead."""
    stub.die()
    program = programs.start(
        "client = headwater.Client(retry_delay=30, max_retry_delay=30)\n"
        "message_id = client.track('u', 'Parent')\n"
        "client.flush(0.3)\n"
        "print(message_id, flush=True)\n"
        "if os.fork() == 0:\n"
        "    sys.stdin.readline()\n"
        "    print(client.track('u', 'Child'), client.flush(10), flush=True)\n"
        "    sys.stdin.read()\n"
        "    os._exit(0)\n"
        "time.sleep(60)\n"
    )
    assert program.stdout is not None
    assert program.stdin is not None
    parents = program.stdout.readline().strip()
    stub.start()
    program.stdin.write("go\n")
    program.stdin.flush()
    childs, is_flushed = program.stdout.readline().split()
    assert is_flushed == "True"
    assert stub.ids == [childs]
    program.send_signal(signal.SIGKILL)
    program.wait(10)

    assert client.flush()
    assert stub.ids == [childs, parents]


def test_a_program_that_starts_no_threads_at_its_end_still_sends(
    stub: StubServer, programs: Programs
) -> None:
    """From Python 3.12 on, threads cannot be started in an atexit hook."""
    ids = programs.run(
        "import atexit, threading\n"
        "client = headwater.Client(interval=3600)\n"
        "def refuse(self): raise RuntimeError('cannot start new thread at interpreter shutdown')\n"
        "def last():\n"
        "    threading.Thread.start = refuse\n"
        "    print(client.track('u', 'Last'))\n"
        "atexit.register(last)\n"
    )

    assert stub.ids == ids
    assert len(ids) == 1


def test_ending_does_not_take_longer_than_it_may(stub: StubServer, programs: Programs) -> None:
    """A server that hangs holds a program for `close_timeout`, and the events are kept."""
    stub.default = Reply(delay=20)
    begun = time.monotonic()
    programs.run("client = headwater.Client(close_timeout=0.3)\nclient.track('u', 'E')\n")

    assert time.monotonic() - begun < 10
    assert len(programs.files()) == 1
