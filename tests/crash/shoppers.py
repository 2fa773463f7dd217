"""Runs the Node script that sends, and keeps count of what was answered."""

from __future__ import annotations

import json
import subprocess
import threading
from collections import Counter
from types import TracebackType
from typing import Self

from tests.sdk.node import FOLDER, node
from tests.server import WRITE_KEY

SCRIPT = FOLDER / "shoppers.mjs"


class Shoppers:
    """People of a shop, sent by the official Node SDK until `leave`.

    Attributes:
        statuses: how many batches were answered with what.
    """

    def __init__(self, url: str, *, seed: str) -> None:
        self.statuses: Counter[int] = Counter()
        self._answered: dict[str, str] = {}
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [node(), str(SCRIPT), url, WRITE_KEY, seed],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._readers = [
            threading.Thread(target=self._read_answers, daemon=True),
            threading.Thread(target=self._read_errors, daemon=True),
        ]
        self._errors: list[str] = []
        for reader in self._readers:
            reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for reader in self._readers:
            reader.join(10)
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()

    def _read_answers(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            answer = json.loads(line)
            self.statuses[answer["status"]] += 1
            if answer["status"] == 200:
                with self._lock:
                    self._answered.update((message, device) for device, message in answer["events"])

    def _read_errors(self) -> None:
        assert self._process.stderr is not None
        # Node's own warnings are no concern of ours.
        lines = [line.decode().rstrip() for line in self._process.stderr]
        self._errors += [line for line in lines if line.startswith("gave up")]

    def answered(self) -> dict[str, str]:
        """Answer the anonymous id of every event that was answered 200, by its message id."""
        with self._lock:
            return dict(self._answered)

    def pause(self) -> None:
        """Let nobody new in; what the SDK holds it goes on sending."""
        self._order("pause")

    def go(self) -> None:
        """Let people in again."""
        self._order("go")

    def _order(self, word: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{word}\n".encode())
        self._process.stdin.flush()

    def leave(self, *, patience: float = 180.0) -> None:
        """Let the SDK flush what it holds, and return when all is answered."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        status = self._process.wait(patience)
        for reader in self._readers:
            reader.join(10)
        assert status == 0, f"the Node script ended with {status}: {self._errors[-5:]}"
        assert self._errors == [], f"the SDK gave up on events: {self._errors[:5]}"
