"""A real Headwater server as a child process: what the tests and the benchmarks drive."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

WRITE_KEY = "write-key-of-the-tests"
ADMIN_KEY = "admin-key-of-the-tests"


def free_port() -> int:
    """Answer a loopback port that nobody listens on.

    It lies under the range that outgoing connections draw from, so that it stays free while a
    killed server is being started again on it.
    """
    while True:
        port = 20_000 + secrets.randbelow(10_000)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


class Server:
    """`headwater serve` on a directory and a port that stay the same over restarts.

    Attributes:
        url: where it listens, without a slash at the end.
        log: the file that its output is appended to.
    """

    def __init__(
        self,
        directory: Path,
        *,
        core: int | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Prepare, without starting; `core` pins the process to one processor core."""
        self.directory = directory
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = directory.parent / f"{directory.name}.log"
        self._core = core
        self._environment = environment or {}
        self._process: subprocess.Popen[bytes] | None = None
        self._admin: httpx.Client | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The process id of the running server."""
        assert self._process is not None, "the server is not running"
        return self._process.pid

    def ended(self) -> int | None:
        """Answer the exit status of a server that has ended by itself; None while it runs."""
        assert self._process is not None, "the server was stopped"
        return self._process.poll()

    def command(self) -> list[str]:
        """Answer the command line that starts it."""
        headwater = Path(sys.executable).with_name("headwater")
        command = [str(headwater), "serve", "--data", str(self.directory)]
        command += ["--host", "127.0.0.1", "--port", str(self.port)]
        if self._core is not None and shutil.which("taskset"):
            command = ["taskset", "--cpu-list", str(self._core), *command]
        return command

    def environment(self) -> dict[str, str]:
        """Answer the environment it runs in; also that of commands that talk to it."""
        return {
            **os.environ,
            "HEADWATER_WRITE_KEY": WRITE_KEY,
            "HEADWATER_ADMIN_KEY": ADMIN_KEY,
            "HEADWATER_ALLOW_PRIVATE_NETWORKS": "true",
            "HEADWATER_LAKE": "off",  # each end would wait for its process; tests of it say so
            **self._environment,
        }

    def start(self, *, patience: float = 60.0) -> None:
        """Start it and return once it answers `/ready`; `patience` is in seconds."""
        self.spawn()
        assert self._process is not None
        deadline = time.monotonic() + patience
        while not self._ready():
            if self._process.poll() is not None:
                self._process = None
                raise AssertionError(f"the server ended while starting:\n{self.last_words()}")
            if time.monotonic() > deadline:
                self.kill()
                raise AssertionError(f"not ready after {patience} s:\n{self.last_words()}")
            time.sleep(0.02)

    def spawn(self) -> None:
        """Start it without waiting for it."""
        self.directory.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command(), env=self.environment(), stdout=log, stderr=log
            )

    def _ready(self) -> bool:
        # Asked often while it starts, for which httpx is too heavy: it would slow the start down.
        connection = HTTPConnection("127.0.0.1", self.port, timeout=2.0)
        try:
            connection.request("GET", "/ready")
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def stop(self, *, patience: float | None = None) -> int | None:
        """Ask it to drain and end (SIGTERM) and answer its exit status; kill it when it hangs.

        It may take `patience` seconds; 20 more than its grace, where that was set.
        """
        if self._process is None:
            return None
        if patience is None:
            patience = 20.0 + float(self._environment.get("HEADWATER_SHUTDOWN_GRACE", "0"))
        self._process.terminate()
        try:
            status = self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"no end after SIGTERM:\n{self.last_words()}") from None
        self._forget()
        return status

    def kill(self) -> None:
        """End it as a power cut would: SIGKILL, nothing flushed, nothing closed."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._forget()

    def _forget(self) -> None:
        self._process = None
        if self._admin is not None:
            self._admin.close()
            self._admin = None

    def last_words(self) -> str:
        """Answer the end of its output."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return text[-4000:]

    @property
    def admin(self) -> httpx.Client:
        """A client for the admin API, with the admin key."""
        if self._admin is None:
            headers = {"authorization": f"Bearer {ADMIN_KEY}"}
            self._admin = httpx.Client(base_url=self.url, headers=headers, timeout=30.0)
        return self._admin

    def send(self, path: str, event: Mapping[str, Any]) -> httpx.Response:
        """Send an event as any HTTP client would, and answer the response."""
        url = f"{self.url}{path}"
        # What TLS would need takes longer to prepare than the request itself.
        return httpx.post(url, json=dict(event), auth=(WRITE_KEY, ""), timeout=30.0, verify=False)

    def read(self, path: str, **parameters: str) -> httpx.Response:
        """Answer what the admin API answers to a GET, waiting as it says where it limits rates."""
        while (response := self.admin.get(path, params=parameters or None)).status_code == 429:
            time.sleep(float(response.headers["retry-after"]))
        return response

    def person(self, identifier: str) -> dict[str, Any]:
        """Answer a person's profile, which must exist."""
        response = self.read(f"/v1/people/{identifier}")
        assert response.status_code == 200, f"{identifier}: {response.status_code} {response.text}"
        profile: dict[str, Any] = response.json()
        return profile

    def timeline(self, identifier: str, *, page: int = 100) -> list[dict[str, Any]]:
        """Answer all events of a person's timeline, newest first, read page by page."""
        return list(self._events(identifier, page))

    def _events(self, identifier: str, page: int) -> Iterator[dict[str, Any]]:
        cursor: str | None = None
        while True:
            parameters = {"limit": str(page)} | ({"cursor": cursor} if cursor else {})
            response = self.read(f"/v1/people/{identifier}/events", **parameters)
            assert response.status_code == 200, f"{identifier}: {response.text}"
            answer = response.json()
            yield from answer["events"]
            cursor = answer.get("next")
            if not cursor:
                return

    def add_webhook(self, name: str, url: str, **settings: Any) -> str:
        """Switch on a webhook destination and answer its id."""
        order = {"type": "webhook", "name": name, "settings": {"url": url, **settings}}
        response = self.admin.post("/v1/destinations", json=order)
        assert response.status_code in {200, 201}, response.text
        destination: str = response.json()["id"]
        return destination
