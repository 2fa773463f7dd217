"""Processes that are killed, and processes that share a spool."""

from __future__ import annotations

import signal

import pytest

from headwater import Client
from tests.client.programs import KINDS, Programs
from tests.client.stub_server import Reply, StubServer, wait_until


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
