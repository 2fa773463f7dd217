"""Programs that end: what is sent then, and what is left for the next one."""

from __future__ import annotations

import time

import pytest

from headwater import Client
from tests.client.programs import KINDS, Programs
from tests.client.stub_server import Reply, StubServer


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
    """A script with several `asyncio.run` keeps one client.

    What was on its way when a loop ended is sent again; to the server that is one event.
    """
    ids = programs.run(
        "client = headwater.AsyncClient(**QUICK)\n"
        "async def main(last):\n"
        "    print(await client.track('u', 'E'))\n"
        "    if last: assert await client.flush()\n"
        "for last in (0, 0, 1): asyncio.run(main(last))\n"
    )

    assert len(ids) == 3
    assert set(stub.ids) == set(ids)
    assert programs.files() == []


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
