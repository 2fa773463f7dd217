"""Runs a Python Worker in real workerd, and hears everything that it says.

```python
with Workerd(application(), state=tmp_path) as worker:
    httpx.get(worker.url + "v1/health")
```
"""

from __future__ import annotations

import itertools
import json
import os
import queue
import signal
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.edge import bundle, configuration, installation

HOST = Path(__file__).parent / "host"

_FATAL = "headwater-edge: fatal error in Pyodide"
_BOOT_SECONDS = 60.0


class WorkerFailed(Exception):
    """The Worker did not boot, or has died; the message ends with what it said last."""


@dataclass(frozen=True, slots=True)
class Worker:
    """What runs in workerd.

    Attributes:
        files: names in the Worker to paths here; `entry.py` is its main module.
        options: bindings and the like, as Miniflare names them.
        entrypoint: the main module's class that fetch, queue and scheduled go to.
    """

    files: Mapping[str, Path]
    options: Mapping[str, Any]
    entrypoint: str = "Default"

    @property
    def classes(self) -> list[str]:
        """The classes of its Durable Objects."""
        return sorted({one["className"] for one in self.options["durableObjects"].values()})


def application(**variables: str) -> Worker:
    """Answer Headwater's own Worker as wrangler.toml describes it, with these variables on top."""
    options = configuration.read(installation.ROOT / "wrangler.toml")
    options["bindings"] = {**options["bindings"], **variables}
    return Worker(bundle.worker_files(), options)


@dataclass(frozen=True, slots=True)
class Line:
    """One line that the Worker, or workerd itself, wrote. `level` is the console's."""

    level: str
    message: str


@dataclass(slots=True)
class _Heard:
    """What the host process has said so far."""

    lines: list[Line] = field(default_factory=list)
    replies: queue.SimpleQueue[dict[str, Any]] = field(default_factory=queue.SimpleQueue)
    fatal: str | None = None


