"""Batches on their way: counted, waited for, and gone on with after a stop."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from headwater.client.errors import KeyRefused, Refused
from headwater.client.retry import Accepted, Again, No, Rejection, Verdict
from headwater.local.imports import sending
from headwater.local.imports.journal import Journal, Progress, digest
from headwater.local.imports.mapping import Columns
from headwater.local.imports.rows import Row


class Server:
    """Answers each batch as told, and keeps what it took."""

    def __init__(self, *verdicts: Verdict | BaseException) -> None:
        self.taken: list[dict[str, Any]] = []
        self.verdicts = list(verdicts)

    def send(self, events: list[bytes], *, retries: int) -> Verdict:
        """Take a batch, or not."""
        verdict = self.verdicts.pop(0) if self.verdicts else Accepted()
        if isinstance(verdict, BaseException):
            raise verdict
        if isinstance(verdict, Accepted):
            self.taken += [json.loads(event) for event in events]
        return verdict


def events(count: int) -> Iterator[Row]:
    """Answer rows that are events."""
    for number in range(1, count + 1):
        yield Row(number, {"userId": f"u{number}", "event": "E"})


def work(server: Server, folder: Path, **options: Any) -> sending.Import:
    """Answer an import that goes on where the journal says."""
    journal = Journal(folder, "file")
    return sending.Import(
        Columns(), "file", server, journal, journal.read(), sleep=lambda _: None, **options
    )


def test_rows_go_in_batches(tmp_path: Path) -> None:
    """All rows arrive in order, in batches of at most 500; the journal is gone at the end."""
    server = Server()
    seen: list[int] = []
    done = work(server, tmp_path, tell=lambda progress: seen.append(progress.rows)).run(
        events(1_201)
    )
    assert [event["userId"] for event in server.taken] == [f"u{n}" for n in range(1, 1_202)]
    assert done == Progress(rows=1_201, sent=1_201, refused=0)
    assert seen == [500, 1000, 1201]
    assert list(tmp_path.iterdir()) == []


def test_large_events_make_smaller_batches(tmp_path: Path) -> None:
    """No request is larger than the server takes."""
    sizes: list[int] = []

    class Scale(Server):
        def send(self, events: list[bytes], *, retries: int) -> Verdict:
            sizes.append(sum(map(len, events)))
            return super().send(events, retries=retries)

    rows = (Row(n, {"userId": "u", "event": "E", "x": "y" * 30_000}) for n in range(1, 41))
    server = Scale()
    work(server, tmp_path).run(rows)
    assert len(server.taken) == 40
    assert max(sizes) <= sending.BATCH_BYTES


def test_import_goes_on_after_it_was_stopped(tmp_path: Path) -> None:
    """What was answered for is not sent again; what was not, is, with the same messageIds."""
    first = Server(Accepted(), KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        work(first, tmp_path).run(events(1_500))
    assert len(first.taken) == 500
    second = Server()
    done = work(second, tmp_path).run(events(1_500))
    assert done == Progress(rows=1_500, sent=1_500, refused=0)
    ids = [event["messageId"] for event in first.taken + second.taken]
    assert ids == [f"file-{n}" for n in range(1, 1_501)]


def test_server_that_is_away_is_waited_for(tmp_path: Path) -> None:
    """As long as it asks for, and not for ever."""
    waits: list[float] = []
    server = Server(Again("away"), Again("busy", 7.0))
    patient = work(server, tmp_path)
    patient.sleep = waits.append
    patient.run(events(1))
    assert waits == [0.5, 7.0]
    with pytest.raises(sending.ServerAway, match="away"):
        work(Server(*[Again("away")] * 100), tmp_path).run(events(1))


def test_refused_rows_are_kept_with_the_reason(tmp_path: Path) -> None:
    """Those that are no events, and those that the server refused; the rest are stored."""
    kept = io.StringIO()
    server = Server(Accepted((Rejection(1, "bad", "too odd"),)))
    rows = [*events(2), Row(3, None, "is not JSON"), Row(4, {"event": "E"})]
    done = work(server, tmp_path, refused=kept).run(rows)
    assert done == Progress(rows=4, sent=1, refused=3)
    lines = [json.loads(line) for line in kept.getvalue().splitlines()]
    assert {line["row"]: line["reason"] for line in lines} == {
        2: "too odd",
        3: "is not JSON",
        4: "it has neither userId nor anonymousId: name a column with --map",
    }


def test_wrong_key_ends_it_at_once(tmp_path: Path) -> None:
    """What no batch will be taken for is not tried with each of them."""
    server = Server(No(KeyRefused("no such key", status=401)))
    with pytest.raises(Refused, match="no such key"):
        work(server, tmp_path).run(events(2_000))
    assert server.taken == []


def test_digest_tells_files_apart(tmp_path: Path) -> None:
    """By size, beginning and end; the name does not matter."""
    one, same, other = (tmp_path / name for name in ("a", "b", "c"))
    one.write_bytes(b"x" * 3_000_000)
    same.write_bytes(b"x" * 3_000_000)
    other.write_bytes(b"x" * 2_999_999 + b"y")
    assert digest(one) == digest(same) != digest(other)
