"""`headwater tail`, against a server that a test plays."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from headwater.local.command_line.application import application
from tests.loopback import Loopback, Reply, Request

STORED = json.dumps({"identifiers": ["user_id:1"], "event": {"type": "track", "event": "Came"}})
EVENT = f": heartbeat\n\nevent: stored\ndata: {STORED}\n\n"
END = 'event: end\ndata: {"shown": 1}\n\n'


@pytest.mark.parametrize(("stream", "status"), [(EVENT + END, 0), (EVENT, 3)], ids=["end", "cut"])
def test_a_stream_that_is_cut_off_is_no_end(stream: str, status: int) -> None:
    """What came is shown; that more may have come is said, and by the exit status too."""

    async def answer(_request: Request) -> Reply:
        return Reply(200, {"content-type": "text/event-stream"}, stream.encode())

    with Loopback(answer) as service:
        options = ["--url", service.url, "--key", "hw_of_no_server"]
        done = CliRunner().invoke(application, ["tail", *options])

    assert done.exit_code == status, done.output
    assert "user_id:1" in done.stdout
    assert "Came" in done.stdout
    assert ("cut off" in done.stderr) == (status != 0)