class Workerd:
    """A workerd process with one Worker; a context manager that boots and ends it."""

    def __init__(self, worker: Worker, *, state: Path, port: int = 0) -> None:
        """Start nothing yet.

        Args:
            worker: what runs in it.
            state: the folder of its databases, queues and buckets; kept when it ends.
            port: where it listens on 127.0.0.1; 0 is any free one.
        """
        self.worker = worker
        self.url = ""
        self.boot_milliseconds = 0
        self._state = state
        self._port = port
        self._heard = _Heard()
        self._mark = 0
        self._ids = itertools.count(1)
        self._digest = ""
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def lines(self) -> list[Line]:
        """Everything that was written so far."""
        return self._heard.lines

    def mark(self) -> None:
        """Let `since_mark` begin here."""
        self._mark = len(self._heard.lines)

    def since_mark(self) -> list[Line]:
        """Answer what was written since the last `mark`."""
        return self._heard.lines[self._mark :]

    def start(self) -> None:
        """Boot it; returns once Python answers.

        Raises:
            WorkerFailed: it did not boot.
            NotInstalled: see `installation`.
        """
        self._heard = _Heard()
        self._mark = 0
        self._state.mkdir(parents=True, exist_ok=True)
        self._describe()
        self._process = subprocess.Popen(
            [str(installation.node()), str(HOST / "start.mjs"), str(self._options_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=installation.environment(),
        )
        self._listener = threading.Thread(target=self._listen, args=(self._process,), daemon=True)
        self._listener.start()
        told = self._next_reply("boot")
        if told["event"] != "ready":
            self.kill()
            raise WorkerFailed(f"the Worker did not boot: {told['message']}{self._said()}")
        self.url, self.boot_milliseconds = told["url"], told["milliseconds"]

    def stop(self) -> None:
        """End it in order; returns when it has."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()
        self._ended()

    def kill(self) -> None:
        """Kill workerd and its host with SIGKILL, as a power cut would; `start` may follow."""
        if self._process is None:
            return
        for pid in (*self.workerd_pids(), self._process.pid):
            os.kill(pid, signal.SIGKILL)
        self._ended()

    def workerd_pids(self) -> list[int]:
        """Answer the processes of workerd itself."""
        assert self._process is not None
        told = subprocess.run(
            ["pgrep", "-P", str(self._process.pid)], capture_output=True, text=True, check=False
        )
        return [int(line) for line in told.stdout.split()]

    def reload(self) -> bool:
        """Boot it anew if a file of the Worker has changed; answer whether one had.

        Databases, queues and buckets stay.
        """
        before = self._digest
        self._describe()
        if self._digest == before:
            return False
        self.url = self._command("reload")
        return True

    def scheduled(self, cron: str, *, time: int) -> None:
        """Let a cron trigger fire, as at `time` (milliseconds since 1970)."""
        self._command("scheduled", cron=cron, time=time)

    def evict(self, class_name: str, name: str) -> None:
        """Throw a Durable Object out of memory; its storage stays."""
        self._command("evict", className=class_name, name=name)

    def download(self, binding: str, folder: Path) -> list[str]:
        """Write all objects of an R2 bucket into a folder, and answer their keys."""
        keys: list[str] = self._command("download", binding=binding, folder=str(folder))
        return keys

    def check(self) -> None:
        """Do nothing while it is well.

        Raises:
            WorkerFailed: CPython in it has died, or the process has ended.
        """
        if self._heard.fatal is not None:
            raise WorkerFailed(f"{self._heard.fatal}{self._said()}")
        if self._process is None or self._process.poll() is not None:
            raise WorkerFailed(f"the host process has ended{self._said()}")

    @property
    def _options_path(self) -> Path:
        return self._state / "options.json"

    def _describe(self) -> None:
        made = bundle.make(self.worker.files, self._state / "bundle")
        self._digest = made.digest
        options = {
            "port": self._port,
            "state": str(self._state / "storage"),
            "standardLibrary": str(made.standard_library),
            "bundle": str(made.content),
            "bundleIndex": str(made.index),
            "classes": self.worker.classes,
            "entrypoint": self.worker.entrypoint,
            "worker": self.worker.options,
        }
        self._options_path.write_text(json.dumps(options), "utf-8")

    def _ended(self) -> None:
        if self._process is not None:
            self._process.wait()
            self._listener.join()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    pipe.close()
        self._process = None

    def _command(self, command: str, /, **given: Any) -> Any:
        self.check()
        assert self._process is not None
        assert self._process.stdin is not None
        number = next(self._ids)
        self._process.stdin.write(json.dumps({"id": number, "command": command, **given}) + "\n")
        self._process.stdin.flush()
        reply = self._next_reply(command)
        if reply["event"] != "reply" or "error" in reply:
            why = reply.get("error", reply.get("message"))
            raise WorkerFailed(f"{command} failed: {why}{self._said()}")
        return reply["answer"]

    def _next_reply(self, what: str) -> dict[str, Any]:
        try:
            return self._heard.replies.get(timeout=_BOOT_SECONDS)
        except queue.Empty:
            raise WorkerFailed(f"no answer to {what}{self._said()}") from None

    def _listen(self, process: subprocess.Popen[str]) -> None:
        heard = self._heard
        assert process.stdout is not None
        for text in process.stdout:
            try:
                told = json.loads(text)
            except ValueError:
                told = {"event": "log", "level": "host", "message": text.rstrip("\n")}
            if told["event"] != "log":
                heard.replies.put(told)
                continue
            heard.lines.append(Line(told["level"], _readable(told["message"])))
            if _FATAL in told["message"]:
                heard.fatal = told["message"]
        heard.replies.put({"event": "ended", "message": "the host process has ended"})

    def _said(self) -> str:
        last = self._heard.lines[-30:]
        return "".join(f"\n    {line.level}: {line.message}" for line in last)


def _readable(message: str) -> str:
    """Answer a message without the frames of WebAssembly, between which Python's own get lost."""
    noise = ("wasm://", "pyodide.asm.mjs", "stack: ")
    lines = message.splitlines()
    return "\n".join(
        line
        for line in lines
        if not (line.lstrip().startswith(("at ", "stack: ")) and any(one in line for one in noise))
    )
