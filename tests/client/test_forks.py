"""Clients in the children of a fork."""

from __future__ import annotations

import os
import signal

import pytest

from headwater import Client
from tests.client.programs import Programs
from tests.client.stub_server import StubServer


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
def test_a_client_works_in_the_children_of_a_fork(stub: StubServer, programs: Programs) -> None:
    """As under gunicorn with preloading: each event arrives once, from whichever process."""
    words = programs.run(
        "client = headwater.Client(**QUICK)\n"
        # One write each: the lines of several processes must not mix.
        "def say(message_id): os.write(1, message_id.encode() + b' ')\n"
        "say(client.track('u', 'Parent, before'))\n"
        "children = []\n"
        "for _ in range(3):\n"
        "    child = os.fork()\n"
        "    if child == 0:\n"
        "        say(client.track('u', 'Child'))\n"
        "        assert client.flush()\n"
        "        sys.exit(0)\n"
        "    children.append(child)\n"
        "say(client.track('u', 'Parent, after'))\n"
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
