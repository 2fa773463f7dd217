"""Programs that use a client, each a process of its own, on one server and one spool."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.client.stub_server import WRITE_KEY, StubServer

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
