"""Tests of `headwater.local.rewriting`: the bytes are gone, nothing else is, whatever happens."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from headwater.local.readers import Readers
from headwater.local.rewriting import remove_copies, rewrite
from headwater.local.sql import open_reader, open_writer
from headwater.local.writer import Writer
from headwater.ports import Sql

ROOT = Path(__file__).parent.parent.parent
GONE = [f"canary{number:04}zq" for number in range(500)]
STAYS = [f"stays{number:04}zq" for number in range(500)]


@dataclass
class Stored:
    """A database with readers."""

    path: Path
    writer: Writer
    readers: Readers

    async def rewritten(self) -> bool:
        """Rewrite it."""
        return await self.writer.between(lambda sql: rewrite(sql, self.path, self.readers))

    async def names(self) -> set[str]:
        """Answer what is in it."""
        rows = await self.readers.run(lambda sql: sql.execute("SELECT name FROM people"))
        return {name for (name,) in rows}

    def bytes(self) -> bytes:
        """Answer all of its files' bytes, read by somebody else: see `rewriting._sync`."""
        names = sorted(str(one) for one in self.path.parent.glob(f"{self.path.name}*"))
        return subprocess.run(["cat", *names], check=True, capture_output=True).stdout


@pytest.fixture
async def stored(tmp_path: Path) -> AsyncIterator[Stored]:
    """A database with people whose rows are of all sizes; half of them are deleted."""
    path = tmp_path / "test.sqlite3"
    made = Stored(path, Writer(open_writer(path)), Readers(path))
    draw = Random(1)

    def fill(sql: Sql) -> None:
        sql.execute("CREATE TABLE people (name TEXT PRIMARY KEY, about TEXT)")
        for _ in range(4):
            for name in draw.sample(GONE + STAYS, len(GONE + STAYS)):
                about = name * draw.randrange(1, 200)
                sql.execute("INSERT OR REPLACE INTO people VALUES (?, ?)", (name, about))

    await made.writer.run(fill)
    await made.writer.run(lambda sql: sql.execute("DELETE FROM people WHERE name GLOB 'canary*'"))
    yield made
    await made.readers.close()
    await made.writer.close()


async def test_no_byte_of_what_was_deleted_is_left(stored: Stored) -> None:
    """In no file of the database; reading and writing go on in the new one."""
    assert any(name.encode() in stored.bytes() for name in GONE)

    assert await stored.rewritten()
    held = stored.bytes()
    assert [name for name in GONE if name.encode() in held] == []
    assert await stored.names() == set(STAYS)

    await stored.writer.run(lambda sql: sql.execute("INSERT INTO people VALUES ('new', '')"))
    assert await stored.names() == {*STAYS, "new"}
    with closing(open_reader(stored.path)) as other:
        assert other.execute("PRAGMA journal_mode") == [("wal",)]
        assert other.execute("PRAGMA integrity_check") == [("ok",)]
        assert other.execute("SELECT count(*) FROM people") == [(len(STAYS) + 1,)]
    assert not list(stored.path.parent.glob("*.rewritten*"))


HOLDER = """
import sqlite3, sys
one = sqlite3.connect(sys.argv[1])
one.execute("SELECT count(*) FROM people").fetchall()
print(flush=True)
sys.stdin.read()
"""


@contextmanager
def opened_by_another(path: Path) -> Iterator[None]:
    """Have another process hold the database open."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield
        process.communicate()


@contextmanager
def opened_here(path: Path) -> Iterator[None]:
    """Hold the database open in this process."""
    with closing(open_reader(path)) as other:
        other.execute("SELECT count(*) FROM people")
        yield


@pytest.mark.parametrize("opened", [opened_here, opened_by_another])
async def test_nothing_changes_while_others_have_it_open(
    stored: Stored,
    monkeypatch: pytest.MonkeyPatch,
    opened: Callable[[Path], AbstractContextManager[None]],
) -> None:
    """In this process or another: it stays, with all that was in it, and is written on."""
    monkeypatch.setattr("headwater.local.rewriting._PATIENCE", 0.2)
    before = stored.path.stat().st_ino
    with opened(stored.path):
        assert not await stored.rewritten()
    assert stored.path.stat().st_ino == before
    await stored.writer.run(lambda sql: sql.execute("INSERT INTO people VALUES ('new', '')"))
    assert await stored.names() == {*STAYS, "new"}
    assert not list(stored.path.parent.glob("*.rewritten*"))


async def test_a_copy_that_cannot_be_made_changes_nothing(
    stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk, say: the error is told, and all goes on."""

    def full(_: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("headwater.local.rewriting._sync", full)
    with pytest.raises(OSError, match="No space left"):
        await stored.rewritten()
    await stored.writer.run(lambda sql: sql.execute("INSERT INTO people VALUES ('new', '')"))
    assert await stored.names() == {*STAYS, "new"}
    assert not list(stored.path.parent.glob("*.rewritten*"))


async def live(path: Path) -> None:
    """Write and rewrite until killed; print each number that is stored for good."""
    remove_copies(path)
    writer, readers = Writer(open_writer(path)), Readers(path)
    await writer.run(
        lambda sql: sql.execute("CREATE TABLE IF NOT EXISTS number (id INTEGER PRIMARY KEY, n)")
    )
    while True:
        for _ in range(3):
            found = await writer.run(
                lambda sql: sql.execute(
                    "INSERT INTO number (n) VALUES (randomblob(3000)) RETURNING id"
                )
            )
            print(found[0][0], flush=True)
        rewriting = asyncio.create_task(
            writer.between(lambda sql: rewrite(sql, path, readers)),
        )
        await readers.run(lambda sql: sql.execute("SELECT count(*) FROM number"))
        print("rewritten" if await rewriting else "in use", flush=True)


def kill_again_and_again(folder: Path, *, kills: int, seed: int) -> int:
    """Kill a life so many times; answer how many rewritings it had done."""
    draw, stored, rewritten = Random(seed), set[int](), 0
    path = folder / "test.sqlite3"
    for _ in range(kills):
        command = [sys.executable, "-m", "tests.local.test_rewriting", str(path)]
        environment = os.environ | {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
        with subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            told = [process.stdout.readline()]
            time.sleep(draw.uniform(0.0, 0.5))
            process.send_signal(signal.SIGKILL)
            told += process.stdout.read().split("\n")
        lines = [line.strip() for line in told if line.strip()]
        stored |= {int(line) for line in lines if line.isdecimal()}
        rewritten += lines.count("rewritten")
        with closing(sqlite3.connect(path)) as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            found = {one for (one,) in database.execute("SELECT id FROM number")}
            assert stored <= found
    return rewritten


def test_nothing_is_lost_by_a_kill(tmp_path: Path) -> None:
    """What was answered is there, in the one file or the other."""
    assert kill_again_and_again(tmp_path, kills=5, seed=1) > 0


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 6))
def test_nothing_is_lost_by_many_kills(tmp_path: Path, seed: int) -> None:
    """The same over two hundred of them."""
    assert kill_again_and_again(tmp_path, kills=50, seed=seed) > 50


if __name__ == "__main__":
    asyncio.run(live(Path(sys.argv[1])))
