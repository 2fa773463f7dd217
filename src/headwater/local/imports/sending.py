"""Sends the rows of a file in batches, waits while the server is away, and keeps count."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import IO, Protocol

from headwater.client.errors import Refused
from headwater.client.retry import Accepted, Again, No, Verdict, backoff
from headwater.local.imports.journal import Journal, Progress
from headwater.local.imports.mapping import Columns, UnusableRow
from headwater.local.imports.rows import Row

BATCH_EVENTS = 500
BATCH_BYTES = 450_000
PATIENCE = 300.0
"""Seconds without any answer after which the import gives up, to be resumed."""


class Sender(Protocol):
    """What sends a batch: `BlockingTransport`."""

    def send(self, events: list[bytes], *, retries: int) -> Verdict:
        """Answer the server's verdict."""
        ...


class ServerAway(Exception):
    """The server did not answer for long; what was not answered for can be sent again."""


@dataclass(slots=True)
class Import:
    """One file on its way.

    Attributes:
        refused: where rows go that are no events, a JSON line each; None where they only count.
        tell: called after each batch.
    """

    columns: Columns
    digest: str
    sender: Sender
    journal: Journal
    progress: Progress
    refused: IO[str] | None = None
    tell: Callable[[Progress], None] = lambda _: None
    sleep: Callable[[float], None] = time.sleep
    _batch: list[tuple[Row, bytes]] = field(default_factory=list)
    _bytes: int = 0
    _rows: int = 0

    def run(self, rows: Iterable[Row]) -> Progress:
        """Send all rows that are not done with; answer what became of them.

        Raises:
            ServerAway: the server did not answer for long.
            Refused: it answered that it takes none of this, as for a wrong key.
        """
        done = self.progress.rows
        for row in rows:
            if row.number > done:
                self._take(row)
        self._flush()
        self.journal.remove()
        return self.progress

    def _take(self, row: Row) -> None:
        self._rows = row.number
        if row.fields is None:
            self._refuse(row, row.trouble)
            return
        try:
            event = self.columns.event_of(row.fields, message_id=f"{self.digest}-{row.number}")
        except UnusableRow as error:
            self._refuse(row, str(error))
            return
        if len(self._batch) >= BATCH_EVENTS or self._bytes + len(event) > BATCH_BYTES:
            self._flush(before=row)
        self._batch.append((row, event))
        self._bytes += len(event)

    def _flush(self, *, before: Row | None = None) -> None:
        if self._batch:
            accepted = self._send([event for _, event in self._batch])
            for rejection in accepted.rejected:
                self._refuse(self._batch[rejection.index][0], rejection.message)
            self.progress.sent += len(self._batch) - len(accepted.rejected)
        self.progress.rows = before.number - 1 if before else self._rows
        if self.refused is not None:
            self.refused.flush()
        self.journal.write(self.progress)
        self._batch, self._bytes = [], 0
        self.tell(self.progress)

    def _send(self, events: list[bytes]) -> Accepted:
        attempt, waited = 0, 0.0
        while True:
            verdict = self.sender.send(events, retries=attempt)
            if isinstance(verdict, Accepted):
                return verdict
            if isinstance(verdict, No):
                raise verdict.error
            attempt += 1
            pause = _pause(verdict, attempt)
            waited += pause
            if waited > PATIENCE:
                raise ServerAway(verdict.reason)
            self.sleep(pause)

    def _refuse(self, row: Row, reason: str) -> None:
        self.progress.refused += 1
        if self.refused is not None:
            line = {"row": row.number, "reason": reason, "fields": row.fields}
            self.refused.write(json.dumps(line, ensure_ascii=False, default=str) + "\n")


def _pause(verdict: Again, attempt: int) -> float:
    if verdict.after is not None:
        return max(verdict.after, 0.1)
    return backoff(attempt, first=0.5, most=30.0, jitter=0.0)


__all__ = ["Import", "Refused", "ServerAway"]
